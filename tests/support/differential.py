"""One operation over one set of subgraphs: does the router answer as one merged service would?"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.universe import MockTransport, Universe
from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.limits import GENEROUS
from trellis.router.planner.check import check_plan
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.errors import TrellisError

_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|\b\w+[.:]\w*|\d+")

OPTIONS = SupergraphOptions(limits=GENEROUS)


@dataclass(frozen=True, slots=True)
class Pair:
    """Subgraphs as ``(name, sdl)`` and an operation; ``labels`` are the override labels that are
    active."""

    subgraphs: Sequence[tuple[str, str]]
    operation: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()

    def __str__(self) -> str:
        parts = [f"# {name}\n{sdl}" for name, sdl in self.subgraphs]
        asked = [self.operation, json.dumps(dict(self.variables))]
        return "\n".join([*parts, *asked, *([str(sorted(self.labels))] if self.labels else [])])


@dataclass(frozen=True, slots=True)
class Difference:
    """``what``: the name of the exception that refused the operation, or else the first error
    without the names in it, ``data``, ``order`` (of members) or ``unsound`` (a broken invariant of
    the plan)."""

    pair: Pair
    what: str
    right: Any
    got: Any
    requests: Sequence[tuple[str, str]] = ()

    def __str__(self) -> str:
        lines = [str(self.pair), f"{self.what}:", f"right: {json.dumps(self.right)}"]
        asked = [f"-> {name}: {query}" for name, query in self.requests]
        return "\n".join([*lines, f"got:   {json.dumps(self.got)}", *asked])


def compose_pairs(subgraphs: Sequence[tuple[str, str]]) -> Composition:
    return compose([Subgraph(name, f"http://{name}.test", sdl) for name, sdl in subgraphs])


def load(composition: Composition) -> Supergraph:
    return Supergraph.load(composition.supergraph_sdl, options=OPTIONS)


def find_difference(supergraph: Supergraph, universe: Universe, pair: Pair) -> Difference | None:
    """None when the router's answer is that of the merged service, members in the same order, and
    the plan is sound; ``universe`` is that of the pair, with its labels."""
    right = universe.monolith(pair.operation, pair.variables)
    try:
        answer = asyncio.run(answer_of(supergraph, universe, pair))
        plan = supergraph.plan(pair.operation, pair.variables, labels=pair.labels)
    except TrellisError as refusal:
        return Difference(pair, type(refusal).__name__, right, str(refusal), universe.requests)
    what, got = _compare(answer, right), answer
    if not what and (broken := check_plan(plan, supergraph.graph)):
        what, got = "unsound", broken
    return Difference(pair, what, right, got, universe.requests) if what else None


def _compare(answer: Mapping[str, Any], right: Any) -> str:
    if answer.get("errors"):
        return _NAMES.sub("_", answer["errors"][0]["message"])
    if answer.get("data") != right:
        return "data"
    return "" if json.dumps(answer["data"]) == json.dumps(right) else "order"


async def answer_of(supergraph: Supergraph, universe: Universe, pair: Pair) -> dict[str, Any]:
    """The response, for a subscription that of its only event."""
    ways = unevenly_fast(universe.transports(), len(pair.operation))
    if not pair.operation.startswith("subscription"):
        return await supergraph.execute(
            pair.operation, pair.variables, transports=ways, labels=pair.labels
        )
    events = supergraph.subscribe(
        pair.operation, pair.variables, transports=ways, labels=pair.labels
    )
    (answer,) = [event async for event in events]
    return answer


def unevenly_fast(transports: Mapping[str, MockTransport], order: int) -> dict[str, MockTransport]:
    """The transports, each with another number of turns of the event loop before its answer."""

    def late(send: MockTransport, turns: int) -> MockTransport:
        async def answer(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
            for _ in range(turns):
                await asyncio.sleep(0)
            return await send(query, variables)

        return answer

    names = list(transports)
    return {
        name: late(send, 8 * ((names.index(name) + order) % len(names)))
        for name, send in transports.items()
    }
