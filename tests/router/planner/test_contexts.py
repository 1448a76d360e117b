"""Arguments from enclosing objects: which request brings the value, and which carries it."""

from tests.support.planning import federated_graph, plan_lines, sound_plan

SHOP = """
    type Query { shop: Shop }
    type Shop @key(fields: "id") { id: ID! locale: String @shareable towns: [Town] @shareable }
    type Town @key(fields: "id") { id: ID! tax: Int @shareable }
"""


def test_a_request_below_the_enclosing_object_carries_its_value() -> None:
    graph = federated_graph(
        a=SHOP.replace("towns: [Town] @shareable", ""),
        b="""
            type Shop @key(fields: "id") @context(name: "shop") {
              id: ID! locale: String @shareable item: Item }
            type Item @key(fields: "id") {
              id: ID! size: Int price(in: String @fromContext(field: "$shop { locale }")): Int }
        """,
    )

    assert plan_lines(graph, "{ shop { item { size price } } }") == [
        "0 a {shop {id locale}}",
        "1 b <0 @shop Shop(id) {... on Shop {item {size price(in: $context0)}}}",
    ]


def test_a_request_above_one_of_the_enclosing_objects_cannot_carry_its_value() -> None:
    """There are several towns in a shop, each with a tax of its own."""
    graph = federated_graph(
        a=SHOP,
        b="""
            type Shop @key(fields: "id") @context(name: "shop") {
              id: ID! locale: String @shareable towns: [Town] @shareable }
            type Town @key(fields: "id") @context(name: "town") {
              id: ID! tax: Int @shareable item: Item }
            type Item @key(fields: "id") {
              id: ID!
              price(
                in: String @fromContext(field: "$shop { locale }")
                by: Int @fromContext(field: "$town { tax }")): Int }
        """,
    )
    plan = sound_plan(graph, "{ shop { towns { item { price } } } }")

    assert plan_lines(graph, "{ shop { towns { item { price } } } }") == [
        "0 a {shop {locale towns {tax} id}}",
        "1 b <0 @shop Shop(id) {... on Shop {towns {item {id}}}}",
        "2 b <1 @shop.towns.item Item(id) {... on Item {price(in: $context0, by: $context1)}}",
    ]
    (target,) = plan.steps[2].entities[0].targets
    assert [context.depth for context in target.contexts] == [1, 2]


def test_each_member_of_a_union_that_sets_a_context_has_its_value() -> None:
    graph = federated_graph(
        a="""
            type Query { any: Any } union Any @context(name: "any") = One | Two
            type One @key(fields: "id") { id: ID! p: String leaf: Leaf }
            type Two @key(fields: "id") { id: ID! p: String leaf: Leaf }
            type Leaf @key(fields: "id") {
              id: ID!
              made(x: String @fromContext(field: "$any ... on One { p } ... on Two { p }")): Int }
        """
    )

    assert plan_lines(
        graph, "{ any { ... on One { leaf { made } } ... on Two { leaf { made } } } }"
    ) == [
        "0 a {any {__typename ... on One {p leaf {id}} ... on Two {p leaf {id}}}}",
        "1 a <0 @any.leaf Leaf(id) {... on Leaf {made(x: $context0)}}",
    ]
