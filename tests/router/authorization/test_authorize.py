from collections.abc import Iterator
from time import thread_time
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

from trellis.router.authorization.authorize import MAX_REFUSALS, Authorized, authorize
from trellis.router.authorization.rules.read import read_rules
from trellis.router.errors import OperationRefused
from trellis.router.operation.model import SelectionSet
from trellis.router.operation.normalize import normalize
from trellis.schema.identity import ANONYMOUS, Identity

DEFINITIONS = """
directive @authenticated
  on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM | ARGUMENT_DEFINITION
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | SCALAR | ENUM
directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT | SCALAR | ENUM
"""
SDL = """
type Query {
  open: String
  me: User @authenticated
  user(id: ID): User
  users: [User!]!
  salaries: Int @requiresScopes(scopes: [["pay", "read"], ["boss"]])
  ledger: Ledger
  guarded: String @policy(policies: [["door"]])
  node: Node
  nodes: [Node!]!
  search: [Result]
  mood: Mood
  pin: Pin
  stamp: Pin @authenticated
  find(by: Filter, mood: Mood, limit: Int): Int
  sold: Sold
}
type Mutation { rename(name: String): User, reset: Boolean @authenticated }
type Subscription { ticks: Int, secrets: Ledger, renamed: User }
type User implements Node {
  id: ID!, name: String, email: String @authenticated
  salary: Int @requiresScopes(scopes: [["pay"]])
  friend: User, token: String! @authenticated
}
type Ledger implements Node @requiresScopes(scopes: [["audit"]]) { id: ID!, total: Int }
type Note implements Node { id: ID!, text: String, of: Node }
interface Node { id: ID! }
union Result = Ledger | Note
union Plain = User | Note
interface Sold { shop(at: Int): Note }
type Book implements Sold { shop(at: Int @authenticated): Note }
type Disc implements Sold { shop(at: Int): Note }
enum Mood @authenticated { GOOD }
scalar Pin @requiresScopes(scopes: [["pin"]])
input Filter { name: String, mood: Mood, inner: Filter }
"""
SCHEMA = build_schema(DEFINITIONS + SDL)
RULES = read_rules(parse(SDL))

SOMEBODY = Identity(id=UUID(int=1))
ADMIN = Identity(id=UUID(int=2), roles=frozenset({"admin"}))


def holder(*scopes: str) -> Identity:
    return Identity(id=UUID(int=3), scopes=frozenset(scopes))


def verdict(query: str, identity: Identity, **options: Any) -> Authorized:
    document = parse(query)
    assert validate(SCHEMA, document) == []
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    variables = options.pop("variables", {})
    normalized = normalize(operation, SCHEMA, fragments, variables)
    return authorize(normalized, RULES, identity, **options)


def allowed(selection: SelectionSet) -> Iterator[str]:
    """The response paths that are left, with the types they are limited to."""
    for field in selection.fields:
        if not field.denied:
            limit = f"<{'|'.join(sorted(field.types))}>" if field.types is not None else ""
            yield field.key + limit
            if field.selection is not None:
                yield from (f"{field.key}{limit}.{path}" for path in allowed(field.selection))


def left(query: str, identity: Identity, **options: Any) -> list[str]:
    return list(allowed(verdict(query, identity, **options).operation.selection))


def denied(query: str, identity: Identity, **options: Any) -> list[str]:
    """The paths of the refusals."""
    errors = verdict(query, identity, **options).refusals
    assert {error["extensions"]["code"] for error in errors} <= {"UNAUTHORIZED_FIELD_OR_TYPE"}
    return [".".join(error["path"]) for error in errors]


MATRIX = [
    # place, query, callers who may
    ("field, signed in", "{ open me { id } }", {"somebody", "holder", "admin"}),
    ("field, scopes", "{ open salaries }", {"holder", "admin"}),
    ("field, policy", "{ open guarded }", set()),
    ("type, of the answer", "{ open ledger { id } }", {"holder", "admin"}),
    ("type, in a list", "{ open search { ... on Ledger { total } } }", {"holder", "admin"}),
    ("enum", "{ open mood }", {"somebody", "holder", "admin"}),
    ("scalar", "{ open pin }", {"holder", "admin"}),
    ("nested field", "{ open users { name email } }", {"somebody", "holder", "admin"}),
    ("argument of a protected enum", "{ open find(mood: GOOD) }", {"somebody", "holder", "admin"}),
    (
        "input field of a protected enum",
        "{ open find(by: {inner: {mood: GOOD}}) }",
        {"somebody", "holder", "admin"},
    ),
    (
        "variable that may hold a protected enum",
        "query ($f: Filter) { open find(by: $f) }",
        {"somebody", "holder", "admin"},
    ),
    ("open argument", "{ open find(limit: 1) }", {"anonymous", "somebody", "holder", "admin"}),
    ("open input field", '{ find(by: {name: "a"}) }', {"anonymous", "somebody", "holder", "admin"}),
]
CALLERS = {
    "anonymous": ANONYMOUS,
    "somebody": SOMEBODY,
    "holder": holder("pay", "read", "audit", "pin"),
    "admin": ADMIN,
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("query", "may"), [row[1:] for row in MATRIX], ids=[r[0] for r in MATRIX])
def test_each_directive_holds_at_each_place_for_each_caller(query: str, may: set[str], caller: str):
    assert (denied(query, CALLERS[caller]) == []) is (caller in may)


