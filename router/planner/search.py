"""Chooses the subgraph that resolves each field: dynamic programming over (selection, holders).

Each selection is solved once per set of subgraphs that hold its object, so the work is linear in
selection nodes times the subgraphs that can hold them. Within one object, fields with a single
source are fixed first; the others take the source that adds least to the fetches already needed.
"""

from collections.abc import Iterable, Sequence

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.abstract import solve_abstract
from trellis.router.planner.candidates import (
    HOP,
    Access,
    Holder,
    Holders,
    Lead,
    OpenField,
    Option,
    Pick,
    Solution,
)
from trellis.router.planner.decide import decide
from trellis.router.planner.leads import find_leads, joinable
from trellis.router.planner.object_sources import ObjectSources
from trellis.router.planner.view import ROUND, GraphView

ABSTRACT_COST = 16
"""Solving a position of an abstract type takes the time and memory of about 16 options."""

SPARING_LEADS = 2
"""In large operations, how many of the subgraphs that hold an object are tried as the only source
of a field that could also be combined from several. Trying all occasionally saves a fetch, but
takes time that grows with the square of their number."""


class PlanSearch:
    """Memoizes solutions. One search lives as long as the view and solves the supergraph's own
    field sets; it is the ``parent`` of the searches made for single operations.

    ``cuts`` counts the answers cut short by a cycle so far, ``unfinished`` the searches that are
    in progress up the stack. ``accepts_absent`` allows solutions that no object may ever use.
    """

    def __init__(
        self,
        view: GraphView,
        parent: "PlanSearch | None" = None,
        *,
        max_options: int | None = None,
        is_sparing: bool = False,
    ) -> None:
        self.view = view
        self.parent = parent
        self.max_options = max_options
        self.accepts_absent = False
        self.is_sparing = is_sparing
        self.cuts = 0
        self.unfinished = 0
        self.spent = 0
        self._solutions: dict[tuple[SelectionSet, Holders], Solution | None] = {}
        self._sources: dict[tuple[str, Holders], ObjectSources] = {}

    def forget(self) -> None:
        """Drop all solutions. They refer back to this object: breaking the cycle frees the memory
        at once instead of leaving it to the garbage collector."""
        self._solutions.clear()
        self._sources.clear()

    def sources_of(self, type_name: str, holders: Holders) -> ObjectSources:
        """The sources of an object of a known type."""
        # With one holder that costs nothing the result does not depend on the operation.
        if self.parent is not None and len(holders) == 1 and holders[0].mask == 0:
            return self.parent.sources_of(type_name, holders)
        memo_key = (type_name, holders)
        found = self._sources.get(memo_key)
        if found is None:
            found = self._sources[memo_key] = ObjectSources(self, type_name, holders)
        return found

    def solve(self, selection: SelectionSet, holders: Holders) -> Solution | None:
        """The solution for a selection on an object that ``holders`` have; None if there is
        none."""
        memo_key = (selection, holders)
        if memo_key in self._solutions:
            return self._solutions[memo_key]
        self.spend()
        before = self.cuts
        if self._is_concrete(selection, holders):
            (type_name,) = selection.possible
            found = self.solve_fields(selection.fields, self.sources_of(type_name, holders))
        else:
            self.spend(ABSTRACT_COST)
            found = solve_abstract(self, selection, holders)
        if self.is_whole(before):
            self._solutions[memo_key] = found
        return found

    def is_whole(self, before: int) -> bool:
        """Whether an answer may be memoized; ``before`` is the value of ``cuts`` when the search
        for it began.

        Keys and required fields may depend on one another in a cycle. A lookup of something that
        is still being computed is cut short, and everything derived from it inside the cycle is
        incomplete: it may miss sources that exist outside the cycle.
        """
        return self.cuts == before or not self.unfinished

    def solve_fields(self, fields: Iterable[Field], sources: ObjectSources) -> Solution | None:
        """The solution for the fields of one object; None when some field has no source."""
        choices: list[OpenField] = []
        paid = 0
        for field in fields:
            if field.denied or field.name.startswith("__"):
                continue
            choice = self._open(field, sources)
            if len(choice.options) == 1 and not choice.joinable:
                paid |= choice.options[0].mask
            choices.append(choice)
        for choice in choices:
            if choice.joinable:
                self._combine(choice, paid)
            if not choice.options:
                return None
        if not self.is_sparing:
            self._reconsider(choices)
        self.spend(1 + sum(len(choice.options) for choice in choices))
        return self.decide(choices, sources.start)

    def _reconsider(self, choices: list[OpenField]) -> None:
        """Combine fields from several subgraphs again, now that the fetches of the other fields
        are known.

        A combined option is found for one set of fetches that count as paid. Two are worth
        trying: all that the other fields currently use, and only those that they need in any
        case. The first alone keeps a fetch alive that two fields would have to drop together.
        """
        if len(choices) < 2 or not any(choice.joinable for choice in choices):
            return
        chosen = decide([choice.options for choice in choices], self.view.weights)
        needed = [self._needed(choice) for choice in choices]
        for number, choice in enumerate(choices):
            if not choice.joinable:
                continue
            taken = surely = 0
            for other, option in enumerate(chosen):
                if other != number:
                    taken |= option.mask
                    surely |= needed[other]
            for paid in (taken, surely):
                if chosen[number].mask & ~paid:
                    self._combine(choice, paid)

    def _needed(self, choice: OpenField) -> int:
        """The fetches that all options of a field have in common. Options that cost a round more
        than the best are ignored: they are hardly ever chosen, and would hide what is needed."""
        weights = self.view.weights
        rounds = min(weights[option.mask] // ROUND for option in choice.options)
        needed = -1
        for option in choice.options:
            if weights[option.mask] // ROUND == rounds:
                needed &= option.mask
        return needed

    def decide(self, choices: list[OpenField], start: int) -> Solution:
        """Pick one option per field so that the total cost is lowest.

        Options that reach the same subgraph by the same access share one entity fetch, so its
        ``HOP`` of effort counts once. A leaf that arrives later than the object costs 1: of two
        plans with the same requests, the one that has more of the answer early is preferred.
        """
        chosen = decide([choice.options for choice in choices], self.view.weights)
        picks: list[Pick] = []
        hops: set[Access] = set()
        mask = effort = leaves = 0
        turn = start
        for choice, option in zip(choices, chosen, strict=True):
            option_mask, option_turn, accesses, child, option_effort = option
            mask |= option_mask
            if option_turn > turn:
                turn = option_turn
            effort += option_effort
            leaves += 1 if child is None else child.leaves
            access = accesses[0]
            if access.base is None and len(accesses) == 1:
                if access in hops:
                    effort -= HOP
                hops.add(access)
            elif child is None and option_turn > start:
                effort += 1
            picks.append(Pick(choice.field, accesses, choice.runtime, child))
        return Solution(mask, turn, tuple(picks), effort=effort, leaves=leaves)

    def _is_concrete(self, selection: SelectionSet, holders: Holders) -> bool:
        if len(selection.possible) != 1:
            return False
        return not any(self.view.kind(h.subgraph, h.view).is_abstract for h in holders)

    def options(
        self, field: Field, sources: ObjectSources, *, may_split: bool = True
    ) -> list[Option]:
        """The options of a field, cheapest first. The root field of a mutation or subscription
        has an effect and must not be split: one subgraph resolves it (``may_split=False``).

        Cheapest means fewest requests in the earliest rounds (see ``MaskCosts``); ties go to the
        least effort (entity fetches before batching, late leaves), then to the option that is
        complete first.
        """
        choice = self._open(field, sources)
        if choice.joinable and may_split:
            self._combine(choice, 0)
        weight = self.view.weight
        return sorted(choice.options, key=lambda o: (weight(o.mask), o.effort, o.round))

    def composite(self, field: Field, type_name: str, sources: Sequence[Access]) -> list[Option]:
        """The options of a composite field, cheapest first: each source alone, or all of them
        combined."""
        assert field.selection is not None
        leads = find_leads(self.view, sources, type_name, field.name)
        choice = OpenField(field, None, self._single(field.selection, leads))
        if not choice.is_free:
            choice.joinable = joinable(leads)
        if choice.joinable:
            self._combine(choice, 0)
        return choice.options

    def _open(self, field: Field, sources: ObjectSources) -> OpenField:
        """A field with one option per single source; ``joinable`` holds the sources when it may
        also be combined from several."""
        if field.selection is None:
            return OpenField(field, sources.runtime, sources.leaf_options(field.name))
        near = sources.leads(field.name)
        further: list[Lead] | None = None
        if self.is_sparing and sources.joinable_leads(field.name):
            near = [lead for lead in near if lead[0].base is not None][:SPARING_LEADS]
            further = []
        options = self._single(field.selection, near)
        choice = OpenField(field, sources.runtime, options)
        if not choice.is_free:
            if further is None:
                further = sources.further_leads(field.name)
            if further:
                options += self._single(field.selection, further)
            choice.joinable = sources.joinable_leads(field.name)
        return choice

    def _single(self, selection: SelectionSet, leads: Iterable[Lead]) -> list[Option]:
        """One option per source of a composite field. A free option (no further fetch) cannot be
        beaten, so it is returned alone."""
        options: list[Option] = []
        size = self.view.size
        for access, below in leads:
            child = self.solve(selection, (below,))
            if child is not None:
                mask = access.mask | child.mask << (size * access.round)
                option = Option.single(access, child, mask)
                if mask == 0:
                    return [option]
                options.append(option)
        return options

    def _combine(self, choice: OpenField, paid: int) -> None:
        """Add the option that combines a field from several sources. Fetches in ``paid`` are made
        anyway and cost nothing here."""
        assert choice.field.selection is not None
        if paid in choice.tried:
            return
        choice.tried.add(paid)
        options = choice.options
        weights, free = self.view.weights, ~paid
        # A combination asks at least one of the sources. If a single source already costs no more
        # than the cheapest of them, combining cannot win.
        least = min(weights[access.mask & free] for access, _ in choice.joinable)
        if not any(weights[option.mask & free] <= least for option in options):
            holders = tuple(
                Holder(below.subgraph, below.view, below.provides, access.round, access.mask & free)
                for access, below in choice.joinable
            )
            child = self.solve(choice.field.selection, holders)
            if child is not None:
                accesses = tuple(access for access, _ in choice.joinable)
                options.append(Option.combined(accesses, child))
        if len(options) > 1:
            options.sort(key=lambda o: (weights[o.mask & free], o.effort, o.round))

    def spend(self, options: int = 1) -> None:
        """Count the options examined. Raises PlanningLimit beyond ``max_options``. Work is
        counted rather than timed so that an operation gets the same verdict on every machine
        (decision 0030).

        The search shared by all operations has no limit: its work is bounded by the graph.
        """
        self.spent += options
        if self.max_options is not None and self.spent > self.max_options:
            raise PlanningLimit(
                f"Planning this operation would examine more than {self.max_options} ways to fetch"
                " its fields. Request less in one operation, or use fewer type conditions."
            )
