"""What introspection shows of a schema to callers with few rights."""

from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    introspection_from_schema,
    lexicographic_sort_schema,
    parse,
    print_schema,
    print_type,
    validate_schema,
)

from tests.router.authorization.test_authorize import DEFINITIONS, RULES, SCHEMA, SOMEBODY, holder
from tests.support.doors import DOORS, open_doors
from tests.support.recording import RecordingTransport
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.authorization.rules.read import read_rules
from trellis.router.authorization.view.schema_view import SchemaViews
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS, Identity

SELLER = Identity(id=UUID(int=7), scopes=frozenset({"sell"}))


def view(sdl: str, identity: Identity = ANONYMOUS) -> GraphQLSchema:
    rules = read_rules(parse(sdl))
    schema = SchemaViews(build_schema(DEFINITIONS + sdl, assume_valid_sdl=True), rules.index).of(
        rules.unmet_by(identity)
    )
    assert validate_schema(schema) == []
    rebuilt = build_client_schema(introspection_from_schema(schema))
    assert validate_schema(rebuilt) == []
    assert print_schema(lexicographic_sort_schema(rebuilt)) == print_schema(
        lexicographic_sort_schema(schema)
    )
    return schema


def shown(sdl: str, identity: Identity = ANONYMOUS) -> str:
    """The view's types without blank lines and the definitions of directives."""
    types = (
        t
        for t in view(sdl, identity).type_map.values()
        if not t.name.startswith("__") and t.name not in ("Int", "String", "Boolean", "ID", "Float")
    )
    return " ".join(" ".join(print_type(t) for t in sorted(types, key=lambda t: t.name)).split())


def test_a_directive_is_shown_when_all_that_it_takes_is():
    sdl = """
    directive @open(a: Int, shown: Shown) on FIELD
    directive @half(a: Int, hidden: Hidden) on FIELD
    directive @closed(hidden: [Hidden!]) on FIELD
    enum Shown { X }
    input Hidden { secret: Secret }
    scalar Secret @authenticated
    type Query { a: Int b(x: Hidden): Int }
    """
    own = {"open", "half", "closed"}

    def names(identity: Identity) -> set[str]:
        return {one.name for one in view(sdl, identity).directives} & own

    assert names(ANONYMOUS) == {"open"}
    assert names(SOMEBODY) == own


