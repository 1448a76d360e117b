"""In which order objects of each runtime type answer."""

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from trellis.router.operation.model import SelectionSet
from trellis.router.operation.normalize import normalize

SCHEMA = build_schema("""
    type Query { any: Any has: Has one: A }
    union Any = A | B | C
    interface Has { x: Int y: Int to: Has }
    type A implements Has { x: Int y: Int to: Has a: Int }
    type B implements Has { x: Int y: Int to: Has b: Int }
    type C implements Has { x: Int y: Int to: Has c: Int }
""")


def selection(document: str, **variables: object) -> SelectionSet:
    """What is asked of the operation's only field."""
    definitions = parse(document).definitions
    operation = next(d for d in definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    (field,) = normalize(operation, SCHEMA, fragments, variables).selection.fields
    assert field.selection is not None
    return field.selection


def orders(document: str, **variables: object) -> dict[str, str]:
    found = selection(document, **variables).orders
    return {"|".join(sorted(order.types)): " ".join(order.keys) for order in found}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        # what all types meet in the order of the document
        ("{ one { x y x } }", {}),
        ("{ has { x y ... on A { a } ... on B { b x } } }", {}),
        ("{ any { ... on A { x a } ... on B { x b } } }", {}),
        ("{ any { ... on A { x y } ... on B { y } ... on C { c } } }", {}),
        # two types, two orders
        ("{ any { ... on A { x y } ... on B { y x } } }", {"B": "y x"}),
        ("{ any { ... on A { x } ... on B { y x } ... on C { y x } } }", {"B|C": "y x"}),
        ("{ any { ... on A { x } ... on B { y c: b x } ... on C { y c x } } }", {"B|C": "y c x"}),
        ("{ any { ... on A { x y } ... on B { y x } ... on C { c y x } } }",
         {"B": "y x", "C": "c y x"}),
        # a fragment on one type brings forward what all are asked later
        ("{ has { ... on A { y } x y } }", {"B|C": "x y"}),
        ("{ has { ... on A { y } ... on B { x } x y } }", {"B|C": "x y"}),
        ("{ has { y ... on A { y x } x } }", {}),
        # the response key counts, not the field
        ("{ any { ... on A { k: x l: y } ... on B { l: x k: y } } }", {"B": "l k"}),
        ("{ any { ... on A { __typename x } ... on B { x __typename } } }", {"B": "x __typename"}),
        # fragments within fragments, and what is left out
        ("{ any { ... on Has { ... on A { x } y x } } }", {"B|C": "y x"}),
        ("{ any { ...F ... on B { y ...F } } } fragment F on A { x }", {}),
        ("{ any { ... on A { ...F } ... on B { y ...F } } } fragment F on Has { x }",
         {"B": "y x"}),
        ("{ any { ... on A @skip(if: true) { x y } ... on B { y x } } }", {}),
    ],
)  # fmt: skip
def test_a_type_has_an_order_of_its_own_where_its_objects_meet_the_keys_otherwise(
    document: str, expected: dict[str, str]
) -> None:
    assert orders(document) == expected


def test_a_condition_decides_about_the_order() -> None:
    document = "query ($on: Boolean!) { has { ... on A @include(if: $on) { y } x y } }"

    assert orders(document, on=True) == {"B|C": "x y"}
    assert orders(document, on=False) == {}


def test_selections_that_differ_only_in_order_stay_apart() -> None:
    here = selection("{ has { to { ... on A { y } x y } ... on A { a } } }")
    merged = selection("{ has { ... on A { to { ... on A { y } x y } } ... on B { to { x y } } } }")

    (to,) = [field.selection for field in here.fields if field.key == "to"]
    first, second = [field.selection for field in merged.fields if field.key == "to"]

    assert to is not None and first is not None and second is not None
    assert [order.keys for order in to.orders] == [("x", "y")]
    assert [order.keys for order in first.orders] == [("x", "y")]
    assert second.orders == ()


def test_the_fields_of_all_types_are_asked_as_before() -> None:
    found = selection("{ has { ... on A { x y } ... on B { y x } ... on C { y x } } }")

    assert [(field.key, field.types) for field in found.fields] == [("x", None), ("y", None)]
    assert [order.types for order in found.orders] == [frozenset("BC")]
