"""Normalization: documents in, merged selections out."""

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet
from trellis.router.operation.normalize import condition_variables, normalize

SCHEMA = build_schema("""
    type Query { node: Node  search(text: String, first: Int): [Hit]  book: Book }
    interface Node { id: ID!  name: String }
    type Book implements Node { id: ID!  name: String!  author: User  next: Hit }
    type User implements Node { id: ID!  name: String  author: User  next: Hit }
    union Hit = Book | User
""")


def normalized(document: str, **variables: object) -> NormalizedOperation:
    operation, fragments = _parts(document)
    return normalize(operation, SCHEMA, fragments, variables)


def _parts(
    document: str,
) -> tuple[OperationDefinitionNode, dict[str, FragmentDefinitionNode]]:
    definitions = parse(document).definitions
    operation = next(d for d in definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    return operation, fragments


def text(selection: SelectionSet) -> str:
    return "{ " + " ".join(_field(field) for field in selection.fields) + " }"


def _field(field: Field) -> str:
    shown = field.key if field.key == field.name else f"{field.key}: {field.name}"
    if field.argument_text:
        shown += f"({field.argument_text})"
    if field.types is not None:
        shown = "|".join(sorted(field.types)) + "." + shown
    return f"{shown} {text(field.selection)}" if field.selection else shown


def shown(document: str, **variables: object) -> str:
    return text(normalized(document, **variables).selection)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ book { id } book { name id } }", "{ book { id name } }"),
        ("{ book { ...F } } fragment F on Node { id ... on User { author { id } } }",
         "{ book { id } }"),
        ("{ node { id ... on Book { author { id } } } }",
         "{ node { id Book.author { id } } }"),
        ("{ node { ... on Book { id } ... on User { id } } }", "{ node { id } }"),
        ("{ node { id ... on Book { id } } }", "{ node { id } }"),
        ("{ search { ... on Book { x: id } ... on User { x: name } } }",
         "{ search { Book.x: id User.x: name } }"),
        ("{ node { ... on Book { author { id } } ... on User { author { name } } } }",
         "{ node { Book.author { id } User.author { name } } }"),
        ("{ search(text: \"a\\\"b\", first: 2) { __typename } }",
         '{ search(first: 2, text: "a\\"b") { __typename } }'),
    ],
)  # fmt: skip
def test_fragments_are_inlined_and_fields_merged(document: str, expected: str) -> None:
    assert shown(document) == expected


def test_runtime_types_are_apart_where_the_fields_type_differs() -> None:
    assert shown("{ node { name } }") == "{ node { Book.name User.name } }"


def test_what_is_asked_about_types_has_the_types_of_the_specification() -> None:
    document = '{ __typename __schema { description } __type(name: "A") { name } }'
    types = {field.key: str(field.type) for field in normalized(document).selection.fields}
    assert types == {"__typename": "String!", "__schema": "__Schema!", "__type": "__Type"}


def test_conditions_are_decided_and_reported() -> None:
    document = """query ($a: Boolean!, $b: Boolean!, $c: Boolean!) {
        book { id @skip(if: $a) name @include(if: $b) ...F @include(if: true) } }
        fragment F on Book { author @skip(if: $c) { id } }"""

    operation = normalized(document, a=True, b=True, c=False)

    assert text(operation.selection) == "{ book { name author { id } } }"
    assert operation.conditions == (("a", True), ("b", True), ("c", False))
    assert condition_variables(*_parts(document)) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("selection", "asked"),
    [
        ("book { id @skip(if: $v) }", {"v"}),
        ("... { book { id @include(if: $v) } }", {"v"}),
        ("... on Query @include(if: $v) { book { id } }", {"v"}),
        ("...F @skip(if: $v)", {"v", "w"}),
        ("...F", {"w"}),
        ("book @other(if: $v) { id(x: $v) @skip(if: true) }", set()),
    ],
)
def test_conditions_are_found_wherever_they_stand(selection: str, asked: set[str]) -> None:
    fragment = "fragment F on Query { ... { book { ... @skip(if: $w) { id } } } }"
    document = f"query ($v: Boolean!, $w: Boolean!) {{ {selection} }} {fragment}"
    assert condition_variables(*_parts(document)) == asked


def test_what_is_asked_about_the_schema_has_no_selection_but_its_text() -> None:
    document = "{ a: __schema @skip(if: false) { types { name } } book { id } }"

    operation = normalized(document)

    assert text(operation.selection) == "{ a: __schema book { id } }"
    assert [field.introspection.split() for field in operation.selection.fields] == [
        ["__schema", "{", "types", "{", "name", "}", "}"],
        [],
    ]
    assert operation.introspections == (operation.selection.fields[0].introspection,)


def test_equal_selections_are_one_object_so_chains_of_fragments_stay_small() -> None:
    links = [
        f"fragment F{n} on Hit {{ ... on Book {{ next {{ ...F{n + 1} }} }}"
        f" ... on User {{ next {{ ...F{n + 1} }} }} }}"
        for n in range(60)
    ]
    document = "{ search { ...F0 } } fragment F60 on Hit { __typename } " + " ".join(links)

    selection = normalized(document).selection
    depth = 0
    while (inner := selection.fields[0].selection) is not None:
        selection, depth = inner, depth + 1
        assert len(selection.fields) == 1

    assert depth == 61


def test_fragments_that_multiply_are_refused() -> None:
    # At depth d the fragments T{d}_{born} in force are any subset of those born above.
    depth = 17
    both = "a: next {{ ...T{0}_{1} }} b: next {{ ...T{0}_{1} }}"
    starts = [
        f"fragment S{d} on Book {{ a: next {{ ...S{d + 1} ...T{d + 1}_{d + 1} }}"
        f" b: next {{ ...S{d + 1} }} }}"
        for d in range(depth)
    ]
    followers = [
        f"fragment T{d}_{born} on Book {{ {both.format(d + 1, born)} }}"
        for d in range(1, depth)
        for born in range(1, d + 1)
    ]
    ends = [f"fragment T{depth}_{born} on Book {{ x{born}: id }}" for born in range(1, depth + 1)]
    last = f"fragment S{depth} on Book {{ id }}"
    document = " ".join(["{ book { ...S0 } }", *starts, *followers, *ends, last])

    with pytest.raises(PlanningLimit, match="more than 100000 fields"):
        normalized(document)