CASES = [
    ("field", "type Query { a: Int b: Int @authenticated }", "type Query { a: Int }"),
    (
        "type, and what leads to it",
        "type Query { a: Int x: X xs: [X!]! y: Y } type X @authenticated { i: Int } "
        "type Y { i: Int x: X }",
        "type Query { a: Int y: Y } type Y { i: Int }",
    ),
    (
        "type that nothing leads to any more",
        "type Query { a: Int x: X @authenticated } type X { y: Y } type Y { e: E } enum E { A }",
        "type Query { a: Int }",
    ),
    (
        "type of which no field is left",
        "type Query { a: Int x: X } type X { i: Int @authenticated }",
        "type Query { a: Int }",
    ),
    (
        "enum and scalar, on both ways",
        "type Query { a(e: E, s: S): Int e: E s: [S] } enum E @authenticated { A } "
        'scalar S @requiresScopes(scopes: [["s"]])',
        "type Query { a: Int }",
    ),
    (
        "required argument",
        "type Query { a: Int b(e: E!): Int c(e: E! = A): Int } enum E @authenticated { A }",
        "type Query { a: Int c: Int }",
    ),
    (
        "argument and input field with rules of their own",
        "type Query { a(x: Int, y: Int @authenticated, i: I): Int } "
        "input I { x: Int y: Int @authenticated }",
        "input I { x: Int } type Query { a(x: Int, i: I): Int }",
    ),
    (
        "input that cannot be filled",
        "type Query { a(i: I): Int b(j: J!): Int } input I { e: E! x: Int j: J } "
        "input J { i: I! } enum E @authenticated { A }",
        "type Query { a: Int }",
    ),
    (
        "input types in circles",
        "type Query { a(i: I): Int } input I { j: J e: E } input J { i: I } "
        "enum E @authenticated { A }",
        "input I { j: J } input J { i: I } type Query { a(i: I): Int }",
    ),
    (
        "member of a union",
        "type Query { u: U } union U = X | Y type X { i: Int } type Y @authenticated { i: Int }",
        "type Query { u: U } union U = X type X { i: Int }",
    ),
    (
        "union of which nothing is left",
        "type Query { a: Int u: U } union U = X type X @authenticated { i: Int }",
        "type Query { a: Int }",
    ),
    (
        "interface field that one type refuses",
        "type Query { n: N } interface N { i: Int j: Int } type X implements N { i: Int j: Int } "
        "type Y implements N { i: Int j: Int @authenticated }",
        "interface N { i: Int } type Query { n: N } type X implements N { i: Int j: Int } "
        "type Y implements N { i: Int }",
    ),
    (
        "interface field whose narrower type is gone in one implementation",
        "type Query { n: N } interface N { a: A k: Int } type X implements N { a: B k: Int } "
        "interface A { i: Int } type B implements A { i: Int @authenticated } "
        "type C implements A { i: Int }",
        "interface N { k: Int } type Query { n: N } type X implements N { k: Int }",
    ),
    (
        "interface field whose type became a union, of which an interface is no member",
        "type Query { n: N } interface N { a: A k: Int } type X implements N { a: B k: Int } "
        "interface A { i: Int } interface B implements A { i: Int j: Int } "
        "type C implements A & B { i: Int j: Int } type D implements A { i: Int @authenticated }",
        "interface B { i: Int j: Int } type C implements B { i: Int j: Int } "
        "interface N { k: Int } type Query { n: N } type X implements N { a: B k: Int }",
    ),
    (
        "field of an interface without implementations, whose type is gone",
        "type Query { n: N } interface N { x: X k: Int } type X { i: Int @authenticated }",
        "interface N { k: Int } type Query { n: N }",
    ),
    (
        "field of an input type, behind another one, whose type is gone",
        "type Query { a(i: I): Int } input I { x: Int j: J } input J { e: E! } "
        "enum E @authenticated { A }",
        "input I { x: Int } type Query { a(i: I): Int }",
    ),
    (
        "interface without fields, as a union",
        "type Query { n: N } interface N { i: Int } type X implements N { i: Int } "
        "type Y implements N @authenticated { i: Int }",
        "union N = X type Query { n: N } type X { i: Int }",
    ),
    (
        "interface of interfaces, as a union",
        "type Query { n: N m: M } interface N { n: N } interface M implements N { n: M i: Int } "
        "type X implements M & N { n: X i: Int } type Y implements N @authenticated { n: Y }",
        "interface M { n: M i: Int } union N = X type Query { n: N m: M } "
        "type X implements M { n: X i: Int }",
    ),
    (
        "argument that one type refuses",
        "type Query { n: N } interface N { i(e: Int): Int } type X implements N { i(e: Int): Int }"
        " type Y implements N { i(e: Int, m: E): Int } enum E @authenticated { A }",
        "interface N { i(e: Int): Int } type Query { n: N } "
        "type X implements N { i(e: Int): Int } type Y implements N { i(e: Int): Int }",
    ),
    (
        "mutation and subscription types",
        "type Query { a: Int } type Mutation { b: Int @authenticated } "
        "type Subscription { c: Int @authenticated }",
        "type Query { a: Int }",
    ),
    (
        "nothing at all",
        "type Query { a: Int @authenticated } type Mutation { b: Payload } "
        "type Payload { i: Int query: Query }",
        "type Mutation { b: Payload } type Payload { i: Int } type Query { "
        '"""You have no access to this graph: sign in, or request '
        'more rights.""" _: Boolean }',
    ),
]


