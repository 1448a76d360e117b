"""What the planner knows of a graph: which key is used, where types agree, what is provided."""

import pytest

from tests.support.planning import federated_graph, plan_lines


@pytest.mark.parametrize(
    ("keys", "used"),
    [
        (("id", "code"), "id"),
        (("code", "id"), "id"),
        (("code n", "a b c"), "a b c"),
        (("a b c d", "o { x }"), "o {x}"),
        (("a b c", "o { x }"), "a b c"),
        (("n", "o { y }"), "n"),
        (("a b c d", "o { y }"), "a b c d"),
    ],
)
def test_a_key_that_is_never_null_is_used_and_of_these_the_simplest(
    keys: tuple[str, str], used: str
) -> None:
    """Code is nullable, and so is y of the nested object."""
    entity = f"""
        type E @key(fields: "{keys[0]}") @key(fields: "{keys[1]}") {{
          {" ".join(f"{name}: ID! @shareable" for name in ("id", "n", *"abcd"))}
          code: ID @shareable o: O! @shareable FAR }}
        type O {{ x: ID! @shareable y: ID @shareable }}
    """
    graph = federated_graph(
        a="type Query { all: [E] }" + entity.replace("FAR", ""),
        b=entity.replace("FAR", "far: Int"),
    )

    assert plan_lines(graph, "{ all { far } }") == [
        f"0 a {{all {{{used}}}}}",
        f"1 b <0 @all E({used}) {{... on E {{far}}}}",
    ]


def test_types_that_differ_in_one_subgraph_are_kept_apart_in_all() -> None:
    """A and B say what x is in one subgraph each; C differs from what they say together."""
    entities = {name: f'type {name} @key(fields: "id") {{ id: ID!' for name in "ABC"}
    nodes = {name: f'type {name} implements Node @key(fields: "id") {{ id: ID!' for name in "ABC"}
    graph = federated_graph(
        a=f"""
            type Query {{ nodes: [Node] }} interface Node {{ id: ID! }}
            {nodes["A"]} x: Int @shareable }} {nodes["B"]} }} {nodes["C"]} x: Int @shareable }}
        """,
        b=f"{entities['B']} x: Int }} {entities['C']} x: Int! @shareable }}",
    )

    assert plan_lines(graph, "{ nodes { ... on A { x } ... on B { x } } }") == [
        "0 a {nodes {__typename ... on A {x} ... on B {id}}}",
        "1 b <0 @nodes B(id) {... on B {x}}",
    ]
    assert plan_lines(graph, "{ nodes { ... on B { x } ... on C { x } } }") == [
        "0 a {nodes {__typename ... on B {id} ... on C {x_1: x}}}",
        "1 b <0 @nodes B(id) {... on B {x}}",
    ]


def test_what_is_provided_for_all_types_alike_is_asked_once_on_the_interface() -> None:
    part = "id: ID! part: Part @shareable"
    graph = federated_graph(
        a=f"""
            type Query {{ near: [Node] @provides(fields: "part {{ size }}") far: [Node] }}
            interface Node {{ id: ID! part: Part }}
            type One implements Node {{ {part} }} type Two implements Node {{ {part} }}
            type Part @key(fields: "id") {{ id: ID! size: Int @external }}
        """,
        b='type Part @key(fields: "id") { id: ID! size: Int @shareable }',
    )

    assert plan_lines(graph, "{ near { part { size } } far { part { size } } }") == [
        "0 a {near {part {size}} far {part {id}}}",
        "1 b <0 @far.part Part(id) {... on Part {size}}",
    ]


def test_a_key_whose_type_differs_from_type_to_type_represents_an_interface_object() -> None:
    """The subgraph of the interface object selects it for objects of all types."""
    graph = federated_graph(
        a="""
            type Query { media: [Media] }
            interface Media @key(fields: "code") { code: ID title: String }
            type Book implements Media @key(fields: "code") { code: ID! title: String }
            type Film implements Media @key(fields: "code") { code: ID title: String }
        """,
        b="""
            type Query { best: Media }
            type Media @key(fields: "code") @interfaceObject { code: ID }
        """,
    )

    assert plan_lines(graph, "{ best { title } }") == [
        "0 b {best {code code_1: code}}",
        "1 a <0 @best Media(code) {... on Media {title}}",
    ]


def test_the_selection_of_a_context_may_be_written_without_spaces() -> None:
    graph = federated_graph(
        a="""
            type Query { shop: Shop }
            type Shop @key(fields: "id") @context(name: "shop") {
              id: ID! locale: String items: [Item] }
            type Item @key(fields: "id") {
              id: ID! price(in: String @fromContext(field: "$shop {locale}")): Int }
        """
    )

    assert plan_lines(graph, "{ shop { items { price } } }") == [
        "0 a {shop {locale items {id}}}",
        "1 a <0 @shop.items Item(id) {... on Item {price(in: $context0)}}",
    ]