@pytest.mark.parametrize(
    ("scopes", "may"),
    [("pay", False), ("read", False), ("boss", True), ("pay read", True), ("other", False)],
)
def test_scopes_are_alternatives_of_conjunctions(scopes: str, may: bool):
    assert (denied("{ open salaries }", holder(*scopes.split())) == []) is may


def test_a_policy_that_holds_allows():
    assert denied("{ open guarded }", SOMEBODY, policies=frozenset({"door"})) == []


def test_an_unprotected_operation_comes_back_as_it_was():
    assert left("{ open users { name } }", ANONYMOUS) == ["open", "users", "users.name"]


def test_a_denied_field_is_marked_and_everything_else_stays():
    query = "{ open me { id } users { id n: name mail: email } }"
    assert left(query, ANONYMOUS) == ["open", "users", "users.id", "users.n"]
    assert denied(query, ANONYMOUS) == ["me", "users.mail"]


def test_the_refusal_says_what_is_missing():
    (error,) = verdict("{ open salaries }", SOMEBODY).refusals
    assert error == {
        "message": "Not authorized to access 'Query.salaries': it needs scopes boss or pay + read.",
        "path": ["salaries"],
        "extensions": {"code": "UNAUTHORIZED_FIELD_OR_TYPE"},
    }


@pytest.mark.parametrize(
    ("identity", "missing"),
    [
        (ANONYMOUS, "a signed-in caller, and scopes pin"),
        (SOMEBODY, "scopes pin"),
        (Identity(scopes=frozenset({"pin"})), "a signed-in caller"),
    ],
)
def test_the_refusal_says_nothing_of_what_the_caller_has(identity: Identity, missing: str):
    (error,) = verdict("{ open stamp }", identity).refusals
    assert error["message"] == f"Not authorized to access 'Query.stamp': it needs {missing}."


def test_an_object_whose_asked_fields_are_all_denied_is_still_asked():
    assert left("{ open users { email } }", ANONYMOUS) == ["open", "users"]


def test_nothing_at_all_is_fetched_when_everything_is_denied():
    assert left("{ salaries user { friend { salary } } }", SOMEBODY) == []
    assert denied("{ salaries user { friend { salary } } }", SOMEBODY) == [
        "salaries",
        "user.friend.salary",
    ]


@pytest.mark.parametrize("query", ["{ me { id } }", "{ users { email } mood }", "{ salaries }"])
def test_an_anonymous_caller_who_gets_nothing_is_asked_to_sign_in(query: str):
    with pytest.raises(OperationRefused) as caught:
        verdict(query, ANONYMOUS)
    assert [error["extensions"]["code"] for error in caught.value.errors] == ["UNAUTHENTICATED"]
    assert caught.value.status == 401


@pytest.mark.parametrize(
    ("query", "identity", "codes"),
    [
        ("mutation { reset }", ANONYMOUS, ["UNAUTHENTICATED"]),
        ("mutation { rename { name email } }", ANONYMOUS, ["UNAUTHENTICATED"]),
        ("mutation { reset rename { salary } }", SOMEBODY, ["UNAUTHORIZED_FIELD_OR_TYPE"]),
        ("subscription { secrets { total } }", ANONYMOUS, ["UNAUTHENTICATED"]),
        ("subscription { secrets { total } }", SOMEBODY, ["UNAUTHORIZED_FIELD_OR_TYPE"]),
    ],
)
def test_mutations_and_denied_streams_are_refused_as_a_whole(
    query: str, identity: Identity, codes: list[str]
):
    with pytest.raises(OperationRefused) as caught:
        verdict(query, identity)
    assert [error["extensions"]["code"] for error in caught.value.errors] == codes


def test_a_stream_loses_only_its_denied_fields():
    assert left("subscription { renamed { name email } }", ANONYMOUS) == ["renamed", "renamed.name"]


def test_reject_mode_refuses_a_query_as_a_whole():
    with pytest.raises(OperationRefused) as caught:
        verdict("{ open salaries users { salary } }", SOMEBODY, reject=True)
    assert [error["path"] for error in caught.value.errors] == [["salaries"], ["users", "salary"]]
    assert caught.value.status == 403