@pytest.mark.parametrize(("sdl", "left"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_is_denied_or_of_no_use_without_it_is_not_shown(sdl: str, left: str):
    assert shown(sdl) == left


def test_whoever_has_the_rights_is_shown_everything():
    sdl = "type Query { a: Int b: E @authenticated } enum E @authenticated { A }"
    assert shown(sdl, SOMEBODY) == "enum E { A } type Query { a: Int b: E }"


def test_descriptions_defaults_and_deprecations_stay():
    sdl = (
        '"""top""" schema { query: Q } type Q { """one""" a(x: [I!] = [{n: 1}]): Int '
        '@deprecated(reason: "old") b: Int @authenticated } input I @oneOf { n: Int }'
    )
    rules = read_rules(parse(sdl))
    full = build_schema(DEFINITIONS + sdl)
    text = print_schema(SchemaViews(full, rules.index).of(rules.unmet_by(ANONYMOUS)))
    for part in ('"""top"""', '"""one"""', "[{ n: 1 }]", '@deprecated(reason: "old")', "@oneOf"):
        assert part in text


def test_views_of_callers_with_the_same_rights_are_one_object_and_bounded():
    views = SchemaViews(SCHEMA, RULES.index)
    unmet = RULES.unmet_by(holder("pay"))
    assert views.of(unmet) is views.of(frozenset(unmet))
    first = views.of(RULES.unmet_by(ANONYMOUS))
    for number in range(70):
        views.of(frozenset([number]))
    assert views.of(RULES.unmet_by(ANONYMOUS)) is not first


SHOP = """
type Query { goods(by: Filter): [Good] audit: Audit @authenticated }
type Good { name: String cost: Money @requiresScopes(scopes: [["sell"]]) }
type Money { amount: Int }
type Audit { text: String }
input Filter { name: String secretly: Secret }
enum Secret @requiresScopes(scopes: [["sell"]]) { MARGIN }
"""
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", '
    'import: ["@requiresScopes", "@authenticated"])'
)
SUPERGRAPH = compose([Subgraph("shop", "http://shop", LINK + SHOP)]).supergraph_sdl
CALLERS = {"somebody": SOMEBODY, "seller": SELLER}


def names(introspection: Any) -> set[str]:
    types = introspection["data"]["__schema"]["types"]
    return {t["name"] for t in types} & {"Good", "Money", "Audit", "Filter", "Secret"}


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (None, {"Good", "Filter"}),
        ("somebody", {"Good", "Filter", "Audit"}),
        ("seller", {"Good", "Filter", "Audit", "Money", "Secret"}),
    ],
)
async def test_each_door_shows_the_callers_own_view(caller: str | None, expected: set[str]):
    shop = RecordingTransport()
    settings = {"authorization": {"schema_view": "permitted"}}
    async with open_doors(SUPERGRAPH, {"shop": shop}, CALLERS, **settings) as ask:
        for door in DOORS:
            full = await ask(door, get_introspection_query(), caller)
            assert names(full.response) == expected
            one = await ask(door, '{ __type(name: "Money") { name } }', caller)
            money = {"name": "Money"} if "Money" in expected else None
            assert one.response == {"data": {"__type": money}}
    assert shop.requests == []


async def test_a_variable_of_a_hidden_type_does_not_disturb_introspection():
    document = (
        'query ($s: Secret) { goods(by: {secretly: $s}) { name } __type(name: "Good") { name } }'
    )
    shop = RecordingTransport({"data": {"goods": []}})
    settings = {"authorization": {"schema_view": "permitted"}}
    async with open_doors(SUPERGRAPH, {"shop": shop}, CALLERS, **settings) as ask:
        heard = await ask("POST", document, "somebody")
        assert heard.response == {"data": {"goods": [], "__type": {"name": "Good"}}}


async def test_operations_are_judged_as_before_and_errors_suggest_nothing():
    shop = RecordingTransport({"data": {"goods": [{"name": "Pen"}]}})
    settings = {"authorization": {"schema_view": "permitted"}}
    async with open_doors(SUPERGRAPH, {"shop": shop}, CALLERS, **settings) as ask:
        denied = await ask("POST", "{ goods { name cost { amount } } }", "somebody")
        assert (denied.codes, denied.paths) == (["UNAUTHORIZED_FIELD_OR_TYPE"], ["goods.cost"])
        wrong = await ask("POST", "{ goods { name costs } }", "somebody")
        assert [error["message"] for error in wrong.response["errors"]] == [
            "Cannot query field 'costs' on type 'Good'."
        ]


async def test_the_full_schema_is_shown_unless_the_configuration_says_otherwise():
    async with open_doors(SUPERGRAPH, {"shop": RecordingTransport()}, {}) as ask:
        heard = await ask("POST", get_introspection_query())
        assert names(heard.response) == {"Good", "Filter", "Audit", "Money", "Secret"}
        wrong = await ask("POST", "{ goods { costs } }")
        assert "Did you mean 'cost'?" in wrong.response["errors"][0]["message"]


def test_what_policies_guard_is_shown_where_somebody_can_decide_them():
    sdl = LINK.replace('"@authenticated"', '"@authenticated", "@policy"') + (
        'type Query { a: Int b: Int @policy(policies: [["p"]]) '
        'c: Int @authenticated @policy(policies: [["p"]]) }'
    )
    composition = compose([Subgraph("one", "http://one", sdl)])
    options = SupergraphOptions(permitted_view=True)
    decided = LocalPolicies("one", {})
    for sources, fields in (([], ["a"]), ([decided], ["a", "b"])):
        supergraph = Supergraph.load(composition.supergraph_sdl, policies=sources, options=options)
        query = supergraph.schema_for(ANONYMOUS).query_type
        assert query is not None
        assert list(query.fields) == fields
