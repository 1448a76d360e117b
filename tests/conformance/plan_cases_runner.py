"""Runs the shared query plan cases: the right data, no refusal by a subgraph, plans not worse."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.figures import Figure, of
from tests.conformance.mock_universe import mock_universe
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.planner.plan import OperationKind
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.supergraph import Supergraph
from trellis.router.transports.function import FunctionTransport
from trellis.schema.errors import TrellisError


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run (assignment of variables) of one case. ``problem`` is empty when the answer is
    right; ``excess`` says how the plan is worse than the best known one; ``plan`` is None when
    there was none, or no answer."""

    case: str
    problem: str = ""
    excess: str = ""
    plan: QueryPlan | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All runs, grouped by case: a case counts as right when each of its runs is."""

    results: tuple[RunResult, ...]

    @property
    def cases(self) -> list[str]:
        return list(dict.fromkeys(result.case for result in self.results))

    @property
    def wrong(self) -> dict[str, str]:
        """Case to its first problem."""
        return {r.case: r.problem for r in reversed(self.results) if r.problem}

    @property
    def worse(self) -> dict[str, str]:
        """Right cases whose plan is worse than the best known one."""
        wrong = self.wrong
        return {r.case: r.excess for r in self.results if r.excess and r.case not in wrong}


def run_all(
    folder: Path,
    *,
    only: Sequence[str] = (),
    composed: bool = False,
    suites: slice = slice(None),
) -> Report:
    """Run every case in ``folder``; ``only`` keeps those whose id contains one of the texts,
    ``suites`` those of some of its files in alphabetical order. ``composed``: on supergraphs that
    we compose ourselves, where the subgraphs compose."""
    results: list[RunResult] = []
    for path in sorted(folder.glob("*.json"))[suites]:
        suite = json.loads(path.read_text(encoding="utf-8"))
        if not composed:
            results += run_suite(suite, folder, suite["supergraph"], only)
        elif not suite["recompose_errors"]:
            results += run_suite(suite, folder, _composed(suite["subgraphs"]), only)
    return Report(tuple(results))


def _composed(subgraphs: Sequence[Mapping[str, Any]]) -> str:
    composition = compose([Subgraph(s["name"], s["url"] or "", s["sdl"]) for s in subgraphs])
    assert composition.is_ok, composition.errors
    return composition.supergraph_sdl


def run_suite(
    suite: Mapping[str, Any], folder: Path, supergraph_sdl: str, only: Sequence[str] = ()
) -> Iterator[RunResult]:
    """Run the cases of one suite on a supergraph: the given one, or one composed from it."""
    cases = [c for c in suite["cases"] if not only or any(text in c["id"] for text in only)]
    if not cases:
        return
    module = mock_universe(folder)
    universe = module.Universe(suite["supergraph"], suite["api_schema"], suite["subgraphs"])
    try:
        supergraph = Supergraph.load(supergraph_sdl)
    except Exception as problem:
        # The boundary of a suite: the others still run.
        yield from (RunResult(c["id"], f"load: {type(problem).__name__}: {problem}") for c in cases)
        return
    for case in cases:
        for run in case["runs"]:
            yield _run(case, run, supergraph, universe, suite["subgraphs"])


def _run(
    case: Mapping[str, Any],
    run: Mapping[str, Any],
    supergraph: Supergraph,
    universe: Any,
    subgraphs: Sequence[Mapping[str, Any]],
) -> RunResult:
    refusals: list[str] = []

    def transport(name: str) -> FunctionTransport:
        mock = universe.subgraph(name)

        async def answers(query: str, variables: Mapping[str, Any]) -> Any:
            # Through JSON, as over HTTP: nothing is shared with the mock's objects.
            answer = json.loads(json.dumps(mock.execute(query, dict(variables))))
            refusals.extend(f"{name}: {error['message']}" for error in answer.get("errors", ()))
            return answer

        return FunctionTransport(answers)

    transports = {subgraph["name"]: transport(subgraph["name"]) for subgraph in subgraphs}
    try:
        plan = supergraph.plan(case["operation"], run["variables"])
        answer = asyncio.run(
            _answer(supergraph, plan.kind, case["operation"], run["variables"], transports)
        )
    except TrellisError as problem:
        return RunResult(case["id"], f"{type(problem).__name__}: {problem}")
    except Exception as problem:
        # A defect of ours in one case must not hide the others' results.
        return RunResult(case["id"], f"crash: {type(problem).__name__}: {problem}")
    problem = _problem(answer, run["expected"], refusals)
    return RunResult(case["id"], problem, _excess(plan, case), plan)


async def _answer(
    supergraph: Supergraph,
    kind: OperationKind,
    operation: str,
    variables: Mapping[str, Any],
    transports: Mapping[str, FunctionTransport],
) -> dict[str, Any]:
    if kind == "subscription":
        async for answer in supergraph.subscribe(operation, variables, transports=transports):
            return answer
        return {}
    return await supergraph.execute(operation, variables, transports=transports)


def _problem(answer: Mapping[str, Any], expected: Mapping[str, Any], refusals: list[str]) -> str:
    if refusals:
        return f"subgraph refused: {refusals[0]}"
    if answer.get("errors"):
        return f"errors: {answer['errors'][0]}"
    if answer.get("data") != expected["data"]:
        return f"data: got {_brief(answer.get('data'))}, expected {_brief(expected['data'])}"
    if json.dumps(answer["data"]) != json.dumps(expected["data"]):
        return "members in another order"
    return ""


def _excess(plan: QueryPlan, case: Mapping[str, Any]) -> str:
    best = case["best"]
    found = {"fetch_count": plan.fetch_count, "depth": plan.depth}
    return ", ".join(
        f"{name} {found[name]} > {best[name]}" for name in found if found[name] > best[name]
    )


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 300 else text[:300] + "..."


def plan_cases_figure(folder: Path, only: Sequence[str] = (), *, composed: bool) -> Figure:
    """The answers; plans that are worse than the best known ones are noted."""
    report = run_all(folder, only=only, composed=composed)
    total = len(report.cases)
    return Figure(
        f"plan cases, {'composed by us' if composed else 'supergraphs as given'}",
        f"{of(total - len(report.wrong), total)}, {len(report.worse)} plans worse",
        report.wrong,
        report.worse,
    )
