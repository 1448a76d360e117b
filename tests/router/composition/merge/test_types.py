import pytest

from tests.support.merging import merge_errors, merge_hints, merge_of, merged_type


def test_a_type_says_each_subgraph_and_key_it_comes_from():
    assert (
        merged_type(
            "T",
            'type T @key(fields: "id") @key(fields: "x") { id: ID! x: Int }',
            'type T @key(fields: "id", resolvable: false) { id: ID! }',
        )
        == """\
type T
  @join__type(graph: A, key: "id")
  @join__type(graph: A, key: "x")
  @join__type(graph: B, key: "id", resolvable: false)
{
  id: ID!
  x: Int @join__field(graph: A)
}"""
    )


def test_an_extension_is_marked():
    assert '@join__type(graph: B, key: "id", extension: true)' in merged_type(
        "T",
        'type T @key(fields: "id") { id: ID! }',
        'extend type T @key(fields: "id") { id: ID! }',
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("type T { x: Int }", "input T { x: Int }"),
        ("scalar T", "enum T { X }"),
        ("interface T { x: Int }", "type T { x: Int }"),
        ("union T = U type U { x: Int }", "type T { x: Int }"),
    ],
)
def test_one_name_has_one_kind(one, other):
    assert ("TYPE_KIND_MISMATCH", "T") in merge_errors(one, other)


@pytest.mark.parametrize("operation", ["mutation", "subscription"])
@pytest.mark.parametrize("ordinary", ["type {} {{ x: Int }}", "enum {} {{ X }}", "scalar {}"])
def test_a_root_type_of_one_subgraph_is_no_ordinary_type_of_another(operation, ordinary):
    root = operation.capitalize()
    schema = "schema { query: Query } "
    using = schema + ordinary.format(root)
    offering = f"type {root} {{ do: Int }}"

    for sdls in (using, offering), (offering, using):
        assert merge_errors(*sdls) == [(f"ROOT_{operation.upper()}_USED", root)]
    renamed = f"schema {{ query: Query {operation}: Do }} type Do {{ do: Int }}"
    assert merge_errors(using, renamed) == [(f"ROOT_{operation.upper()}_USED", root)]
    assert merge_errors(using, "type V { x: Int }") == []


def test_an_ordinary_type_called_query_is_no_root_elsewhere():
    # Every subgraph has a query root, if only for its entities.
    assert merge_errors("schema { mutation: Mutation } type Mutation { x: Int }", "scalar S") == [
        ("ROOT_QUERY_USED", "Query")
    ]


def test_both_sides_of_a_root_that_is_none_elsewhere_are_named():
    merge = merge_of("schema { query: Query } type Mutation { x: Int }", "type Mutation { y: Int }")

    assert [error.message for error in merge.errors] == [
        '"Mutation" is the mutation root type in subgraph "b", and a type that is no root in '
        'subgraph "a": name the type differently, or declare "mutation: Mutation" in the schema '
        "there."
    ]


def test_a_type_that_is_only_extended_lacks_a_base():
    extension = 'extend type T @key(fields: "id") { id: ID! }'

    assert merge_errors(extension, extension) == [("EXTENSION_WITH_NO_BASE", "T")]


def test_the_base_must_be_of_the_same_kind():
    assert merge_errors("extend type T { x: Int }", "input T { x: Int }") == [
        ("EXTENSION_WITH_NO_BASE", "T"),
        ("TYPE_KIND_MISMATCH", "T"),
    ]


def test_extends_on_a_definition_needs_no_base():
    assert merge_errors('type T @extends @key(fields: "id") { id: ID! }') == []


def test_interfaces_are_those_of_any_subgraph():
    assert (
        merged_type(
            "T",
            "interface I { x: Int } type T implements I { x: Int @shareable }",
            "interface J { x: Int } type T implements J { x: Int @shareable }",
        )
        == """\
type T implements I & J
  @join__implements(graph: A, interface: "I")
  @join__implements(graph: B, interface: "J")
  @join__type(graph: A)
  @join__type(graph: B)
{
  x: Int
}"""
    )


def test_what_an_interface_implements_its_types_implement():
    sdls = (
        "interface Node { id: ID } interface Res implements Node { id: ID }",
        "interface Res { id: ID } type X implements Res { id: ID }",
    )

    assert (
        merged_type("X", *sdls)
        == """\
type X implements Res & Node
  @join__implements(graph: B, interface: "Res")
  @join__type(graph: B)
{
  id: ID
}"""
    )


def test_interfaces_of_interfaces_are_completed_at_any_distance():
    sdls = (
        "interface A { id: ID } interface B implements A { id: ID }",
        "interface B { id: ID } interface C implements B { id: ID }",
        "interface C { id: ID } type X implements C { id: ID }",
    )

    assert merged_type("X", *sdls).startswith("type X implements C & B & A\n")
    assert merged_type("C", *sdls).startswith("interface C implements B & A\n")


def test_the_implementations_of_an_interface_object_implement_its_interfaces():
    sdls = (
        'interface Media @key(fields: "id") { id: ID! }'
        ' type Book implements Media @key(fields: "id") { id: ID! }',
        "interface Node { id: ID! }"
        ' type Media implements Node @interfaceObject @key(fields: "id") { id: ID! }',
    )

    assert merged_type("Book", *sdls).startswith("type Book implements Media & Node\n")


def test_the_most_frequent_description_wins():
    sdls = ['"""one""" scalar S', '"""two""" scalar S', '"""two""" scalar S', "scalar S"]

    assert merged_type("S", *sdls).startswith('"""two"""\nscalar S\n')
    assert merge_hints(*sdls) == [("INCONSISTENT_DESCRIPTION", "S")]


def test_the_first_description_wins_a_tie():
    assert merged_type("S", '"""one""" scalar S', '"""two""" scalar S').startswith('"""one"""\n')


def test_a_query_type_belongs_to_every_subgraph():
    assert "@join__type(graph: B)" in merged_type("Query", "scalar S", "scalar S")
