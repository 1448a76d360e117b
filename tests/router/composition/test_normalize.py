import pytest

from tests.support.composing import federation_2, load_one
from trellis.router.composition.values import print_directive


def test_roots_get_their_default_names():
    subgraph = load_one(
        """
        schema { query: Q mutation: M }
        type Q { q: U }
        type M { make(x: Int): [Q!]! }
        union U = Q | T
        type T { back: Q }
        """
    )

    types = subgraph.schema.types
    assert subgraph.schema.roots == {"query": "Query", "mutation": "Mutation"}
    assert list(types) == ["Query", "Mutation", "U", "T"]
    assert types["Query"].name == "Query"
    assert str(types["Mutation"].fields["make"].type) == "[Query!]!"
    assert types["U"].members == ["Query", "T"]
    assert str(types["T"].fields["back"].type) == "Query"


def test_extends_is_an_extension_that_defines():
    subgraph = load_one(
        federation_2('type Query { q: Int } type T @extends @key(fields: "id") { id: ID! }')
    )

    definition = subgraph.schema.types["T"]
    assert definition.has_definition
    assert definition.has_extension
    assert definition.fields["id"].on_extension
    assert all(applied.on_extension for applied in definition.applied)


def test_what_federation_adds_is_taken_out():
    subgraph = load_one(
        """
        schema { query: Root }
        type Root { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
        scalar _Any
        union _Entity = T
        type _Service { sdl: String }
        type T @key(fields: "id") { id: ID! }
        """
    )

    assert list(subgraph.schema.types) == ["T"]
    assert subgraph.schema.roots == {}


def test_selections_follow_the_renamed_roots():
    subgraph = load_one(
        federation_2(
            """
            schema { query: Root }
            type Root { home: Home @provides(fields: "up { ... on Root { title } }") }
            type Home @key(fields: "id") { id: ID! up: Up }
            union Up = Root | Home
            extend type Root { title: String @external }
            """
        )
    )

    provides = subgraph.provides(subgraph.schema.types["Query"].fields["home"])
    assert provides is not None
    assert provides.fields == "up { ... on Query { title } }"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("@deprecated(reason: null)", "@deprecated"),
        ("@deprecated(reason: bare)", '@deprecated(reason: "bare")'),
        ('@deprecated(reason: "why")', '@deprecated(reason: "why")'),
        ('@own(e: "A", n: 2.0)', "@own(e: A, n: 2)"),
    ],
)
def test_arguments_of_directives_are_written_as_their_types_ask(written, kept):
    subgraph = load_one(
        federation_2(
            "directive @own(e: E, n: Int) on FIELD_DEFINITION enum E { A }"
            f" type Query {{ q: Int {written} }}"
        )
    )

    (applied,) = subgraph.schema.types["Query"].fields["q"].applied
    assert print_directive(applied) == kept
