"""Federation 1 subgraphs: ``a`` is upgraded, mostly beside a ``b``."""

import pytest

from tests.support.composing import codes, federation_2, load
from trellis.router.composition.subgraph import SubgraphSchema


def upgraded(*sdls: str) -> SubgraphSchema:
    """The first of these subgraphs, as loaded beside the others."""
    schemas, errors = load(*sdls)
    assert errors == []
    return schemas[0]


def applied_on(subgraph: SubgraphSchema, coordinate: str) -> list[str]:
    """The directives applied on a type or field."""
    type_name, _, field_name = coordinate.partition(".")
    definition = subgraph.schema.types[type_name]
    element = definition.fields[field_name] if field_name else definition
    return [applied.name for applied in element.applied]


T = 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }'


def test_federation_2_stays_as_it_is():
    subgraph = upgraded(
        federation_2('extend type T @key(fields: "id") { id: ID! @external y: Int }'), T
    )

    assert applied_on(subgraph, "T.id") == ["external"]
    assert subgraph.schema.types["T"].has_extension


def test_an_extension_becomes_a_definition_that_resolves_its_key():
    subgraph = upgraded('extend type T @key(fields: "id") { id: ID! @external y: Int }', T)

    assert applied_on(subgraph, "T") == ["key"]
    assert applied_on(subgraph, "T.id") == []
    assert subgraph.schema.types["T"].has_definition
    assert not subgraph.schema.types["T"].has_extension
    assert not subgraph.schema.types["T"].fields["y"].on_extension


def test_extends_stays_on_a_definition():
    subgraph = upgraded('type T @extends @key(fields: "id") { id: ID! @external y: Int }', T)

    assert applied_on(subgraph, "T") == ["extends", "key"]
    assert applied_on(subgraph, "T.id") == []


def test_an_extension_without_key_resolves_the_first_key_of_others():
    other = 'type Query { t: T } type T @key(fields: "id") @key(fields: "x") { id: ID! x: Int }'
    extension = """
    extend type T { id: ID! @external x: Int @external y: Int @requires(fields: "x") }
    """

    subgraph = upgraded(extension, other)

    assert applied_on(subgraph, "T.id") == []
    assert applied_on(subgraph, "T.x") == ["external"]


def test_external_on_interfaces_and_types_means_nothing():
    subgraph = upgraded(
        """
        type Query { i: I }
        interface I { x: Int @external }
        type T implements I @external { x: Int }
        """
    )

    assert applied_on(subgraph, "I.x") == []
    assert applied_on(subgraph, "T") == []


def test_directives_on_interfaces_are_removed():
    subgraph = upgraded(
        """
        type Query { i: I }
        interface I @key(fields: "id") { id: ID! x: Int @requires(fields: "id") t: T
          @provides(fields: "y") }
        type T { y: Int }
        """
    )

    assert applied_on(subgraph, "I") == []
    assert applied_on(subgraph, "I.x") == []
    assert applied_on(subgraph, "I.t") == []


@pytest.mark.parametrize("fields", ['["e", "f"]', '"e f"'])
def test_lists_of_fields_become_a_string(fields):
    subgraph = upgraded(
        f"""
        type Query {{ q: Int }}
        extend type T @key(fields: id) {{
          id: ID! @external e: Int @external f: Int @external r: Int @requires(fields: {fields})
        }}
        """,
        'type T @key(fields: "id") { id: ID! e: Int f: Int }',
    )

    definition = subgraph.schema.types["T"]
    requires = subgraph.requires(definition.fields["r"])
    assert [key.fields for key in subgraph.keys(definition)] == ["id"]
    assert requires is not None
    assert requires.fields == "e f"


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("own", None),
        ("o { mine }", None),
        ("e own", "e"),
        ("e o { mine theirs }", "e o { theirs }"),
        ("e", "e"),
    ],
)
def test_requires_of_own_fields_have_no_effect(fields, kept):
    subgraph = upgraded(
        f"""
        type Query {{ q: Int }}
        extend type T @key(fields: "id") {{
          id: ID! @external
          e: Int @external
          own: Int
          o: O
          r: Int @requires(fields: "{fields}")
        }}
        type O {{ mine: Int theirs: Int @external }}
        """,
        'type T @key(fields: "id") { id: ID! e: Int } type O { theirs: Int }',
    )

    requires = subgraph.requires(subgraph.schema.types["T"].fields["r"])
    assert (requires.fields if requires else None) == kept


