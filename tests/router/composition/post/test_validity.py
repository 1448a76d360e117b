"""Rules of GraphQL that every subgraph keeps and the merged schema would break."""

import pytest

from tests.support.merging import merge_errors, merge_of


def messages(*sdls: str) -> list[str]:
    return [error.message for error in merge_of(*sdls).errors]


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ("enum E { X Y } type T { f(e: E = Y): Int }", "enum E { X } type U { g(e: E): Int }", "e"),
        ("input I { x: Int y: Int } type T { f(i: I = {y: 1}): Int }", "input I { x: Int }", "i"),
        ("input I { x: Int } type T { f(i: I = {}): Int }", "input I { x: Int! }", "i"),
        ("input I { x: [Int] } type T { f(i: I = {x: [null]}): Int }",
         "input I { x: [Int!] }", "i"),
        ("input I { x: Int y: Int } type T { f(i: [I] = [{x: 1, y: 1}]): Int }",
         "input I @oneOf { x: Int y: Int }", "i"),
        # Required once merged, though required by neither of them.
        ("input I { x: Int! = 1 } type T { f(i: I = {}): Int }", "input I { x: Int }", "i"),
    ],
)  # fmt: skip
def test_default_values_fit_the_merged_types(one, other, place):
    assert merge_errors(one, other) == [("INVALID_GRAPHQL", f"T.f({place}:)")]


def test_default_values_of_input_fields_fit_the_merged_types():
    assert merge_errors(
        "enum E { X Y } input I { e: [E!] = [X, Y] }", "enum E { X } type T { f(e: E): Int }"
    ) == [("INVALID_GRAPHQL", "I.e")]


def test_default_values_of_directives_fit_the_merged_types():
    directive = "directive @d(i: I = {x: {y: 1}}) on FIELD input I { x: J } input J { y: Int %s }"

    assert merge_errors(directive % "", directive % "z: Int") == []
    assert merge_errors(directive % "", directive % "z: Int! = 1") == []
    assert (
        merge_errors(
            "directive @d(i: I = {y: 1}) on FIELD input I { x: Int y: Int }",
            "directive @d(i: I = {y: 1}) on FIELD input I { x: Int y: Int } type T { f: Int }",
            "directive @d(i: I = {y: 1}) on FIELD input I @oneOf { x: Int y: Int z: Int }",
        )
        == []
    )
    composed = """
    extend schema @link(url: "https://own.example/own/v1.0", import: ["@own"])
      @composeDirective(name: "@own")
    directive @own(e: E = Y) on FIELD_DEFINITION
    enum E { X Y }
    """
    assert merge_errors(composed, "enum E { X } type T { f(e: E): Int }") == [
        ("INVALID_GRAPHQL", "@own(e:)")
    ]


def test_a_default_value_is_told_with_who_has_it_and_who_refuses_it():
    assert messages(
        "enum E { X Y } type T { f(e: E = Y): Int }", "enum E { X } type U { g(e: E): Int }"
    ) == [
        'Once merged: The default value of "T.f(e:)" of type E cannot be Y. T.f(e:) is E = Y in'
        ' subgraph "a"; the value is not accepted by subgraph "b". The graph accepts only what all'
        " subgraphs accept: change the default value, or let the types of its parts be the same"
        " everywhere."
    ]


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        (
            "type T { f(a: Int @deprecated): Int @shareable }",
            "type T { f(a: Int!): Int @shareable }",
            "T.f(a:)",
        ),
        ("input I { x: Int @deprecated y: Int }", "input I { x: Int! y: Int }", "I.x"),
        (
            "input I { x: Int! = 1 @deprecated y: Int }",
            "input I { x: Int y: Int }",
            "I.x",
        ),
        (
            "directive @d(a: Int @deprecated) on FIELD",
            "directive @d(a: Int!) on FIELD",
            "@d(a:)",
        ),
    ],
)
def test_what_merging_makes_required_is_not_deprecated(one, other, place):
    assert merge_errors(one, other) == [("INVALID_GRAPHQL", place)]


def test_required_and_deprecated_is_told_with_who_says_which():
    assert messages("input I { x: Int @deprecated }", "input I { x: Int! }") == [
        'Once merged: "I.x" is required and cannot be deprecated. I.x is Int @deprecated in'
        ' subgraph "a", Int! in subgraph "b". Make it optional everywhere, or remove @deprecated.'
    ]


