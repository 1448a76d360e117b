"""A subgraph that fails costs its own fields: the rest is right, and every loss is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.mock_universe import mock_universe
from tests.support.shared import shared_path
from trellis.router.errors import SubgraphUnavailable
from trellis.router.supergraph import Supergraph
from trellis.schema.errors import TrellisError

Answers = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
Break = Callable[[str, Any], Any]


def unavailable(name: str, answer: Any) -> Any:
    raise SubgraphUnavailable(name, "Down.")


def refusing(name: str, answer: Any) -> Any:
    return {"data": None, "errors": [{"message": "No."}]}


def without_last_entity(name: str, answer: Any) -> Any:
    for key, value in (answer["data"] or {}).items():
        if isinstance(value, list) and key.startswith("_e"):
            answer["data"][key] = value[:-1]
            return answer
    return refusing(name, answer)


def with_a_failed_field(name: str, answer: Any) -> Any:
    """Nulls the first field found and says so, as a nullable field that fails would."""
    path = next(_field_paths(answer["data"], []), None)
    if path is None:
        return refusing(name, answer)
    place = answer["data"]
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = None
    return {**answer, "errors": [{"message": "Failed.", "path": path}]}


def _field_paths(value: Any, path: list[Any]) -> Iterator[list[Any]]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key != "__typename" and not isinstance(member, dict | list):
                yield [*path, key]
            yield from _field_paths(member, [*path, key])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _field_paths(item, [*path, index])


BREAKS: list[Break] = [unavailable, refusing, without_last_entity, with_a_failed_field]


def unexplained(
    expected: Any, got: Any, errors: Sequence[tuple[Any, ...]], path: tuple[Any, ...] = ()
) -> Iterator[str]:
    """Values that differ from the truth, and nulls that no error speaks of."""
    if got is None:
        if expected is not None and not any(_related(path, error) for error in errors):
            yield f"{path}: null without an error"
    elif isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            yield f"{path}: members {list(got)} instead of {list(expected)}"
        for key in expected.keys() & got.keys():
            yield from unexplained(expected[key], got[key], errors, (*path, key))
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{path}: another length"
        for index, (left, right) in enumerate(zip(expected, got, strict=False)):
            yield from unexplained(left, right, errors, (*path, index))
    elif expected != got:
        yield f"{path}: {got!r} instead of {expected!r}"


def _related(path: tuple[Any, ...], error: tuple[Any, ...]) -> bool:
    length = min(len(path), len(error))
    return path[:length] == error[:length]


@pytest.mark.parametrize("spoil", BREAKS, ids=lambda spoil: spoil.__name__)
def test_whatever_fails_the_rest_is_right_and_every_loss_is_told(spoil: Break) -> None:
    folder = shared_path("plan_cases")
    problems = [
        problem
        for file in sorted(folder.glob("*.json"))
        for problem in _problems_of(json.loads(file.read_text(encoding="utf-8")), folder, spoil)
    ]

    assert problems == []


def _problems_of(suite: Mapping[str, Any], folder: Path, spoil: Break) -> Iterator[str]:
    universe = mock_universe(folder).Universe(
        suite["supergraph"], suite["api_schema"], suite["subgraphs"]
    )
    supergraph = Supergraph.load(suite["supergraph"])
    for case in suite["cases"]:
        run = case["runs"][0]
        try:
            plan = supergraph.plan(case["operation"], run["variables"])
        except TrellisError:
            continue  # another test says which plans there must be
        if plan.kind != "query":
            continue
        for broken in {step.service for step in plan.steps}:
            transports = {
                subgraph["name"]: _subgraph(universe, subgraph["name"], broken, spoil)
                for subgraph in suite["subgraphs"]
            }
            answer = asyncio.run(
                supergraph.execute(case["operation"], run["variables"], transports=transports)
            )
            errors = [tuple(error.get("path") or ()) for error in answer.get("errors", ())]
            for problem in unexplained(run["expected"]["data"], answer["data"], errors):
                yield f"{case['id']} with {broken} broken: {problem}"


def _subgraph(universe: Any, name: str, broken: str, spoil: Break) -> Answers:
    mock = universe.subgraph(name)

    async def answers(query: str, variables: Mapping[str, Any]) -> Any:
        answer = json.loads(json.dumps(mock.execute(query, dict(variables))))
        return spoil(name, answer) if name == broken else answer

    return answers