REWRITES = [
    "{ open users { name email } }",
    "{ open users { name x: email } }",
    "{ open users { name ...F } } fragment F on User { email }",
    "{ open users { name ... on User { email } } }",
    "{ open users { name ... { email } } }",
    "{ open users { name ... on Node { ... on User { email } } } }",
    "{ open ...Q } fragment Q on Query { users { ...F } } fragment F on User { name email }",
    "query ($y: Boolean = true) { open users { name email @include(if: $y) } }",
    "query ($y: Boolean!) { open users { name ... @skip(if: false) { email @include(if: $y) } } }",
    "{ open users { name email email } }",
    "{ open users { name } users { email } }",
    "{ open users { email ... on User { email } name } }",
]


@pytest.mark.parametrize("query", REWRITES)
def test_rewriting_an_operation_does_not_change_the_verdict(query: str):
    document = verdict(query, ANONYMOUS, variables={"y": True})
    assert sorted(allowed(document.operation.selection)) == ["open", "users", "users.name"]
    assert len(document.refusals) == 1
    assert denied(query, SOMEBODY, variables={"y": True}) == []


def test_a_field_that_is_left_out_is_not_refused():
    query = "query ($y: Boolean!) { open users { name email @include(if: $y) } }"
    assert denied(query, ANONYMOUS, variables={"y": False}) == []


POLYMORPHIC = [
    ("{ open node { id } }", ["open", "node"]),
    ("{ open node { __typename } }", ["open", "node"]),
    ("{ open node { ... on Note { id } } }", ["open", "node", "node.id<Note>"]),
    (
        "{ open node { ... on Note { __typename text } } }",
        ["open", "node", "node.__typename<Note>", "node.text<Note>"],
    ),
    ("{ open node { ... on Ledger { total } } }", ["open", "node"]),
    (
        "{ open node { ... on Note { id } ... on Ledger { id } } }",
        ["open", "node", "node.id<Note>"],
    ),
    ("{ open node { id ... on Note { id } } }", ["open", "node"]),
    ("{ open node { ... on Note { id } id } }", ["open", "node"]),
    ("{ open node { ... on Node { id } } }", ["open", "node"]),
    (
        "{ open search { __typename ... on Note { text } } }",
        ["open", "search", "search.text<Note>"],
    ),
    (
        "{ open node { ... on Note { of { ... on User { name email } } } } }",
        ["open", "node", "node.of<Note>", "node.of<Note>.name<User>"],
    ),
]


@pytest.mark.parametrize(("query", "paths"), POLYMORPHIC)
def test_what_is_asked_of_an_abstract_type_needs_the_rights_of_each_of_its_types(
    query: str, paths: list[str]
):
    assert left(query, ANONYMOUS) == paths
    assert denied(query, holder("audit")) == []


@pytest.mark.parametrize(
    "query",
    [
        "{ open search { ... on Note { id } ... on Node { id } } }",
        "{ open search { ... on Node { id } ... on Note { id } } }",
        "{ open search { ... on Node { ... on Result { ... on Node { id } } } } }",
        "{ open a: node { id } search { ... on Note { id } ... on Node { id } } }",
    ],
)
def test_types_named_at_once_share_their_fate_whatever_else_is_written(query: str):
    assert [path for path in left(query, ANONYMOUS) if path.startswith("search.")] == []


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("{ open sold { shop(at: 1) { id } } }", []),
        ("{ open sold { ... on Book { shop(at: 1) { id } } } }", []),
        ("{ open sold { ... on Disc { shop(at: 1) { text } } } }", ["shop<Disc>", "text"]),
        (
            "{ open sold { ... on Disc { shop(at: 1) { text } } "
            "... on Sold { shop(at: 1) { id } } } }",
            [],
        ),
        (
            "{ open sold { ... on Sold { shop(at: 1) { id } } "
            "... on Disc { shop(at: 1) { text } } } }",
            [],
        ),
        ("{ open sold { shop(at: null) { id } } }", ["shop", "id"]),
        ("{ open sold { shop { id } } }", ["shop", "id"]),
    ],
)
def test_an_argument_guarded_on_one_of_the_types_named_at_once_is_guarded_on_all_of_them(
    query: str, paths: list[str]
):
    found = [path for path in left(query, ANONYMOUS) if path.startswith("sold.")]
    assert [path.rpartition(".")[2] for path in found] == paths
    assert denied(query, SOMEBODY) == []


APART = """
type Query { open: String  all: [All] }
union All = A | B | C | D | E
interface Left { x: Int }
interface Right { x: Int }
type A implements Left { x: Int @authenticated }
type B implements Left { x: Int }
type C implements Right { x: Int @requiresScopes(scopes: [["c"]]) }
type D implements Right { x: Int }
type E { x: Int }
"""


