"""The least that an operation can cost in a small graph, found by trying every set of requests.

A plan is a set of requests, each to one subgraph in one round, about all objects known by then.
What it can bring is found by asking for everything. This knows nothing of how the planner chooses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from tests.support.small_graph import SmallGraph, Tree

Path = tuple[str, ...]
Known = frozenset[Path]
"""The paths of fields whose values are known; an object's path has an object there."""

Request = tuple[int, str]
"""The round, from 0 on, and the subgraph."""

LATER = 100


def cost_of(requests: Iterable[Request]) -> int:
    """As the planner counts it: 1 for a request of the first round, 100 for each round that
    another one has to wait."""
    return sum(LATER * turn or 1 for turn, _ in requests)


@dataclass(slots=True)
class EveryPlan:
    """All plans for one selection of the root type ``Query``. Objects deeper than ``depth`` fields
    are not looked at."""

    graph: SmallGraph
    wanted: frozenset[Path]
    depth: int

    @classmethod
    def of(cls, graph: SmallGraph, tree: Tree) -> EveryPlan:
        wanted = frozenset(_paths(tree, ()))
        return cls(graph, wanted, max(len(path) for path in wanted))

    @property
    def objects(self) -> int:
        """How many objects fields are selected of, but for the root."""
        return len({path[:-1] for path in self.wanted} - {()})

    def is_answered_by(self, requests: Collection[Request]) -> bool:
        known: Known = frozenset()
        for turn in range(1 + max(turn for turn, _ in requests)):
            asked = [subgraph for number, subgraph in requests if number == turn]
            known = self._after(known, turn, asked)
        return self.wanted <= known

    def cheapest_below(self, limit: int) -> Collection[Request] | None:
        """The cheapest requests that answer everything; None when none cost less than ``limit``."""
        best: Collection[Request] | None = None
        while (found := self._search(frozenset(), 0, (), limit)) is not None:
            best, limit = found, cost_of(found)
        return best

    def _search(
        self, known: Known, turn: int, made: tuple[Request, ...], left: int
    ) -> tuple[Request, ...] | None:
        each = LATER * turn or 1
        for count in range(1, len(self.graph.subgraphs) + 1):
            if each * count >= left:
                return None
            for asked in combinations(self.graph.subgraphs, count):
                after = self._after(known, turn, asked)
                if after == known:
                    continue
                requests = (*made, *((turn, subgraph) for subgraph in asked))
                if self.wanted <= after:
                    return requests
                found = self._search(after, turn + 1, requests, left - each * count)
                if found is not None:
                    return found
        return None

    def _after(self, known: Known, turn: int, asked: Iterable[str]) -> Known:
        brought: set[Path] = set(known)
        for subgraph in asked:
            if turn == 0:
                brought.update(self._below(subgraph, "Query", ()))
                continue
            for path, type_name in self._objects(known):
                brought.update(self._of_entity(subgraph, type_name, path, known))
        return frozenset(brought)

    def _objects(self, known: Known) -> Iterator[tuple[Path, str]]:
        for path in known:
            type_name = "Query"
            for name in path:
                type_name = self.graph.merged(type_name)[name]
            if type_name:
                yield path, type_name

    def _of_entity(self, subgraph: str, type_name: str, path: Path, known: Known) -> Iterator[Path]:
        local = self.graph.subgraphs[subgraph].get(type_name)
        if local is None or not any(
            all((*path, leaf) in known for leaf in key) for key in local.keys
        ):
            return
        yield from self._below(subgraph, type_name, path)
        for name, made in local.fields.items():
            if made.requires and all((*path, leaf) in known for leaf in made.requires):
                yield (*path, name)

    def _below(self, subgraph: str, type_name: str, path: Path) -> Iterator[Path]:
        """What the subgraph can say about an object it has, nothing being sent along."""
        if len(path) >= self.depth:
            return
        for name, made in self.graph.fields_of(subgraph, type_name).items():
            if made.requires:
                continue
            yield (*path, name)
            if made.target:
                yield from self._below(subgraph, made.target, (*path, name))


def _paths(tree: Tree, above: Path) -> Iterator[Path]:
    for name, below in tree.items():
        yield (*above, name)
        yield from _paths(below, (*above, name))
