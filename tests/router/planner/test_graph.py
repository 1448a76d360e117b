"""Reading supergraphs of every join version into per-subgraph views."""

import pytest
from graphql import print_schema

from tests.support.planning import composed, plan_lines
from trellis.router.errors import SupergraphInvalid
from trellis.router.planner.graph import read_supergraph
from trellis.router.planner.tables import Kind

GRAPHS = """
enum join__Graph {
  A @join__graph(name: "alpha", url: "http://a")
  B @join__graph(name: "beta", url: "http://b")
}
"""

FED2 = (
    """
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.4", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY) { query: Query }
"""
    + GRAPHS
    + """
type Query @join__type(graph: A) @join__type(graph: B) { item: Item @join__field(graph: A) }
interface Node @join__type(graph: A) @join__type(graph: B, key: "id", isInterfaceObject: true) {
  id: ID!
  stars: Int @join__field(graph: B)
}
type Item implements Node
  @join__implements(graph: A, interface: "Node")
  @join__type(graph: A, key: "id") @join__type(graph: A, key: "owner { name }", resolvable: false)
  @join__type(graph: B, key: "id", extension: true)
{
  id: ID!
  owner: Owner @join__field(graph: A)
  price: Int! @join__field(graph: A, type: "Int") @join__field(graph: B, external: true)
  tax: Int @join__field(graph: B, requires: "price")
  old: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "alpha")
  slow: Int @join__field(graph: A, overrideLabel: "percent(5)")
    @join__field(graph: B, override: "alpha", overrideLabel: "percent(5)")
  hidden: Int @inaccessible @join__field(graph: A)
  stars: Int @join__field
}
type Owner @join__type(graph: A) { name: String }
union Thing @join__type(graph: A) @join__type(graph: B)
  @join__unionMember(graph: A, member: "Item") @join__unionMember(graph: A, member: "Owner")
  @join__unionMember(graph: B, member: "Item") = Item | Owner
"""
)

FED1 = (
    """
schema @core(feature: "https://specs.apollo.dev/core/v0.2")
  @core(feature: "https://specs.apollo.dev/join/v0.1", for: EXECUTION) { query: Query }
"""
    + GRAPHS
    + """
type Query { item: Item @join__field(graph: A) }
type Item @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A)
  size: Size
  rating: Int @join__field(graph: B)
}
type Size { width: Int }
"""
)


def test_every_subgraph_sees_its_own_part() -> None:
    graph = read_supergraph(FED2)
    a, b = graph.types

    assert [s.name for s in graph.subgraphs] == ["alpha", "beta"]
    assert set(a["Item"].fields) == {"id", "owner", "price", "old", "slow", "hidden"}
    assert set(b["Item"].fields) == {"id", "price", "tax", "old", "slow"}
    assert "Owner" not in b
    assert [(key.text, key.is_resolvable) for key in a["Item"].keys] == [
        ("id", True),
        ("owner { name }", False),
    ]


def test_fields_carry_their_own_type_and_rights() -> None:
    graph = read_supergraph(FED2)
    a, b = graph.types

    assert a["Item"].fields["price"].type == "Int"
    assert b["Item"].fields["price"].is_external
    requires = b["Item"].fields["tax"].requires
    assert requires is not None
    assert [field.name for field in requires.fields] == ["price"]
    assert a["Item"].fields["old"].is_overridden
    assert (b["Item"].fields["slow"].label, b["Item"].fields["slow"].when_active) == (
        "percent(5)",
        True,
    )
    assert a["Item"].fields["slow"].when_active is False
    assert graph.labels == {"percent(5)"}


def test_abstract_types_have_the_runtime_types_of_each_subgraph() -> None:
    graph = read_supergraph(FED2)
    a, b = graph.types

    assert a["Node"].kind is Kind.INTERFACE
    assert a["Node"].possible == {"Item"}
    assert b["Node"].kind is Kind.INTERFACE_OBJECT
    assert b["Node"].possible == {"Node"}
    assert a["Thing"].possible == {"Item", "Owner"}
    assert b["Thing"].possible == {"Item"}


def test_the_api_schema_hides_machinery_and_inaccessible_elements() -> None:
    graph = read_supergraph(FED2)

    assert not [name for name in graph.api.type_map if name.startswith(("join__", "link__"))]
    assert "hidden" not in getattr(graph.api.type_map["Item"], "fields", {})
    assert "hidden" in getattr(graph.full.type_map["Item"], "fields", {})


