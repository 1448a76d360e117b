"""What sources cost: a request counts in the round in which it is really sent."""

from tests.support.planning import federated_graph, plan_lines


def test_what_a_field_requires_delays_it() -> None:
    """Stock is asked anyway, but a round earlier than it could give the shipping."""
    graph = federated_graph(
        top='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        prices='type Item @key(fields: "id") { id: ID! price: Int }',
        stock="""
            type Item @key(fields: "id") {
              id: ID! count: Int price: Int @external
              shipping: Int @shareable @requires(fields: "price") }
        """,
        transport='type Item @key(fields: "id") { id: ID! shipping: Int @shareable }',
    )

    assert plan_lines(graph, "{ item { price count shipping } }") == [
        "0 top {item {id}}",
        "1 prices <0 @item Item(id) {... on Item {price}}",
        "2 stock <0 @item Item(id) {... on Item {count}}",
        "3 transport <0 @item Item(id) {... on Item {shipping}}",
    ]


def test_what_lies_below_a_later_request_comes_later_still() -> None:
    """Stock is asked anyway about the item, but about its maker it could be asked only once the
    maker is known."""
    graph = federated_graph(
        top='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        prices="""
            type Item @key(fields: "id") { id: ID! price: Int maker: Maker @shareable }
            type Maker @key(fields: "id") { id: ID! @shareable }
        """,
        stock="""
            type Item @key(fields: "id") { id: ID! count: Int }
            type Maker @key(fields: "id") { id: ID! name: String @shareable }
        """,
        brands="""
            type Item @key(fields: "id") { id: ID! maker: Maker @shareable }
            type Maker @key(fields: "id", resolvable: false) {
              id: ID! name: String @shareable }
        """,
    )

    assert plan_lines(graph, "{ item { price count maker { name } } }") == [
        "0 top {item {id}}",
        "1 prices <0 @item Item(id) {... on Item {price}}",
        "2 stock <0 @item Item(id) {... on Item {count}}",
        "3 brands <0 @item Item(id) {... on Item {maker {name}}}",
    ]
