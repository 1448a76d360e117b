"""Which policies an operation is concerned with, and which arguments they decide about."""

from graphql import OperationDefinitionNode, build_schema, parse, validate

from trellis.router.authorization.policies.footprint import PolicyFootprint, find_footprint
from trellis.router.authorization.rules.read import read_rules
from trellis.router.operation.normalize import normalize

SDL = """
directive @policy(policies: [[String!]!]!)
  on FIELD_DEFINITION | OBJECT | SCALAR | ARGUMENT_DEFINITION
directive @authenticated on FIELD_DEFINITION
type Query @policy(policies: [["house"]]) { open: String  sold: Sold  items: [Item] }
type Mutation { sell(at: Price): Boolean @authenticated  give: Item @policy(policies: [["give"]]) }
interface Sold { shop(at: Int): Item }
type Book implements Sold { shop(at: Int @policy(policies: [["books"]])): Item }
type Disc implements Sold { shop(at: Int): Item }
type Item { id: ID  secret: Int @policy(policies: [["item"]])  cost(in: Price): Int }
scalar Price @policy(policies: [["price"]])
"""
SCHEMA, RULES = build_schema(SDL), read_rules(parse(SDL))
ROOTS = frozenset({"Query", "Mutation"})


def footprint(query: str) -> PolicyFootprint:
    document = parse(query)
    assert validate(SCHEMA, document) == []
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return find_footprint(normalize(operation, SCHEMA, {}, {}), RULES, ROOTS)


def policies(query: str) -> set[str]:
    """The policies that the operation may need."""
    return set(RULES.policies_of(footprint(query).needs))


def questions(query: str) -> list[tuple[str, str, set[str]]]:
    """The type told, the field and the types that may have it, for each question."""
    found = footprint(query).argument_checks
    return [(one.owner, one.field.key, set(one.owners)) for one in found]


def test_an_operation_is_concerned_with_the_policies_of_all_that_it_asks_for():
    assert policies("{ open }") == {"house"}
    assert policies("{ items { id } }") == {"house"}
    assert policies("{ items { secret } }") == {"house", "item"}
    assert policies("mutation { sell }") == set()
    assert policies("mutation { sell(at: 3) }") == {"price"}
    assert policies("mutation { sell(at: null) }") == set()
    assert policies("mutation ($p: Price) { sell(at: $p) }") == {"price"}


def test_root_fields_and_guarded_arguments_are_asked_about_before_anything_is_fetched():
    assert questions("{ open items { secret } }") == [
        ("Query", "open", {"Query"}),
        ("Query", "items", {"Query"}),
    ]
    assert questions("mutation { give { id secret } }") == [("Mutation", "give", {"Mutation"})]
    assert questions("mutation { give { c: cost(in: 1) id } sell }") == [
        ("Mutation", "give", {"Mutation"}),
        ("Item", "c", {"Item"}),
    ]


def test_an_argument_that_is_guarded_on_one_type_is_asked_about_wherever_that_type_was_meant():
    both = {"Book", "Disc"}
    disc = "... on Disc { shop(at: 1) { cost } }"
    assert questions(f"{{ sold {{ {disc} }} }}") == [("Query", "sold", {"Query"})]
    assert questions("{ sold { ... on Book { shop(at: 1) { id } } } }")[1:] == [
        ("Book", "shop", {"Book"})
    ]
    assert questions("{ sold { shop(at: 1) { id } } }")[1:] == [("Sold", "shop", both)]
    # The field has another selection on each type, and still it was named on both at once.
    apart = questions(f"{{ sold {{ {disc} shop(at: 1) {{ id }} }} }}")[1:]
    assert apart == [("Sold", "shop", both), ("Sold", "shop", both)]
