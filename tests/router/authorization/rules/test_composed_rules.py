"""Rules as they come out of composition: merged, renamed, on interface objects."""

import pytest
from graphql import parse

from trellis.router.authorization.rules.read import read_rules
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: [%s])\n'
PLAIN = LINK % (
    '"@key", "@shareable", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy"'
)


def needs(*sdls: str) -> dict[str, list[str]]:
    """What each field of the composed supergraph needs, in words."""
    subgraphs = [Subgraph(f"s{n}", f"http://s{n}", sdl) for n, sdl in enumerate(sdls)]
    composition = compose(subgraphs)
    assert composition.supergraph_sdl, composition.errors
    index = read_rules(parse(composition.supergraph_sdl)).index
    return {
        ".".join(place): sorted(str(index.requirements[number]) for number in numbers)
        for place, numbers in index.fields.items()
    }


def test_rules_of_two_subgraphs_on_one_field_must_both_be_met():
    field = "type Query { a: Int @shareable @requiresScopes(scopes: [[%s]]) }"
    other = (
        'type Query { a: Int @shareable @authenticated @requiresScopes(scopes: [["y"], ["z"]]) }'
    )
    assert needs(PLAIN + field % '"x"', PLAIN + other) == {
        "Query.a": ["a signed-in caller and scopes x + y or x + z"]
    }


def test_a_rule_of_one_subgraph_holds_for_a_field_that_both_give():
    assert needs(
        PLAIN + "type Query { a: Int @shareable @authenticated }",
        PLAIN + "type Query { a: Int @shareable }",
    ) == {"Query.a": ["a signed-in caller"]}


@pytest.mark.parametrize(
    ("imports", "application"),
    [
        ('{name: "@authenticated", as: "@members"}', "@members"),
        ('"@key"', "@federation__authenticated"),
        ('{name: "@policy", as: "@authenticated"}', '@authenticated(policies: [["p"]])'),
    ],
)
def test_renamed_and_namespaced_imports_are_enforced(imports: str, application: str):
    found = needs(LINK % imports + f"type Query {{ a: Int {application} }}")
    expected = "policies p" if "policies" in application else "a signed-in caller"
    assert found == {"Query.a": [expected]}


def test_a_field_added_by_an_interface_object_is_enforced_on_every_type():
    shop = """
    type Query { media: [Media] }
    interface Media @key(fields: "id") { id: ID! }
    type Book implements Media @key(fields: "id") { id: ID! }
    type Film implements Media @key(fields: "id") { id: ID! }
    """
    reviews = """
    type Media @key(fields: "id") @interfaceObject {
      id: ID!
      stars: Int @requiresScopes(scopes: [["stars"]])
    }
    """
    assert needs(PLAIN + shop, PLAIN + reviews) == {
        "Book.stars": ["scopes stars"],
        "Film.stars": ["scopes stars"],
    }


def test_an_entity_type_is_protected_wherever_it_is_reached():
    people = 'type Query { me: User } type User @key(fields: "id") @authenticated { id: ID! }'
    orders = """
    type Query { order: Order }
    type Order { id: ID!, buyer: User }
    type User @key(fields: "id") { id: ID!, orders: [Order] }
    """
    found = needs(PLAIN + people, PLAIN + orders)
    assert found.keys() == {"Query.me", "Order.buyer", "User.id", "User.orders"}
    assert {words for need in found.values() for words in need} == {"a signed-in caller"}


def test_names_that_directives_exchanged_are_told_apart():
    imports = (
        '{name: "@requiresScopes", as: "@policy"}, {name: "@policy", as: "@requiresScopes"}, '
        '{name: "@authenticated", as: "@members"}'
    )
    fields = (
        'a: Int @policy(scopes: [["s"]]) b: Int @requiresScopes(policies: [["p"]]) c: Int @members'
    )
    assert needs(LINK % imports + f"type Query {{ {fields} }}") == {
        "Query.a": ["scopes s"],
        "Query.b": ["policies p"],
        "Query.c": ["a signed-in caller"],
    }
