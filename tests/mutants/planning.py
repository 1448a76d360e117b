"""Which tests are run against a mutant, and in which order: the likely killers first."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest

from tests.mutants.find import Mutant
from tests.mutants.messages import Limit
from tests.mutants.settings import mirror_distance
from tests.mutants.tests_map import Timed

_PROVEN = 4
# Of the budget, by distance: the mirrored file, its folder, all others; with what was left before.
_SHARES = (0.5, 0.8, 1.0)


def ordered_tests(
    mutant: Mutant, tests: Sequence[Timed], kills: Mapping[str, int], budget: float
) -> list[Timed]:
    """Tests that take at most ``budget`` seconds of processor time together.

    First the tests that have killed most of this file's mutants so far, then the mirrored file,
    its folder and the others; quick tests before slow ones. The files of a folder take turns, as
    the budget may end with a tenth of their tests. Tests of one file stay together so that its
    fixtures are set up once.
    """
    proven = sorted((t for t in tests if kills.get(t.test)), key=lambda t: -kills[t.test])[:_PROVEN]
    chosen = list(dict.fromkeys(_grouped(proven)))
    spent = sum(test.cpu for test in chosen)
    by_file = _by_file(mutant, [test for test in tests if test not in chosen])
    for distance, share in enumerate(_SHARES):
        files = [
            of_file
            for file, of_file in by_file
            if min(mirror_distance(mutant.file, file), len(_SHARES) - 1) == distance
        ]
        added, cost = _in_turns(files, budget * share - spent)
        chosen += _grouped(added)
        spent += cost
    if not chosen and tests:  # one test over budget is better than none
        chosen.append(min(tests, key=lambda test: test.cpu))
    return chosen


def _in_turns(files: Sequence[Sequence[Timed]], budget: float) -> tuple[list[Timed], float]:
    """One test of each file, then the next of each, as long as they cost no more than ``budget``;
    and what they cost."""
    chosen: list[Timed] = []
    spent = 0.0
    for turn in zip_longest(*(sorted(file, key=lambda test: test.cpu) for file in files)):
        for test in turn:
            if test is not None and spent + test.cpu <= budget:
                chosen.append(test)
                spent += test.cpu
    return chosen, spent


def limit_of(test: Timed, fixtures: float) -> Limit:
    """Five times the usual CPU time, plus ``fixtures`` seconds: any test may be the first to set
    up session fixtures. The wall clock limit is only for tests that wait forever, as other
    programs may have the processor."""
    return Limit(test.test, 5 * test.cpu + fixtures, 20 * test.wall + 20)


def without_files_beyond(tests: Sequence[Timed], count: int) -> list[Timed]:
    """The tests of the first ``count`` files; importing a file has a cost of its own."""
    files = list(dict.fromkeys(test.file for test in tests))[:count]
    return [test for test in tests if test.file in files]


def kills_by_file(killers: Collection[tuple[str, str]]) -> dict[str, Counter[str]]:
    """How many mutants of each source file each test has killed; pairs of file and test."""
    kills: dict[str, Counter[str]] = defaultdict(Counter)
    for file, test in killers:
        kills[file][test] += 1
    return kills


def _by_file(mutant: Mutant, tests: Sequence[Timed]) -> list[tuple[str, list[Timed]]]:
    files: dict[str, list[Timed]] = defaultdict(list)
    for test in tests:
        files[test.file].append(test)

    def cost(entry: tuple[str, list[Timed]]) -> tuple[int, float]:
        file, of_file = entry
        return mirror_distance(mutant.file, file), min(test.cpu for test in of_file)

    return sorted(files.items(), key=cost)


def _grouped(tests: Sequence[Timed]) -> list[Timed]:
    files = list(dict.fromkeys(test.file for test in tests))
    return sorted(tests, key=lambda test: files.index(test.file))
