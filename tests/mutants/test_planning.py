"""The order in which tests are asked."""

from tests.mutants.find import Mutant, find_mutants
from tests.mutants.planning import kills_by_file, limit_of, ordered_tests
from tests.mutants.source import Source
from tests.mutants.tests_map import Timed

MUTANT: Mutant = find_mutants(Source("router/identity/keys.py", "def f(a):\n    return a > 1\n"))[0]


def timed(name: str, cpu: float) -> Timed:
    return Timed(f"tests/{name}", cpu, cpu)


MIRRORED = [
    timed("router/identity/test_keys.py::slow", 2.0),
    timed("router/identity/test_keys.py::quick", 1.0),
]
BESIDE = [timed("router/identity/test_claims.py::one", 0.5)]
FAR = [timed("db/test_relay.py::one", 0.1), timed("db/test_relay.py::two", 3.0)]


def names(budget: float, kills: dict[str, int] | None = None) -> list[str]:
    tests = ordered_tests(MUTANT, [*FAR, *BESIDE, *MIRRORED], kills or {}, budget)
    return [test.test.removeprefix("tests/").removeprefix("router/identity/") for test in tests]


def test_the_mirrored_file_comes_first_then_its_folder_and_quick_tests_before_slow_ones():
    assert names(100) == [
        "test_keys.py::quick",
        "test_keys.py::slow",
        "test_claims.py::one",
        "db/test_relay.py::one",
        "db/test_relay.py::two",
    ]


def test_tests_that_have_killed_most_in_this_file_come_before_all():
    assert names(100, {FAR[1].test: 3, BESIDE[0].test: 1})[:2] == [
        "db/test_relay.py::two",
        "test_claims.py::one",
    ]


def test_the_budget_ends_the_list_and_no_file_has_it_all():
    assert names(3) == ["test_keys.py::quick", "test_claims.py::one", "db/test_relay.py::one"]


def test_the_files_of_a_folder_take_turns():
    files = [
        [timed(f"router/identity/test_{name}.py::{number}", 1) for number in (1, 2, 3)]
        for name in "ab"
    ]

    tests = ordered_tests(MUTANT, [*files[0], *files[1]], {}, 5)

    assert tests == [*files[0][:2], *files[1][:2]]


def test_a_test_that_alone_exceeds_the_budget_is_asked_when_there_is_no_other():
    tests = ordered_tests(MUTANT, [FAR[1]], {}, 1)

    assert tests == [FAR[1]]


def test_kills_are_counted_by_source_file():
    kills = kills_by_file([("a.py", "one"), ("a.py", "one"), ("b.py", "one")])

    assert kills == {"a.py": {"one": 2}, "b.py": {"one": 1}}


def test_a_test_hangs_when_it_takes_several_times_what_it_takes_otherwise():
    limit = limit_of(Timed("t", 2.0, 3.0), fixtures=8)

    assert (limit.cpu, limit.wall) == (18.0, 80.0)
