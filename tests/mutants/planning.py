"""Which tests are run against a mutant, and in which order: the likely killers first."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from tests.mutants.find import Mutant
from tests.mutants.messages import Limit
from tests.mutants.settings import mirror_distance
from tests.mutants.tests_map import Timed

_PROVEN = 4
_MIRRORED_SHARE = 0.5
_FILE_SHARE = 0.25
_NEAR = 1  # the mirrored file and its folder


def ordered_tests(
    mutant: Mutant, tests: Sequence[Timed], kills: Mapping[str, int], budget: float
) -> list[Timed]:
    """Tests that take at most ``budget`` seconds of processor time together.

    First the tests that have killed most of this file's mutants so far, then the mirrored files,
    then the others; quick tests before slow ones, with a cap for each file. Tests of one file stay
    together so that its fixtures are set up once.
    """
    proven = sorted((t for t in tests if kills.get(t.test)), key=lambda t: -kills[t.test])[:_PROVEN]
    chosen = list(dict.fromkeys(_grouped(proven)))
    spent = sum(test.cpu for test in chosen)
    for file, of_file in _by_file(mutant, [test for test in tests if test not in chosen]):
        is_near = mirror_distance(mutant.file, file) <= _NEAR
        left = budget * (_MIRRORED_SHARE if is_near else _FILE_SHARE)
        for test in sorted(of_file, key=lambda test: test.cpu):
            if test.cpu > left or spent + test.cpu > budget:
                break
            chosen.append(test)
            left -= test.cpu
            spent += test.cpu
    if not chosen and tests:  # one test over budget is better than none
        chosen.append(min(tests, key=lambda test: test.cpu))
    return chosen


def limit_of(test: Timed, fixtures: float) -> Limit:
    """Five times the usual CPU time, plus ``fixtures`` seconds: any test may be the first to set
    up session fixtures. The wall clock limit is only for tests that wait forever, as other
    programs may have the processor."""
    return Limit(test.test, 5 * test.cpu + fixtures, 20 * test.wall + 60)


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
