"""Chooses where each field is asked: dynamic programming over (selection, spot).

A selection at a spot is solved once and remembered, so the work is linear in selection nodes times
the subgraphs that can hold them. Within one object the fields with one source come first; the
others take the source that adds least to what is needed anyway.
"""

from collections.abc import Iterable
from time import thread_time

from router.errors import PlanningLimit
from router.operation.model import Field, SelectionSet
from router.planner.abstract import solve_abstract
from router.planner.choice import HOP, Access, Holder, Open, Option, Pick, Solution, Spot
from router.planner.place import Place
from router.planner.view import GraphView, provided

MAX_STEPS = 50_000
SWEEP_LIMIT = 24


class Chooser:
    """Remembers solutions. One lives with the view for field sets of the supergraph (``parent``
    of the others), one is made per operation."""

    def __init__(
        self,
        view: GraphView,
        parent: "Chooser | None" = None,
        *,
        deadline: float | None = None,
        may_split: bool = True,
    ) -> None:
        self.view = view
        self.parent = parent
        self.deadline = deadline
        self.may_split = may_split
        self.cuts = 0
        self.closing = 0
        self.steps = 0
        self._solutions: dict[tuple[SelectionSet, Spot], Solution | None] = {}
        self._places: dict[tuple[str, Spot], Place] = {}

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
            found = solve_abstract(self, selection, spot)
        if self.cuts == before or not self.closing:
            self._solutions[mark] = found
        return found

    def at_place(self, fields: Iterable[Field], place: Place) -> Solution | None:
        """How the fields of one object are answered; None when some field cannot be."""
        self.spend()
        choices: list[Open] = []
        for field in fields:
            if field.denied or field.name.startswith("__"):
                continue
            options = self.options(field, place)
            if not options:
                return None
            choices.append(Open(field, place.runtime, options))
        self._share(choices, place)
        return self.decide(choices, place.start)

    def _share(self, choices: list[Open], place: Place) -> None:
        """Look again at fields that may be put together from several subgraphs, now that some
        subgraphs are asked anyway."""
        paid = 0
        for choice in choices:
            if len(choice.options) == 1:
                paid |= choice.options[0].mask
        if not paid:
            return
        for choice in choices:
            if len(choice.options) > 1 and choice.field.selection is not None:
                sources = place.all_sources(choice.field.name)
                choice.options = self.composite(choice.field, place.type, sources, paid)

    def decide(self, choices: list[Open], start: int) -> Solution:
        """Take one option of each field: free ones first, then those without an alternative, then
        whatever adds least to what is fetched already."""
        mask, turn = 0, start
        undecided: list[Open] = []
        chosen: dict[int, Option] = {}
        for number, choice in enumerate(choices):
            first = choice.options[0]
            if first.mask == 0 or len(choice.options) == 1:
                chosen[number] = first
                mask |= first.mask
            else:
                undecided.append(choice)
        if undecided:
            self._decide_rest(choices, chosen, mask)
        picks: list[Pick] = []
        hops: set[Access] = set()
        mask = effort = leaves = 0
        for number, choice in enumerate(choices):
            option = chosen[number]
            mask |= option.mask
            turn = max(turn, option.round)
            effort += option.effort
            leaves += option.child.leaves if option.child is not None else 1
            access = option.accesses[0]
            if access.base is None and len(option.accesses) == 1:
                effort -= HOP * (access in hops)
                hops.add(access)
            elif option.child is None and option.round > start:
                effort += 1
            picks.append(Pick(choice.field, option.accesses, choice.runtime, option.child))
        return Solution(mask, turn, tuple(picks), effort=effort, leaves=leaves)

    def _decide_rest(self, choices: list[Open], chosen: dict[int, Option], mask: int) -> None:
        weight = self.view.weight
        rest = [number for number in range(len(choices)) if number not in chosen]
        reach: dict[int, int] = {}
        for number in rest:
            for option in choices[number].options:
                reach[option.mask] = reach.get(option.mask, 0) + 1
        for number in rest:
            best = min(
                choices[number].options,
                key=lambda o: (weight(mask | o.mask), o.effort, -reach[o.mask], o.round),
            )
            chosen[number] = best
            mask |= best.mask
        if 1 < len(rest) <= SWEEP_LIMIT:
            self._sweep(choices, chosen, rest)

    def _sweep(self, choices: list[Open], chosen: dict[int, Option], rest: list[int]) -> None:
        """Decide each field again, knowing what the others take."""
        weight = self.view.weight
        for number in rest:
            others = 0
            for other, option in chosen.items():
                if other != number:
                    others |= option.mask
            current = (weight(others | chosen[number].mask), chosen[number].effort)
            for option in choices[number].options:
                if (weight(others | option.mask), option.effort) < current:
                    chosen[number] = option
                    current = (weight(others | option.mask), option.effort)

    def _is_concrete(self, selection: SelectionSet, spot: Spot) -> bool:
        if len(selection.possible) != 1:
            return False
        return not any(self.view.kind(h.subgraph, h.view).is_abstract for h in spot)

    def options(self, field: Field, place: Place) -> list[Option]:
        near = place.sources(field.name)
        if field.selection is None:
            return [Option(a.mask, a.round, (a,), None) for a in near]
        options = self.composite(field, place.type, near)
        if options and options[0].mask == 0:
            return options
        everywhere = place.all_sources(field.name)
        if len(everywhere) > len(near):
            options = self.composite(field, place.type, everywhere)
        return options

    def composite(
        self, field: Field, type_name: str, sources: Iterable[Access], paid: int = 0
    ) -> list[Option]:
        """The ways to answer a composite field, the cheapest first: at one source alone, or put
        together from all of them. Fetches in ``paid`` are made anyway."""
        selection = field.selection
        assert selection is not None
        options: list[Option] = []
        together: list[tuple[Access, Holder]] = []
        for access in sources:
            below = self.below(access, type_name, field.name)
            if below is None:
                continue
            child = self.solve(selection, (below,))
            if child is not None:
                mask = access.mask | child.mask << (self.view.size * access.round)
                option = Option(mask, access.round + child.round, (access,), child)
                if mask == 0:
                    return [option]
                options.append(option)
            if access.requires is None:
                together.append((access, below))
        if len(together) > 1 and self.may_split:
            options.extend(self._split(selection, together, paid))
        weight = self.view.weight
        options.sort(key=lambda o: (weight(o.mask | paid), o.effort, o.round))
        return options

    def _split(
        self, selection: SelectionSet, together: list[tuple[Access, Holder]], paid: int
    ) -> Iterable[Option]:
        spot = tuple(
            below._replace(round=access.round, mask=access.mask if access.mask & ~paid else 0)
            for access, below in together
        )
        child = self.solve(selection, spot)
        if child is not None:
            accesses = tuple(access for access, _ in together)
            yield Option(child.mask, child.round, accesses, child)

    def below(self, access: Access, type_name: str, name: str) -> Holder | None:
        """The object that a composite field leads to, as the subgraph of ``access`` has it."""
        local = self.view.local(access.subgraph, access.view, name)
        if local is None or local.base not in self.view.types[access.subgraph]:
            return None
        given = provided(access.given, type_name, name) or () if access.given else ()
        if local.provides is not None:
            given = (*given, local.provides)
        return Holder(access.subgraph, local.base, given)

    def spend(self) -> None:
        """Count one unit of work. Raises PlanningLimit when there was too much of it. What is
        learned about the graph for all operations has its bound in the graph."""
        if self.deadline is None:
            return
        self.steps += 1
        if self.steps > MAX_STEPS or (self.steps % 64 == 0 and thread_time() > self.deadline):
            raise PlanningLimit(
                "Planning this operation takes more than the allowed time. Ask for less in one"
                " request, or use fewer type conditions."
            )