@pytest.mark.parametrize(
    ("conditions", "identity", "remain"),
    [
        (["Left", "Right", "E"], ANONYMOUS, ["E"]),
        (["Right", "Left", "E"], ANONYMOUS, ["E"]),
        (["Left", "Right", "E"], SOMEBODY, ["A", "B", "E"]),
        (["Left", "Right", "E"], holder("c"), ["A", "B", "C", "D", "E"]),
        (["A", "Right"], ANONYMOUS, []),
        (["B", "Right"], ANONYMOUS, ["B"]),
        (["Left", "C", "D"], ANONYMOUS, ["D"]),
    ],
)
def test_each_group_of_types_named_at_once_has_a_fate_of_its_own(
    conditions: list[str], identity: Identity, remain: list[str]
):
    schema, rules = build_schema(DEFINITIONS + APART), read_rules(parse(APART))
    fields = " ".join(f"... on {condition} {{ x }}" for condition in conditions)
    document = parse(f"{{ open all {{ {fields} }} }}")
    assert validate(schema, document) == []
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    result = authorize(normalize(operation, schema, {}, {}), rules, identity)
    (all_,) = [field for field in result.operation.selection.fields if field.key == "all"]
    assert all_.selection is not None
    types: set[str] = set()
    for field in all_.selection.fields:
        if not field.denied:
            types |= field.types if field.types is not None else all_.selection.possible
    assert sorted(types) == remain


NARROWED = [
    "{ open node { ... on Plain { ... on Node { id } } } }",
    "{ open node { ... on Plain { ... on Node { id } } } }",
    "{ open node { ... on Ledger { id } ... on Plain { ... on Node { id } } } }",
    "{ open x: node { id } node { ... on Ledger { id } ... on Plain { ... on Node { id } } } }",
]


@pytest.mark.parametrize("query", NARROWED)
def test_type_conditions_around_a_field_say_which_types_are_meant(query: str):
    assert left(query, ANONYMOUS)[-1] == "node.id<Note|User>"


def test_the_refusal_names_what_any_of_the_types_named_at_once_needs():
    # The field of a Disc is another than that of a Book here, and needs nothing by itself.
    of_disc, of_all = (
        "... on Disc { x: shop(at: 1) { id } }",
        "... on Sold { x: shop(at: 1) { text } }",
    )
    (error,) = verdict(f"{{ open sold {{ {of_disc} {of_all} }} }}", ANONYMOUS).refusals
    assert error["message"].endswith("it needs a signed-in caller.")


def test_one_path_is_refused_once_however_many_types_it_has():
    assert denied("{ open node { id ... on Ledger { id } } }", ANONYMOUS) == ["node.id"]


def test_callers_with_the_same_rights_share_the_key_of_their_plans():
    somebody_else = Identity(id=UUID(int=9), scopes=frozenset({"unrelated"}))
    assert RULES.unmet_by(SOMEBODY) == RULES.unmet_by(somebody_else)
    assert RULES.unmet_by(SOMEBODY) != RULES.unmet_by(ANONYMOUS)
    assert RULES.unmet_by(SOMEBODY) != RULES.unmet_by(holder("pay"))


def test_the_anonymous_share_no_key_with_those_who_lack_only_scopes():
    rules = read_rules(parse('type Query { a: Int @requiresScopes(scopes: [["x"]]) }'))
    assert rules.unmet_by(ANONYMOUS) != rules.unmet_by(SOMEBODY)


def test_a_hostile_operation_of_shared_fragments_is_judged_quickly():
    levels = 60
    chain = "".join(
        f"fragment F{n} on User {{ a: friend {{ ...F{n + 1} }} b: friend {{ ...F{n + 1} }} }} "
        for n in range(levels)
    )
    query = f"{{ open users {{ ...F0 }} }} {chain} fragment F{levels} on User {{ name email }}"
    document = parse(query)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    normalized = normalize(operation, SCHEMA, fragments, {})
    started = thread_time()
    result = authorize(normalized, RULES, ANONYMOUS)
    assert len(result.refusals) == MAX_REFUSALS
    assert thread_time() - started < 2


def test_a_path_that_many_types_share_is_not_walked_for_each_combination():
    levels = 40
    chain = "".join(
        f"fragment F{n} on Node {{ ... on Note {{ of {{ ...F{n + 1} }} }} "
        f"... on User {{ of: friend {{ ...F{n + 1} }} }} }} "
        for n in range(levels)
    )
    query = f"{{ open node {{ ...F0 }} }} {chain} fragment F{levels} on User {{ email }}"
    document = parse(query)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    started = thread_time()
    result = authorize(normalize(operation, SCHEMA, fragments, {}), RULES, ANONYMOUS)
    assert [len(error["path"]) for error in result.refusals] == [levels + 2]
    assert thread_time() - started < 2
