from hypothesis import given
from hypothesis import strategies as st

from trellis.router.composition.merge.dnf import (
    NOTHING,
    Requirement,
    both,
    read_requirement,
    write_requirement,
)
from trellis.router.composition.values import print_value

names = st.frozensets(st.sampled_from("abcd"), max_size=3)
requirements = st.builds(Requirement.of, st.lists(names, min_size=1, max_size=4))
callers = st.frozensets(st.sampled_from("abcd"))


def passes(caller: frozenset[str], requirement: Requirement) -> bool:
    return any(wanted <= caller for wanted in requirement.alternatives)


@given(requirements, requirements, callers)
def test_both_lets_pass_whom_each_lets_pass(one, other, caller):
    assert passes(caller, both([one, other])) == (passes(caller, one) and passes(caller, other))


@given(requirements, requirements)
def test_implication_holds_for_every_caller(one, other):
    everybody = [frozenset(c) for c in ("", "a", "b", "c", "d", "ab", "ac", "ad", "bc", "bd", "cd")]
    everybody += [frozenset(c) for c in ("abc", "abd", "acd", "bcd", "abcd")]

    assert one.implies(other) == all(passes(c, other) for c in everybody if passes(c, one))


@given(requirements)
def test_reading_gives_what_was_written(requirement):
    assert read_requirement(write_requirement(requirement)) == requirement


def test_shorter_alternatives_come_first():
    requirement = Requirement.of([frozenset("ba"), frozenset("c"), frozenset("cd")])

    assert print_value(write_requirement(requirement)) == '[["c"], ["a", "b"]]'


def test_nothing_is_required_by_an_empty_list():
    assert read_requirement(None) == NOTHING
