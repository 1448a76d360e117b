"""One option for each field of an object, so that all of them together need the fewest requests.

Fetches are bits of masks, so the cost of a choice is the weight of the union of the chosen masks.
This is a set cover problem: exact search is exponential and used only for few fields with few
options. Otherwise a greedy choice is improved by local search, alternating between single fields
and single requests. The second move finds what the first cannot: two fields that have to change
together before a request becomes superfluous.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

from trellis.router.planner.candidates import Option

MaskCosts = Mapping[int, int]

# Every pass that changes anything lowers the cost, so this only bounds the time. One or two passes
# are usual; the most on 3,856 operations of public graphs was three, the last of which finds
# nothing to improve.
MAX_PASSES = 4

# Up to this many combinations, trying them all takes no longer than local search does.
EXACT_CHOICES = 64

# Dropping requests takes requests x fields x options. Public graphs have at most 12 shared
# requests at one position; above this limit only single fields are reconsidered.
MAX_REQUESTS_TRIED = 32


def decide(fields: Sequence[Sequence[Option]], weights: MaskCosts) -> list[Option]:
    """One option per field. ``fields`` holds the options of each field, cheapest first; ``weights``
    gives the cost of any set of fetches (a sum over its bits).

    Options that are free or have no alternative are fixed first: their fetches happen in any case
    and must count as paid before the others choose.
    """
    chosen: list[Option] = [options[0] for options in fields]
    fixed = 0
    rest: list[int] = []
    for number, options in enumerate(fields):
        first = options[0]
        if first.mask == 0 or len(options) == 1:
            fixed |= first.mask
        else:
            rest.append(number)
    if rest:
        _Choice(fields, chosen, rest, fixed, weights).make()
    return chosen


class _Choice:
    """Chooses for the fields ``rest``, given that the fetches ``fixed`` happen anyway."""

    def __init__(
        self,
        fields: Sequence[Sequence[Option]],
        chosen: list[Option],
        rest: list[int],
        fixed: int,
        weights: MaskCosts,
    ) -> None:
        self.fields = fields
        self.chosen = chosen
        self.rest = rest
        self.fixed = fixed
        self.weights = weights

    def make(self) -> None:
        if len(self.rest) > 1 and prod(len(self.fields[n]) for n in self.rest) <= EXACT_CHOICES:
            self._take_best()
            return
        self._take_cheapest()
        for _ in range(MAX_PASSES):
            # Not "or", which would skip the second move whenever the first changed something.
            if not (self._change_fields() | self._drop_requests()):
                break

    def _take_best(self) -> None:
        """Try all combinations; ties go to the least effort, then to the first."""
        weights, fixed = self.weights, self.fixed
        best: tuple[int, int] | None = None
        for options in product(*(self.fields[number] for number in self.rest)):
            mask = effort = 0
            for option in options:
                mask |= option.mask
                effort += option.effort
            cost = (weights[mask & ~fixed], effort)
            if best is None or cost < best:
                best = cost
                for number, option in zip(self.rest, options, strict=True):
                    self.chosen[number] = option

    def _take_cheapest(self) -> None:
        """Greedy start: each field in turn takes the option that adds least."""
        weights = self.weights
        mask = self.fixed
        for number in self.rest:
            free = ~mask
            options = self.fields[number]
            best = options[0]
            extra, effort, turn = weights[best.mask & free], best.effort, best.round
            for option in options[1:]:
                rival = weights[option.mask & free]
                if rival > extra:
                    continue
                if rival < extra or (option.effort, option.round) < (effort, turn):
                    best, extra, effort, turn = option, rival, option.effort, option.round
            self.chosen[number] = best
            mask |= best.mask

    def _change_fields(self) -> bool:
        """Choose again for each field, given the current choice of all others."""
        weights, chosen = self.weights, self.chosen
        after = [0] * (len(self.rest) + 1)  # the fetches of all later fields
        for place in range(len(self.rest) - 1, -1, -1):
            after[place] = after[place + 1] | chosen[self.rest[place]].mask
        before, is_changed = self.fixed, False
        for place, number in enumerate(self.rest):
            open_ = ~(before | after[place + 1])
            best = chosen[number]
            extra, effort = weights[best.mask & open_], best.effort
            for option in self.fields[number]:
                rival = weights[option.mask & open_]
                if rival < extra or (rival == extra and option.effort < effort):
                    best, extra, effort, is_changed = option, rival, option.effort, True
            chosen[number] = best
            before |= best.mask
        return is_changed

    def _drop_requests(self) -> bool:
        """Try to eliminate each request that several fields share."""
        once = several = 0
        for number in self.rest:
            mask = self.chosen[number].mask
            several |= once & mask
            once |= mask
        # A request of a single field was already reconsidered together with that field.
        bits = several & ~self.fixed
        if bits.bit_count() > MAX_REQUESTS_TRIED:
            return False
        is_changed = False
        while bits:
            bit = bits & -bits
            bits ^= bit
            is_changed |= self._drop(bit)
        return is_changed

    def _drop(self, bit: int) -> bool:
        """Move all users of one request to options without it, if that lowers the cost."""
        weights, fields = self.weights, self.fields
        others, taken, effort = self.fixed, 0, 0
        users: list[int] = []
        for number in self.rest:
            option = self.chosen[number]
            if option.mask & bit:
                users.append(number)
                taken |= option.mask
                effort += option.effort
            else:
                others |= option.mask
        limit = (weights[taken & ~others], effort)
        replaced: list[Option] = []
        mask, cost, effort = others, 0, 0
        for number in users:
            best: Option | None = None
            least = (0, 0)
            for option in fields[number]:
                if not option.mask & bit:
                    rival = (weights[option.mask & ~mask], option.effort)
                    if best is None or rival < least:
                        best, least = option, rival
            if best is None:
                return False
            replaced.append(best)
            mask |= best.mask
            cost += least[0]
            effort += best.effort
            if cost > limit[0]:
                return False
        if (cost, effort) >= limit:
            return False
        for number, option in zip(users, replaced, strict=True):
            self.chosen[number] = option
        return True