@pytest.mark.parametrize("field", ["x: Int!", "x: Int! = 1"])
def test_fields_of_a_merged_one_of_input_stay_nullable(field):
    one_of = "input I @oneOf { x: Int y: Int }"

    assert merge_errors(one_of, f"input I {{ {field} y: Int }}") == [("INVALID_GRAPHQL", "I.x")]


def test_a_default_that_only_others_have_does_not_reach_a_one_of_input():
    assert merge_errors("input I @oneOf { x: Int }", "input I { x: Int = 1 }") == []


def test_inputs_come_to_an_end_once_merged():
    assert messages("input A { b: B! } input B { a: A }", "input A { b: B } input B { a: A! }") == [
        'Once merged: Input object "A" cannot be given a finite value: it needs another one of'
        " itself in A.b, B.a. Make one of these fields optional, or a list. A.b is B! in subgraph"
        ' "a", B in subgraph "b"; B.a is A in subgraph "a", A! in subgraph "b". What one subgraph'
        " requires, the graph requires."
    ]


def test_a_one_of_input_has_a_way_out_once_merged():
    assert merge_errors("input A @oneOf { a: A x: Int }", "input A { a: A }") == [
        ("INVALID_GRAPHQL", "A.a")
    ]


def test_default_values_come_to_an_end_once_merged():
    # Only what is hidden may be missing in some subgraphs, and bring new parts together.
    assert merge_errors(
        "input A { x: Int b: B = {} @inaccessible } input B { x: Int }",
        "input A { x: Int } input B { x: Int a: A = {} @inaccessible }",
    ) == [("INVALID_GRAPHQL", "A.b")]


def test_interfaces_do_not_implement_each_other_once_merged():
    first = "interface I implements J { x: Int } interface J { x: Int }"
    second = "interface J implements I { x: Int } interface I { x: Int }"

    assert merge_errors(first, second) == [("INVALID_GRAPHQL", "I"), ("INVALID_GRAPHQL", "J")]
    assert messages(first, second)[0] == (
        'Once merged: Interface "I" cannot implement "J", which implements it. I is interface I'
        ' implements J in subgraph "a", interface I in subgraph "b"; J is interface J in subgraph'
        ' "a", interface J implements I in subgraph "b". Let the subgraphs agree on the interface'
        " and on what implements it."
    )


def test_interfaces_do_not_implement_each_other_by_way_of_a_third():
    assert merge_errors(
        "interface I implements J { x: Int } interface J { x: Int }",
        "interface J implements K { x: Int } interface K { x: Int }",
        "interface K implements I { x: Int } interface I { x: Int }",
    ) == [("INVALID_GRAPHQL", name) for name in "IIJJKK"]


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        (
            "interface I { x: Int! } type T implements I { x: Int! @shareable }",
            "type T { x: Int @shareable }",
            "T.x",
        ),
        (
            "interface I { x(a: Int): Int } type T implements I { x(a: Int): Int @shareable }",
            "type T { x: Int @shareable }",
            "T.x(a:)",
        ),
        (
            "interface I { x(a: Int): Int } type T implements I { x(a: Int): Int @shareable }",
            "type T { x(a: Int!): Int @shareable }",
            "T.x(a:)",
        ),
        (
            "interface I { x: Int } type T implements I { x(a: Int): Int @shareable }",
            "type T { x(a: Int!): Int @shareable }",
            "T.x(a:)",
        ),
    ],
)
def test_types_and_arguments_still_fit_the_interface_once_merged(one, other, place):
    assert merge_errors(one, other) == [("INVALID_GRAPHQL", place)]


def test_an_argument_that_merging_dropped_is_told_with_who_lacks_it():
    assert messages(
        "interface I { x(a: Int): Int } type T implements I { x(a: Int): Int @shareable }",
        "type T { x: Int @shareable }",
    ) == [
        'Once merged: Argument "I.x(a:)" is missing on "T.x", which implements that interface.'
        ' T.x(a:) is Int in subgraph "a", missing in subgraph "b"; I.x(a:) is Int in subgraph "a".'
        " Let the subgraphs agree on the interface and on what implements it."
    ]


def test_a_violation_knows_its_places_in_every_subgraph():
    (error,) = merge_of("input I { x: Int @deprecated }", "input I { x: Int! }").errors

    assert [place.subgraph for place in error.places] == ["a", "b"]
