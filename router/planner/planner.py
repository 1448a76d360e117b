"""The planner: a normalized operation in, a query plan out."""

from trellis.router.collector import collector_paused
from trellis.router.errors import PlanningError
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet
from trellis.router.planner.batch import build_steps
from trellis.router.planner.candidates import Holder, Holders, Option, Pick, Solution
from trellis.router.planner.emit import Base, Emitter, Position
from trellis.router.planner.fetches import Fetch, Node, Slot
from trellis.router.planner.output import OutputBuilder
from trellis.router.planner.possible_types import PossibleTypes
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.search import PlanSearch
from trellis.router.planner.tables import FederatedGraph
from trellis.router.planner.view import GraphView

MAX_OPTIONS = 50_000
"""Options examined for one operation, at 4 to 16 microseconds each. A well-known planner benchmark
(seven subgraphs that share nearly all of seven links of a type to itself, 340 selections) takes
32,000, every other operation of the public graphs tried less than 1,500."""

SPARING_SIZE = 48
"""Operations with more different selection sets than this are planned sparingly (see
``choose.SPARING_LEADS``). Of 3,856 operations on public graphs one is that large."""

_MAX_VIEWS = 64
"""Sets of active override labels whose views are kept. With more, all are dropped and rebuilt."""


class Planner:
    """Plans operations against one supergraph. Facts about the graph are memoized between
    operations, solutions of an operation are not. Not thread-safe."""

    def __init__(self, graph: FederatedGraph, *, max_options: int = MAX_OPTIONS) -> None:
        self.graph = graph
        self.max_options = max_options
        self._searches: dict[frozenset[str], PlanSearch] = {}

    def plan(
        self, operation: NormalizedOperation, labels: frozenset[str] = frozenset()
    ) -> QueryPlan:
        """The plan of ``operation`` with these override labels active.

        Raises PlanningLimit when it takes too long or grows too large, PlanningError when a field
        cannot be reached (the supergraph then is not satisfiable).
        """
        labels = labels & self.graph.labels
        planning = _Planning(self._search(labels), operation, self.max_options)
        try:
            if not planning.is_large:
                return planning.plan(labels)
            # Nearly all objects stay alive until the plan is done: the garbage collector took a
            # quarter of the time and found nothing.
            with collector_paused():
                return planning.plan(labels)
        finally:
            planning.search.forget()

    def _search(self, labels: frozenset[str]) -> PlanSearch:
        found = self._searches.get(labels)
        if found is None:
            if len(self._searches) >= _MAX_VIEWS:
                self._searches.clear()
            found = self._searches[labels] = PlanSearch(GraphView(self.graph, labels))
        return found


class _Planning:
    """The planning of one operation."""

    def __init__(
        self, shared: PlanSearch, operation: NormalizedOperation, max_options: int
    ) -> None:
        self.operation = operation
        self.is_large = _size(operation.selection) > SPARING_SIZE
        self.view = shared.view
        self.search = PlanSearch(
            shared.view,
            shared,
            max_options=max_options,
            is_sparing=self.is_large,
        )
        self.emitter = Emitter(self.search)
        self.root_type = operation.selection.type

    def plan(self, labels: frozenset[str]) -> QueryPlan:
        operation = self.operation
        is_query = operation.kind == "query"
        slot = Slot(self.view, operation.selection.possible, is_serial=not is_query)
        asked = PossibleTypes(self.search).prune(operation.selection, self._root_holders())
        if is_query:
            self._plan_query(asked, slot)
        else:
            self._plan_serial(asked, slot)
        steps = build_steps(
            self.view,
            self.emitter.fetches,
            operation.kind,
            operation.definitions,
            operation.directives,
        )
        return QueryPlan(
            kind=operation.kind,
            steps=steps,
            output=OutputBuilder().build(operation.selection, slot),
            root_type=self.root_type,
            labels=labels,
            absent=tuple(self.emitter.absent),
        )

    def _plan_query(self, selection: SelectionSet, slot: Slot) -> None:
        solution = self._solve(selection.fields)

        def base(subgraph: int) -> Base:
            def make() -> tuple[Fetch, Node]:
                fetch = self.emitter.root_fetch(subgraph, self.root_type)
                return fetch, fetch.node

            return Base(subgraph, self.root_type, make)

        bases = tuple(base(holder.subgraph) for holder in self._root_holders())
        self.emitter.emit(solution, Position(slot, (), self.root_type, bases))

    def _plan_serial(self, selection: SelectionSet, slot: Slot) -> None:
        """Root fields of a mutation run one after another, each with everything below it before
        the next begins (GraphQL specification, "Normal and Serial Execution"); adjacent fields of
        one subgraph share a request. Exactly one subgraph resolves each field."""
        previous: Fetch | None = None
        for asked in selection.fields:
            if asked.denied or asked.name.startswith("__"):
                continue
            option = self._best(asked, previous)
            subgraph = option.accesses[0].subgraph
            if previous is None or previous.subgraph != subgraph:
                earlier = set(self.emitter.fetches)
                previous = self.emitter.root_fetch(subgraph, self.root_type)
                previous.after |= earlier
            self._emit_serial(asked, option, previous, slot)

    def _best(self, asked: Field, previous: Fetch | None) -> Option:
        sources = self.search.sources_of(self.root_type, self._root_holders())
        options = self.search.options(asked, sources, may_split=False)
        if not options:
            raise self._unreachable((asked,))
        current = previous.subgraph if previous is not None else -1
        return min(
            options,
            key=lambda o: (
                self.view.weight(o.mask) - (o.accesses[0].subgraph == current),
                o.round,
            ),
        )

    def _emit_serial(self, asked: Field, option: Option, fetch: Fetch, slot: Slot) -> None:
        pick = Pick(asked, option.accesses, self.root_type, option.child)
        bases = tuple(
            Base(holder.subgraph, self.root_type, lambda: (fetch, fetch.node))
            for holder in self._root_holders()
        )
        position = Position(slot, (), self.root_type, bases)
        self.emitter.emit(Solution(option.mask, option.round, (pick,)), position)

    def _solve(self, fields: tuple[Field, ...]) -> Solution:
        sources = self.search.sources_of(self.root_type, self._root_holders())
        solution = self.search.solve_fields(fields, sources)
        if solution is None:
            # Last resort: positions where, by the schema, no object can exist (decision 0031).
            self.search.forget()
            self.search.accepts_absent = True
            sources = self.search.sources_of(self.root_type, self._root_holders())
            solution = self.search.solve_fields(fields, sources)
        if solution is None:
            raise self._unreachable(fields)
        return solution

    def _root_holders(self) -> Holders:
        return tuple(
            Holder(subgraph, view, (), 0, 1 << subgraph)
            for subgraph, view in self.view.homes(self.root_type)
        )

    def _unreachable(self, fields: tuple[Field, ...]) -> PlanningError:
        sources = self.search.sources_of(self.root_type, self._root_holders())
        names = [
            f.key
            for f in fields
            if not f.denied and self.search.solve_fields((f,), sources) is None
        ]
        shown = ", ".join(names[:5])
        return PlanningError(
            f"No subgraph can resolve all of {shown!r} on {self.root_type}: the supergraph is not"
            " satisfiable for this operation. Compose it again and check the errors."
        )


def _size(root: SelectionSet) -> int:
    """The number of distinct selection sets."""
    seen = {root}
    pending = [root]
    while pending:
        for each in pending.pop().fields:
            below = each.selection
            if below is not None and below not in seen:
                seen.add(below)
                pending.append(below)
    return len(seen)