def test_a_federation_1_supergraph_leaves_value_types_and_owned_fields_unsaid() -> None:
    a, b = read_supergraph(FED1).types

    assert set(a["Item"].fields) == {"id", "size"}
    assert set(b["Item"].fields) == {"id", "rating"}
    assert not b["Item"].fields["id"].is_external
    assert "Size" in a
    assert "Size" in b


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        ("type Query {", "not a valid GraphQL document"),
        ("type Query { a: Int }", "Compose the subgraphs first"),
        (
            'schema @link(url: "https://specs.apollo.dev/join/v0.9") { query: Query }',
            "uses join v0.9",
        ),
        (
            'schema @link(url: "https://specs.apollo.dev/join/v0.3") { query: Query }',
            "no enum join__Graph",
        ),
        (FED2.replace('requires: "price"', 'requires: "nothing {"'), "'nothing {' on Item"),
    ],
)
def test_what_is_no_supergraph_is_refused_with_the_reason(sdl: str, message: str) -> None:
    with pytest.raises(SupergraphInvalid, match=message):
        read_supergraph(sdl)


def test_directives_that_are_features_are_no_business_of_clients() -> None:
    graph = read_supergraph(
        composed(
            a="""
                extend schema @link(url: "https://acme.dev/acme/v1.0", import: ["@both"])
                  @composeDirective(name: "@both")
                directive @both on FIELD | FIELD_DEFINITION
                directive @plain on VARIABLE_DEFINITION
                type Query { a: Int @both }
            """
        )
    )

    assert graph.api.get_directive("both") is None
    assert graph.api.get_directive("plain") is not None


def test_imports_under_other_names_are_features_too() -> None:
    graph = read_supergraph(
        FED2.replace(
            "schema @link",
            """schema @link(url: "https://acme.dev/acme/v1.0",
              import: [{name: "@first"}, {name: "@second", as: "@renamed"}]) @link""",
            1,
        )
        + " directive @first on FIELD directive @renamed on FIELD directive @second on FIELD"
    )

    assert graph.api.get_directive("first") is None
    assert graph.api.get_directive("renamed") is None
    assert graph.api.get_directive("second") is not None


def test_clients_see_no_inaccessible_interface_enum_value_or_input_field() -> None:
    graph = read_supergraph(
        composed(
            a="""
                type Query { item(where: Where, in: Unit): Item }
                interface Seen { id: ID! } interface Hidden @inaccessible { id: ID! }
                type Item implements Seen & Hidden { id: ID! }
                enum Unit { KILO POUND @inaccessible }
                input Where { id: ID secret: ID @inaccessible }
            """
        )
    )

    seen, everything = print_schema(graph.api), print_schema(graph.full)
    assert "type Item implements Seen {" in seen
    assert "enum Unit {\n  KILO\n}" in seen
    assert "input Where {\n  id: ID\n}" in seen
    assert "enum Unit {\n  KILO\n  POUND\n}" in everything


def test_an_object_has_the_interfaces_that_it_implements_and_nothing_else_has_any() -> None:
    graph = read_supergraph(
        composed(
            a="""
                type Query { item: Item } interface Node { id: ID! }
                interface Named implements Node { id: ID! }
                type Item implements Named & Node { id: ID! }
            """
        )
    )

    assert graph.interfaces_of("Item") == ("Named", "Node")
    assert graph.interfaces_of("Named") == graph.interfaces_of("ID") == ()


def test_a_federation_1_supergraph_leaves_provided_fields_and_implementations_unsaid() -> None:
    graph = read_supergraph(
        FED1.replace(
            "{ item: Item @join__field(graph: A) }",
            """{
              item: Item @join__field(graph: A)
              first: Item @join__field(graph: B, provides: "weight")
              second: Item @join__field(graph: B, provides: "maker { name boss { name } }") }
            interface Named { name: String }
            type Maker implements Named @join__owner(graph: A)
              @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
                id: ID! @join__field(graph: A)
                name: String @join__field(graph: A)
                boss: Maker @join__field(graph: A) }""",
        ).replace("rating:", "weight: Int maker: Maker @join__field(graph: A) rating:")
    )
    _, b = graph.types

    def external(type_name: str) -> dict[str, bool]:
        return {name: field.is_external for name, field in b[type_name].fields.items()}

    assert external("Item") == {"rating": False, "weight": True, "maker": True, "id": False}
    assert external("Maker") == {"name": True, "boss": True, "id": False}
    assert [types["Named"].possible for types in graph.types] == [{"Maker"}, {"Maker"}]
    assert plan_lines(graph, "{ second { rating maker { boss { name } } } }") == [
        "0 beta {second {rating maker {boss {name}}}}"
    ]
