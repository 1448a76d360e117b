import pytest

from tests.support.composing import federation_2, load, load_one
from trellis.router.composition.subgraph import SubgraphSchema, split_context

SDL = federation_2(
    """
    type Query { t: T @provides(fields: "p") }
    type T implements I @key(fields: "id") @key(fields: "code o { x }", resolvable: false) {
      id: ID!
      code: Int
      o: O
      e: Int @external
      p: Int @external
      i: Int @external
      r: Int @requires(fields: "e")
      v: Int @override(from: "b", label: "percent(10)")
    }
    type O @shareable { x: Int }
    extend type O { late: Int }
    interface I { i: Int }
    extend type Other @key(fields: "id") { id: ID! @external own: Int }
    type Stub @external @key(fields: "id") { id: ID! }
    """
)


@pytest.fixture(name="subgraph")
def fixture_subgraph() -> SubgraphSchema:
    return load_one(SDL)


def names(subgraph: SubgraphSchema, view: str) -> list[str]:
    """The fields for which a view such as ``is_external`` holds."""
    return [
        f"{parent.name}.{field.name}"
        for parent in subgraph.schema.types.values()
        for field in parent.fields.values()
        if getattr(subgraph, view)(parent, field)
    ]


def test_external_fields(subgraph):
    assert names(subgraph, "is_external") == ["T.e", "T.p", "T.i", "Stub.id"]
    assert names(subgraph, "is_fake_external") == ["Other.id"]
    assert names(subgraph, "is_fully_external") == ["T.e", "T.i", "Stub.id"]
    assert names(subgraph, "is_partially_external") == ["T.p"]


def test_shareable_fields(subgraph):
    assert names(subgraph, "is_shareable") == [
        "T.id", "T.code", "T.o", "T.p", "O.x", "Other.id", "Stub.id",
    ]  # fmt: skip


def test_key_fields(subgraph):
    assert names(subgraph, "is_key_field") == [
        "T.id", "T.code", "T.o", "O.x", "Other.id", "Stub.id",
    ]  # fmt: skip


def test_used_fields(subgraph):
    assert names(subgraph, "is_used") == [
        "T.id", "T.code", "T.o", "T.e", "T.p", "T.i", "O.x", "Other.id", "Stub.id",
    ]  # fmt: skip


def test_keys_requires_and_overrides(subgraph):
    definition = subgraph.schema.types["T"]

    assert [(key.fields, key.resolvable) for key in subgraph.keys(definition)] == [
        ("id", True),
        ("code o { x }", False),
    ]
    requires = subgraph.requires(definition.fields["r"])
    override = subgraph.override(definition.fields["v"])
    assert requires is not None
    assert requires.fields == "e"
    assert override is not None
    assert (override.source, override.label) == ("b", "percent(10)")
    assert subgraph.requires(definition.fields["e"]) is None
    assert subgraph.override(definition.fields["e"]) is None


def test_views_follow_the_schema_when_told(subgraph):
    definition = subgraph.schema.types["T"]
    assert subgraph.is_key_field(definition, definition.fields["code"])

    definition.applied.pop()
    subgraph.forget_views()

    assert not subgraph.is_key_field(definition, definition.fields["code"])


def test_versions():
    schemas, _ = load(federation_2("type Query { q: Int }", "2.3"), "type Query { q: Int }")

    assert [(s.is_fed2, s.federation_version) for s in schemas] == [(True, (2, 3)), (False, None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$ctx { a }", ("ctx", "{ a }")),
        (" $ctx... on T { a }", ("ctx", "... on T { a }")),
        ("{ a }", ("", "{ a }")),
        ("$", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_context_is_a_name_and_a_selection(text, expected):
    assert split_context(text) == expected
