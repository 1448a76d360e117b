# Everything Trellis needs is Python 3.11+ and make. `make help` lists the commands.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PYTEST_ARGS ?= -n auto --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help setup dev test lint format bench long mutants conformance contract requirements schema graphiql lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## make the virtual environment and install the pinned packages

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON); set PYTHON=... to Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trellis needs Python 3.11 or newer; set PYTHON=... to one")'
	@test -x $(BIN)/python || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@printf 'Installing %s packages, about a minute the first time ' $$(grep -c '^[a-z].*==' requirements.lock)
	@{ while sleep 1; do printf .; done } & dots=$$!; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	  status=$$?; kill $$dots; echo; \
	  test $$status = 0 || echo "The packages were not installed. If the package index cannot be reached, set PIP_INDEX_URL to one that can; then run make again."; \
	  exit $$status
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

dev: setup ## run every subgraph, the router and GraphiQL on demo data, one port
	@exec $(BIN)/trellis dev

# With bytecode: each of the servers that tests start would otherwise compile everything anew.
test: setup ## run the tests
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m tests.run $(PYTEST_ARGS)

lint: setup ## formatting, rules, types, import contracts
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache

format: setup ## format the code and sort imports
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

bench: setup ## measure planning, execution and the doors
	@$(BIN)/python -m pytest -m bench -n0 -s tests/benchmarks

long: setup ## the property tests with new random examples, and the soaks that take minutes
	@$(BIN)/python -m pytest -m "long or hypothesis" --hypothesis-profile=random -n0

mutants: setup ## put small faults into the code and see which no test notices (ARGS=--help)
	@$(BIN)/python -m tests.mutants $(ARGS)

conformance: setup ## what the engine gives on all test data, Apollo's planner beside it: about half an hour
	@$(BIN)/python -m tests.conformance $(CONFORMANCE_ARGS)

contract: setup ## ask the REST routes what the requirement documents ask, and fail each in every way: counts by line
	@$(BIN)/python -m tests.conformance.rest

requirements: setup ## write docs/requirements.md anew from tests/requirements/lines/*.toml
	@$(BIN)/python -m tests.requirements

schema: setup ## write schema/ anew (twice: subgraphs carry the tags that the first run finds)
	@$(BIN)/trellis compose && $(BIN)/trellis compose

graphiql: ## rebuild the GraphiQL page (needs Node)
	@cd router/web/graphiql/source && npm ci --no-audit --no-fund && npm run build

lock: ## pin the packages of pyproject.toml (needs uv)
	@uv pip compile --universal --generate-hashes --no-header --no-annotate --all-extras --group dev pyproject.toml -o requirements.lock

clean: ## remove the virtual environment, demo data and caches
	@rm -rf $(VENV) .trellis .mutants .pytest_cache .ruff_cache .hypothesis
