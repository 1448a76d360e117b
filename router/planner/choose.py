"""Chooses where each field is asked: dynamic programming over (selection, spot).

A selection at a spot is solved once and remembered, so the work is linear in selection nodes times
the subgraphs that can hold them. Within one object the fields with one source come first; the
others take the source that adds least to what is needed anyway.
"""

from collections.abc import Iterable, Sequence

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.abstract import solve_abstract
from trellis.router.planner.choice import (
    HOP,
    Access,
    Holder,
    Lead,
    Open,
    Option,
    Pick,
    Solution,
    Spot,
)
from trellis.router.planner.decide import decide
from trellis.router.planner.leads import find_leads, joinable
from trellis.router.planner.place import Place
from trellis.router.planner.view import ROUND, GraphView

ABSTRACT_COST = 16
"""A position whose runtime type is open takes the time and memory of about so many options."""

SPARING_LEADS = 2
"""How many of the subgraphs that hold an object are tried alone for a field that may be put
together from several, when an operation is large. Trying all finds a plan with a fetch less now and
then, but takes a time that grows with the square of their number."""


class Chooser:
    """Remembers solutions. One lives with the view for field sets of the supergraph (``parent``
    of the others), one is made per operation."""

    def __init__(
        self,
        view: GraphView,
        parent: "Chooser | None" = None,
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
        self._solutions: dict[tuple[SelectionSet, Spot], Solution | None] = {}
        self._places: dict[tuple[str, Spot], Place] = {}

    def forget(self) -> None:
        """Let go of what was found, which refers to this object in turn: it is freed at once
        instead of being left to the garbage collector."""
        self._solutions.clear()
        self._places.clear()

    def place(self, type_name: str, spot: Spot) -> Place:
        """The place of an object of a known type. Those with one holder serve all operations."""
        if self.parent is not None and len(spot) == 1 and spot[0].mask == 0:
            return self.parent.place(type_name, spot)
        mark = (type_name, spot)
        found = self._places.get(mark)
        if found is None:
            found = self._places[mark] = Place(self, type_name, spot)
        return found

    def solve(self, selection: SelectionSet, spot: Spot) -> Solution | None:
        """How a selection is answered when its object is held at ``spot``; None when it cannot."""
        mark = (selection, spot)
        if mark in self._solutions:
            return self._solutions[mark]
        self.spend()
        before = self.cuts
        if self._is_concrete(selection, spot):
            (type_name,) = selection.possible
            found = self.at_place(selection.fields, self.place(type_name, spot))
        else:
            self.spend(ABSTRACT_COST)
            found = solve_abstract(self, selection, spot)
        if self.is_whole(before):
            self._solutions[mark] = found
        return found

    def is_whole(self, before: int) -> bool:
        """Whether an answer may be remembered; ``before`` is what ``cuts`` was when it was looked
        for. Keys and required fields may need one another in a circle: what is asked for while it
        is being found is cut short, and with it all that leans on it."""
        return self.cuts == before or not self.unfinished

    def at_place(self, fields: Iterable[Field], place: Place) -> Solution | None:
        """How the fields of one object are answered; None when some field cannot be."""
        choices: list[Open] = []
        paid = 0
        for field in fields:
            if field.denied or field.name.startswith("__"):
                continue
            choice = self._open(field, place)
            if len(choice.options) == 1 and not choice.together:
                paid |= choice.options[0].mask
            choices.append(choice)
        for choice in choices:
            if choice.together:
                self._put_together(choice, paid)
            if not choice.options:
                return None
        if not self.is_sparing:
            self._reconsider(choices)
        self.spend(1 + sum(len(choice.options) for choice in choices))
        return self.decide(choices, place.start)

    def _reconsider(self, choices: list[Open]) -> None:
        """Put fields together once more, now that it is known what the other fields take, and
        what they cannot do without."""
        if len(choices) < 2 or not any(choice.together for choice in choices):
            return
        chosen = decide([choice.options for choice in choices], self.view.weights)
        needed = [self._needed(choice) for choice in choices]
        for number, choice in enumerate(choices):
            if not choice.together:
                continue
            taken = surely = 0
            for other, option in enumerate(chosen):
                if other != number:
                    taken |= option.mask
                    surely |= needed[other]
            for paid in (taken, surely):
                if chosen[number].mask & ~paid:
                    self._put_together(choice, paid)

    def _needed(self, choice: Open) -> int:
        """The fetches that all options of a field have in common, but for those that are worse
        than others by a round."""
        weights = self.view.weights
        rounds = min(weights[option.mask] // ROUND for option in choice.options)
        needed = -1
        for option in choice.options:
            if weights[option.mask] // ROUND == rounds:
                needed &= option.mask
        return needed

    def decide(self, choices: list[Open], start: int) -> Solution:
        """Take one option of each field, so that all together cost least."""
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

    def _is_concrete(self, selection: SelectionSet, spot: Spot) -> bool:
        if len(selection.possible) != 1:
            return False
        return not any(self.view.kind(h.subgraph, h.view).is_abstract for h in spot)

    def options(self, field: Field, place: Place, *, may_split: bool = True) -> list[Option]:
        """The ways to answer a field, the cheapest first. A field that has an effect (the root of
        a mutation or subscription) must not be split: it is asked of one subgraph only."""
        choice = self._open(field, place)
        if choice.together and may_split:
            self._put_together(choice, 0)
        weight = self.view.weight
        return sorted(choice.options, key=lambda o: (weight(o.mask), o.effort, o.round))

    def composite(self, field: Field, type_name: str, sources: Sequence[Access]) -> list[Option]:
        """The ways to answer a composite field, the cheapest first: at one source alone, or put
        together from all of them."""
        assert field.selection is not None
        leads = find_leads(self.view, sources, type_name, field.name)
        choice = Open(field, None, self._alone(field.selection, leads))
        if not choice.is_free:
            choice.together = joinable(leads)
        if choice.together:
            self._put_together(choice, 0)
        return choice.options

    def _open(self, field: Field, place: Place) -> Open:
        """A field with the ways to answer it at one source each; ``together`` holds the sources
        when it may also be put together from several."""
        if field.selection is None:
            return Open(field, place.runtime, place.leaf_options(field.name))
        near = place.leads(field.name)
        further: list[Lead] | None = None
        if self.is_sparing and place.leads_together(field.name):
            near = [lead for lead in near if lead[0].base is not None][:SPARING_LEADS]
            further = []
        options = self._alone(field.selection, near)
        choice = Open(field, place.runtime, options)
        if not choice.is_free:
            if further is None:
                further = place.further_leads(field.name)
            if further:
                options += self._alone(field.selection, further)
            choice.together = place.leads_together(field.name)
        return choice

    def _alone(self, selection: SelectionSet, leads: Iterable[Lead]) -> list[Option]:
        """The ways to answer a composite field at one source; a free one is all there is."""
        options: list[Option] = []
        size = self.view.size
        for access, below in leads:
            child = self.solve(selection, (below,))
            if child is not None:
                mask = access.mask | child.mask << (size * access.round)
                option = Option.alone(access, child, mask)
                if mask == 0:
                    return [option]
                options.append(option)
        return options

    def _put_together(self, choice: Open, paid: int) -> None:
        """Add the way to answer a field from several sources. Fetches in ``paid`` are made
        anyway; where an option needs no other, nothing can add less."""
        assert choice.field.selection is not None
        if paid in choice.tried:
            return
        choice.tried.add(paid)
        options = choice.options
        weights, free = self.view.weights, ~paid
        # However it is put together, one of the sources is asked at least.
        least = min(weights[access.mask & free] for access, _ in choice.together)
        if not any(weights[option.mask & free] <= least for option in options):
            spot = tuple(
                Holder(below.subgraph, below.view, below.given, access.round, access.mask & free)
                for access, below in choice.together
            )
            child = self.solve(choice.field.selection, spot)
            if child is not None:
                accesses = tuple(access for access, _ in choice.together)
                options.append(Option.together(accesses, child, paid))
        if len(options) > 1:
            options.sort(key=lambda o: (weights[o.mask & free], o.effort, o.round))

    def spend(self, options: int = 1) -> None:
        """Count the work of planning: the options looked at. Raises PlanningLimit when it is too
        much: counted, not timed, so that an operation has the same verdict on every machine.

        What is learned about the graph for all operations has its bound in the graph.
        """
        self.spent += options
        if self.max_options is not None and self.spent > self.max_options:
            raise PlanningLimit(
                f"Planning this operation means looking at more than {self.max_options} ways to"
                " fetch its fields. Ask for less in one request, or use fewer type conditions."
            )