def test_provides_of_a_leaf_is_removed():
    subgraph = upgraded('type Query { q: Int @provides(fields: "x") }')

    assert applied_on(subgraph, "Query.q") == []


def test_unused_externals_are_removed():
    subgraph = upgraded(
        'extend type T @key(fields: "id") { id: ID! @external x: Int @external y: Int }', T
    )

    assert list(subgraph.schema.types["T"].fields) == ["id", "y"]


def test_a_type_of_unused_externals_goes_too():
    subgraph = upgraded(
        "type Query { q: Int } extend type P { x: Int @external }", "type P { x: Int }"
    )

    assert list(subgraph.schema.types) == ["Query"]


def test_unless_something_refers_to_it():
    assert codes("type Query { p: P } extend type P { x: Int @external }", "type P { x: Int }") == [
        "TYPE_WITH_ONLY_UNUSED_EXTERNAL"
    ]


def test_value_types_are_shared_when_others_have_them():
    subgraph = upgraded(
        "type Query { v: V w: W } type V { x: Int } type W { x: Int }", "type V { y: Int }"
    )

    assert applied_on(subgraph, "V") == ["shareable"]
    assert applied_on(subgraph, "W") == []


def test_fields_of_entities_and_roots_are_shared_when_others_resolve_them():
    subgraph = upgraded(
        'type Query { q: Int r: Int } type T @key(fields: "id") { id: ID! x: Int y: Int z: Int }',
        """
        type Query { q: Int }
        extend type T @key(fields: "id") { id: ID! @external x: Int z: Int @external w: Int
          @requires(fields: "z") }
        """,
    )

    assert applied_on(subgraph, "Query.q") == ["shareable"]
    assert applied_on(subgraph, "Query.r") == []
    assert applied_on(subgraph, "T.id") == []
    assert applied_on(subgraph, "T.x") == ["shareable"]
    assert applied_on(subgraph, "T.y") == []
    assert applied_on(subgraph, "T.z") == []


def test_subscriptions_are_never_shared():
    sdl = "type Query { q: Int } type Subscription { s: Int }"
    subgraph = upgraded(sdl, sdl)

    assert applied_on(subgraph, "Subscription.s") == []


@pytest.mark.parametrize(("tag", "kept"), [("same", []), ("other", ["tag"])])
def test_a_tag_on_an_external_field_is_that_of_the_owner(tag, kept):
    subgraph = upgraded(
        f"""
        extend type T @key(fields: "id") {{
          id: ID! @external
          x: Int @external @tag(name: "{tag}")
          r: Int @requires(fields: "x")
        }}
        """,
        'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @tag(name: "same") }',
    )

    assert [n for n in applied_on(subgraph, "T.x") if n == "tag"] == kept


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (["type Query { q: Int }"], ["EXTENSION_WITH_NO_BASE"]),
        ([T], []),
        ([federation_2(T)], []),
    ],
)
def test_somebody_defines_what_is_extended(others, expected):
    assert (
        codes('extend type T @key(fields: "id") { id: ID! @external y: Int }', *others) == expected
    )


def test_a_keyed_interface_cannot_serve_an_interface_object():
    federation_1 = """
    type Query { i: I }
    interface I @key(fields: "id") { id: ID! }
    type T implements I @key(fields: "id") { id: ID! }
    """
    other = federation_2('type I @interfaceObject @key(fields: "id") { id: ID! x: Int }')

    assert codes(federation_1, other) == ["INTERFACE_OBJECT_USAGE_ERROR"]
    assert codes(federation_1, other.replace("type I", "type J")) == []


def test_what_is_left_is_validated():
    assert codes('type Query { t: T } type T @key(fields: "no") { id: ID! }') == [
        "KEY_INVALID_FIELDS"
    ]


def test_the_subgraphs_as_given_decide_for_all():
    both = """
    type Query { v: V }
    type V { x: Int }
    extend type T @key(fields: "id") { id: ID! @external }
    """
    schemas, errors = load(both, both.replace("v: V", "w: V"), T)

    assert errors == []
    assert [applied_on(schema, "V") for schema in schemas[:2]] == [["shareable"], ["shareable"]]
