"""Which executable directives travel on with the fields they were written on."""

from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from trellis.router.operation.model import Directed, Field, NormalizedOperation
from trellis.router.operation.normalize import normalize

SCHEMA = build_schema("""
    directive @mark(at: Int, as: [String]) repeatable on FIELD | INLINE_FRAGMENT
    directive @spread on FRAGMENT_SPREAD
    directive @cached on QUERY
    directive @deprecatedly on FIELD_DEFINITION
    type Query { a: Int b: Query @deprecatedly }
""")


def normalized(document: str) -> NormalizedOperation:
    definitions = parse(document).definitions
    operation = next(d for d in definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    return normalize(operation, SCHEMA, fragments, {"on": True})


def only(document: str) -> Field:
    (field,) = normalized(document).selection.fields
    return field


def test_own_ones_are_printed_with_their_variables() -> None:
    field = only('query ($x: Int) { a @mark(as: ["y"], at: $x) @skip(if: false) @mark }')

    assert field.directed == (Directed((), '@mark(as: ["y"], at: $x) @mark', ("x",)),)
    assert field.variables == ("x",)


def test_those_of_fragments_are_kept_from_the_outside_in() -> None:
    field = only(
        "{ ...F @mark(at: 1) } fragment F on Query { ... @mark(at: 2) { a @mark(at: 3) } }"
    )

    assert field.directed == (Directed(("@mark(at: 1)", "@mark(at: 2)"), "@mark(at: 3)"),)


def test_each_way_of_writing_a_field_counts_once() -> None:
    assert only("{ a a @mark a @mark ... @mark { a } }").directed == (
        Directed((), "@mark"),
        Directed(("@mark",)),
    )


def test_a_fragment_spread_with_and_without_counts_both_times() -> None:
    field = only("{ ...F ...F @mark } fragment F on Query { b { a } }")

    assert field.directed == (Directed(("@mark",)),)


def test_the_routers_own_ones_and_misplaced_ones_end_here() -> None:
    operation = normalized(
        "query ($on: Boolean!) @cached @mark(at: 1) @unknown { ...F @spread @include(if: $on) }"
        " fragment F on Query { a }"
    )

    assert [field.directed for field in operation.selection.fields] == [()]
    assert [(d.text, d.kinds) for d in operation.directives] == [("@cached", {"query"})]
