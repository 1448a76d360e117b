"""What a way to resolve a field costs."""

from graphql import GraphQLInt, GraphQLObjectType

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.candidates import HOP, Access, Condition, Option, Pick, Solution

LEAF = Field("x", "x", "T", GraphQLInt)
INNER = SelectionSet("Inner", frozenset({"Inner"}), (LEAF,))
COMPOSITE = Field("o", "o", "T", GraphQLObjectType("Inner", {}), selection=INNER)


def held(index: int) -> Access:
    """A source that has the object already."""
    return Access(index, "T", 0, 1 << index, base=index)


def child_of(*holders: int) -> Solution:
    """A solution that asks these holders, for a leaf each."""
    mask = sum(1 << holder for holder in holders)
    return Solution(mask, 0, tuple(Pick(LEAF, (held(holder),)) for holder in holders))


def test_a_combination_needs_the_requests_of_the_sources_that_it_asks_and_no_other() -> None:
    accesses = (held(0), held(1), held(2))

    assert Option.combined(accesses, child_of(0, 2)).mask == 0b101


def test_a_combination_from_sources_that_are_paid_already_needs_them_nevertheless() -> None:
    child = Solution(0, 0, child_of(0, 1).picks)

    assert Option.combined((held(0), held(1)), child).mask == 0b11


def test_each_source_of_a_combination_that_is_fetched_by_itself_counts_as_a_fetch() -> None:
    far = Access(1, "T", 1, 0b100, key=Condition(INNER, Solution(0, 0)))
    child = child_of(0)

    assert Option.combined((held(0), held(1)), child).effort == 0
    assert Option.combined((held(0), far), Solution(0b101, 1, child.picks)).effort == HOP


def test_the_holders_used_are_those_that_anything_of_a_solution_is_read_from() -> None:
    key = Condition(INNER, child_of(3))
    required = Condition(INNER, child_of(4))
    hop = Access(7, "T", 1, 1 << 9, key=key, requires=required)
    below = Solution(0, 0, (Pick(COMPOSITE, (held(5), held(6)), child=child_of(1)),))
    inner = Solution(0, 0, inner=child_of(0), held=(held(8),))
    member = Solution(0, 0, (Pick(LEAF, (held(9),)),))
    type_sources = Solution(0, 0, type_sources=(held(2),))

    assert child_of(0, 1).used_holders() == {0, 1}
    assert Solution(0, 1, (Pick(LEAF, (hop,)),)).used_holders() == {3, 4}
    assert below.used_holders() == {6}
    assert inner.used_holders() == {8}
    assert Solution(0, 0, members=(("M", member),)).used_holders() == {9}
    assert type_sources.used_holders() == {2}
