"""Runs the real graphs: subgraphs of public repositories with operations, and how the planners of
Apollo and Hive did on them."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLError, build_schema, lexicographic_sort_schema, print_schema

from tests.conformance.mock_universe import mock_universe
from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.supergraph import Supergraph
from trellis.router.transports.function import FunctionTransport
from trellis.schema.errors import TrellisError

PEERS = ("apollo", "hive")
# Where the verdict of Apollo's composition is not the right one: see the cases 43, 45 and 46 of
# the field cases.
RIGHT_VERDICTS: dict[str, list[str]] = {
    "fed2ex-complex-key": [],
    "diamond": ["EXTERNAL_TYPE_MISMATCH"],  # what Apollo's composition says, and rightly
    "diamond-fix2": ["SATISFIABILITY_ERROR"],
}


@dataclass(frozen=True, slots=True)
class Costs:
    """A plan beside that of the better peer: ``more`` or ``fewer`` fetches, and how many rounds it
    has less (``saved``)."""

    more: int = 0
    fewer: int = 0
    saved: int = 0


@dataclass(frozen=True, slots=True)
class OperationResult:
    """``problem`` is empty when the data is right and nothing was refused; ``is_in_order`` is about
    the members. ``is_judged`` is false where the mock data cannot tell what is right."""

    operation: str
    is_refused: bool = False
    is_judged: bool = True
    problem: str = ""
    is_in_order: bool = True
    costs: Costs = Costs()

    @property
    def brief(self) -> str:
        return " ".join(self.operation.split())[:200]


@dataclass(frozen=True, slots=True)
class GraphResult:
    """``verdict`` and ``api`` say what differs from what is expected, and are empty when right."""

    name: str
    verdict: str = ""
    api: str = ""
    operations: Sequence[OperationResult] = field(default_factory=tuple)


def graph_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def composed_graph(graph: Mapping[str, Any]) -> Composition:
    return compose([Subgraph(s["name"], s["url"] or "", s["sdl"]) for s in graph["subgraphs"]])


def run_graph(file: Path, plan_cases: Path, *, every: int = 1) -> GraphResult:
    """Compose one graph and ask its operations, or one in ``every``. ``plan_cases`` is the folder
    with the mock universe."""
    graph = json.loads(file.read_text(encoding="utf-8"))
    made = composed_graph(graph)
    codes, wanted = sorted({error.code for error in made.errors}), _wanted_codes(graph, file.stem)
    verdict = "" if codes == wanted else f"{codes} instead of {wanted}"
    if made.errors:
        return GraphResult(file.stem, verdict)
    asking = _Asking(made, graph, plan_cases)
    operations = tuple(asking.run(case) for case in graph["operations"][::every])
    return GraphResult(file.stem, verdict, _api_difference(made, graph), operations)


def _wanted_codes(graph: Mapping[str, Any], name: str) -> list[str]:
    recorded = next(codes for who, codes in graph["verdicts"].items() if who.startswith("apollo"))
    return RIGHT_VERDICTS.get(name, sorted(set(recorded)))


def _api_difference(made: Composition, graph: Mapping[str, Any]) -> str:
    if not graph.get("api_schema"):
        return ""
    ours, theirs = _normal(made.api_sdl), _normal(graph["api_schema"])
    if ours == theirs:
        return ""
    missing = sorted(set(theirs.splitlines()) ^ set(ours.splitlines()))
    return f"lines that only one has: {missing[:4]}"


def _normal(sdl: str) -> str:
    try:
        return print_schema(lexicographic_sort_schema(build_schema(sdl, assume_valid=True)))
    except (GraphQLError, TypeError) as problem:
        return f"not a schema: {problem}"


class _Asking:
    """The operations of one graph: asked through the router and of the merged schema."""

    def __init__(self, made: Composition, graph: Mapping[str, Any], plan_cases: Path) -> None:
        self.supergraph = Supergraph.load(made.supergraph_sdl)
        self.universe = mock_universe(plan_cases).Universe(
            made.supergraph_sdl, made.api_sdl, graph["subgraphs"]
        )
        self.refusals: list[str] = []
        self.ways = {s["name"]: self._way(s["name"]) for s in graph["subgraphs"]}

    def _way(self, name: str) -> FunctionTransport:
        mock = self.universe.subgraph(name)

        async def answers(query: str, variables: Mapping[str, Any]) -> Any:
            # Through JSON, as over HTTP: nothing is shared with the mock's objects.
            answer = json.loads(json.dumps(mock.execute(query, dict(variables))))
            self.refusals.extend(f"{name}: {e['message']}" for e in answer.get("errors", ()))
            return answer

        return FunctionTransport(answers)

    def run(self, case: Mapping[str, Any]) -> OperationResult:
        operation, variables = case["operation"], case["variables"]
        try:
            plan = self.supergraph.plan(operation, variables)
        except TrellisError as refusal:
            problem = f"{type(refusal).__name__}: {refusal}"
            return OperationResult(operation, is_refused=True, problem=problem)
        costs = _compare_costs(plan, case)
        expected = self._expected(operation, variables)
        if expected is None or not _can_be_judged(case):
            return OperationResult(operation, is_judged=False, costs=costs)
        problem, is_in_order = self._ask(operation, variables, plan, expected)
        return OperationResult(operation, problem=problem, is_in_order=is_in_order, costs=costs)

    def _expected(self, operation: str, variables: Mapping[str, Any]) -> Any:
        """The answer of the merged schema, None where the mock data has none."""
        try:
            answer = self.universe.monolith(operation, variables)
        except Exception:  # whatever the mock cannot do says nothing about the router
            return None
        return None if answer.get("errors") else answer["data"]

    def _ask(
        self, operation: str, variables: Mapping[str, Any], plan: QueryPlan, expected: Any
    ) -> tuple[str, bool]:
        self.refusals.clear()
        try:
            answer = asyncio.run(self._answer(operation, variables, plan))
        except Exception as crash:
            # A defect of the router in one operation must not hide the others' results.
            return f"{type(crash).__name__}: {crash}", True
        if self.refusals:
            return f"a subgraph refused: {self.refusals[0]}", True
        if answer.get("errors"):
            return f"errors: {answer['errors'][0]}", True
        if answer.get("data") != expected:
            return "other data", True
        return "", json.dumps(answer["data"]) == json.dumps(expected)

    async def _answer(
        self, operation: str, variables: Mapping[str, Any], plan: QueryPlan
    ) -> Mapping[str, Any]:
        if plan.kind != "subscription":
            return await self.supergraph.execute(operation, variables, transports=self.ways)
        async for event in self.supergraph.subscribe(operation, variables, transports=self.ways):
            return event
        return {}


def _right_peers(case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [case[peer] for peer in PEERS if isinstance(case.get(peer), Mapping)]
    return [peer for peer in found if peer.get("right")]


def _can_be_judged(case: Mapping[str, Any]) -> bool:
    """Not where the plans of both peers fail as well: then the mock data is at fault."""
    was_planned = any(isinstance(case.get(peer), Mapping) for peer in PEERS)
    return bool(_right_peers(case)) or not was_planned


def _compare_costs(plan: QueryPlan, case: Mapping[str, Any]) -> Costs:
    peers = _right_peers(case)
    if not peers:
        return Costs()
    fetches, depth = min((peer["fetch_count"], peer["depth"]) for peer in peers)
    more = plan.fetch_count - fetches
    return Costs(max(more, 0), max(-more, 0), depth - plan.depth)


def failures(results: Sequence[GraphResult]) -> Iterator[tuple[str, str]]:
    """Whatever is not as it must be, by name."""
    for graph in results:
        if graph.verdict:
            yield f"{graph.name}: verdict", graph.verdict
        if graph.api:
            yield f"{graph.name}: API schema", graph.api
        for number, result in enumerate(graph.operations):
            name, costs = f"{graph.name} {number}", result.costs
            if result.problem:
                yield name, f"{result.problem[:200]} | {result.brief}"
            elif not result.is_in_order:
                yield name, f"members in another order | {result.brief}"
            if costs.more and costs.saved <= 0:
                yield f"{name}: fetches", f"{costs.more} more, no round saved | {result.brief}"
