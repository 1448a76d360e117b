from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.router.requirements import FREE, Alternatives, Requirement, all_of, both

NAMES = "abcd"
CALLERS = [frozenset(held) for size in range(5) for held in combinations(NAMES, size)]
alternatives = st.frozensets(st.frozensets(st.sampled_from(NAMES), max_size=3), max_size=4)


def passes(caller: frozenset[str], needed: Alternatives) -> bool:
    return any(names <= caller for names in needed)


@given(alternatives, alternatives)
def test_both_lets_pass_exactly_the_callers_that_each_lets_pass(
    one: Alternatives, other: Alternatives
):
    for caller in CALLERS:
        assert passes(caller, both(one, other)) == (passes(caller, one) and passes(caller, other))


@given(alternatives, alternatives)
def test_one_requirement_implies_another_that_every_caller_meets_who_meets_the_first(
    one: Alternatives, other: Alternatives
):
    is_implied = all(passes(caller, other) for caller in CALLERS if passes(caller, one))
    assert Requirement(scopes=one).implies(Requirement(scopes=other)) == is_implied


def dnf(*alternatives: str) -> Alternatives:
    return frozenset(frozenset(names) for names in alternatives)


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (dnf("a", "b"), dnf("c"), dnf("ac", "bc")),
        (dnf("a"), dnf("a"), dnf("a")),
        (dnf("a", "b"), dnf("a"), dnf("a")),
        (dnf("ab"), dnf("c", "a"), dnf("ab")),
        (dnf(""), dnf("a"), dnf("a")),
        (dnf(), dnf("a"), dnf()),
    ],
)
def test_conjunction_distributes_and_absorbs(
    left: Alternatives, right: Alternatives, both: Alternatives
):
    assert (Requirement(scopes=left) & Requirement(scopes=right)).scopes == both


SIGNED_IN = Requirement(authenticated=True)
SCOPES, POLICIES = Requirement(scopes=dnf("a")), Requirement(policies=dnf("p"))
EVERYTHING = Requirement(authenticated=True, scopes=dnf("a"), policies=dnf("p"))


@pytest.mark.parametrize("order", list(permutations([SIGNED_IN, SCOPES, POLICIES])))
def test_a_conjunction_asks_for_all_of_its_parts_in_any_order(order: tuple[Requirement, ...]):
    assert all_of(order) == EVERYTHING
    assert EVERYTHING & FREE == FREE & EVERYTHING == EVERYTHING


@pytest.mark.parametrize(
    ("stronger", "weaker", "is_implied"),
    [
        (Requirement(authenticated=True), FREE, True),
        (FREE, Requirement(authenticated=True), False),
        (Requirement(authenticated=True), Requirement(authenticated=True), True),
        (Requirement(authenticated=True, scopes=dnf("a")), Requirement(authenticated=True), True),
        (Requirement(scopes=dnf("a")), Requirement(authenticated=True), False),
        (Requirement(policies=dnf("a")), Requirement(policies=dnf("b")), False),
        (Requirement(scopes=dnf("ab")), Requirement(scopes=dnf("a")), True),
        (Requirement(scopes=dnf("a", "b")), Requirement(scopes=dnf("a")), False),
        (Requirement(scopes=dnf("a")), Requirement(scopes=dnf("a", "b")), True),
        (Requirement(scopes=dnf("a")), Requirement(policies=dnf("a")), False),
        (Requirement(scopes=dnf()), Requirement(scopes=dnf("a")), True),
    ],
)
def test_implication_holds_for_every_alternative(
    stronger: Requirement, weaker: Requirement, is_implied: bool
):
    assert stronger.implies(weaker) is is_implied


@pytest.mark.parametrize(
    ("requirement", "signed_in", "is_admin", "scopes", "policies", "is_met"),
    [
        (FREE, False, False, "", "", True),
        (Requirement(authenticated=True), False, False, "", "", False),
        (Requirement(authenticated=True), True, False, "", "", True),
        (Requirement(scopes=dnf("ab", "c")), True, False, "a", "", False),
        (Requirement(scopes=dnf("ab", "c")), True, False, "ab", "", True),
        (Requirement(scopes=dnf("ab", "c")), True, False, "c", "", True),
        (Requirement(scopes=dnf("ab", "c")), True, True, "", "", True),
        (Requirement(scopes=dnf()), True, True, "abc", "", False),
        (Requirement(policies=dnf("p")), True, True, "", "", False),
        (Requirement(policies=dnf("p")), True, False, "", "p", True),
        (Requirement(scopes=dnf("a"), policies=dnf("p")), True, False, "a", "", False),
    ],
)
def test_a_requirement_is_met_by_the_right_callers(
    requirement: Requirement,
    signed_in: bool,
    is_admin: bool,
    scopes: str,
    policies: str,
    is_met: bool,
):
    verdict = requirement.is_met_by(signed_in, is_admin, frozenset(scopes), frozenset(policies))
    assert verdict is is_met


def test_a_requirement_reads_as_a_sentence_part():
    requirement = all_of(
        [Requirement(authenticated=True), Requirement(scopes=dnf("ab", "c"), policies=dnf("p"))]
    )
    assert str(requirement) == "a signed-in caller and scopes a + b or c and policies p"
