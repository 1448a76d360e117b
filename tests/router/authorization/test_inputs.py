"""Of arguments and input fields only what a request really gives must be permitted."""

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest

from tests.support.recording import RecordingTransport
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import answer, stream
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import CallerPolicy, ObjectPolicy, Policy
from trellis.schema.request import RequestContext

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
  import: ["@authenticated", "@requiresScopes", "@policy"])
type Query {
  open: String
  find(by: Filter, all: [Filter], grid: [[Filter!]], mood: Mood, moods: [Mood], price: Price,
    a: A): Int
  sale(price: Price, times: Int): Int
  thing: Thing
  any: Any
}
type Thing implements Priced { price(in: Price): Int }
type Gift { price: Int }
interface Priced { price(in: Price): Int }
union Any = Thing | Gift
type Mutation { change(by: Filter, times: Int): Int }
type Subscription { found(by: Filter, a: A): Int }
enum Mood @authenticated { GOOD BAD }
scalar Price @policy(policies: [["seller"]])
scalar Rank @requiresScopes(scopes: [["rank"]])
input A { b: [B] }
input B { c: C }
input C { d: D! }
input D { end: Mood, name: String }
input Filter {
  name: String
  mood: Mood
  moods: [Mood!]
  rank: Rank = 7
  price: Price
  inner: Filter
  others: [Filter]
}
"""
SUPERGRAPH = compose([Subgraph("a", "http://a.test", SDL)]).supergraph_sdl
ADA = Identity(id=UUID(int=1), username="ada")
CODE = "UNAUTHORIZED_FIELD_OR_TYPE"


async def refuse_caller(caller: Identity) -> bool:
    return False


class Graph:
    """The graph with a subgraph that knows one answer."""

    def __init__(self, seller: Policy | None = None, **options: Any) -> None:
        self.transport = RecordingTransport({"data": {"open": "yes", "find": 1}})
        policies = {"seller": seller or CallerPolicy(refuse_caller)}
        self.supergraph = Supergraph.load(
            SUPERGRAPH,
            transports={"a": self.transport},
            policies=[LocalPolicies("a", policies)],
            options=SupergraphOptions(**options),
        )

    async def ask(self, query: str, who: Identity = ANONYMOUS, **variables: Any) -> Answer:
        context = RequestContext(who)
        return await answer(GraphQLRequest(query, variables), context, self.supergraph)


def denied(result: Answer) -> list[str]:
    assert {error["extensions"]["code"] for error in result.errors} <= {CODE, "UNAUTHENTICATED"}
    return [".".join(error.get("path", ())) for error in result.errors]


FREE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("by: $by", {}),
    ("by: $by", {"by": None}),
    ("by: $by", {"by": {}}),
    ("by: $by", {"by": {"name": "x", "mood": None, "inner": {"name": "y"}}}),
    ("by: $by", {"by": {"others": [{"name": "x"}, None, {"others": []}]}}),
    ("by: {name: $name, mood: $mood}", {"name": "x"}),
    ("by: {inner: {mood: $mood}, others: [$by]}", {"mood": None, "by": {"name": "x"}}),
    ("by: {mood: null, price: null}", {}),
    ("all: $all", {"all": [{"name": "x"}, {"inner": {}}]}),
    ("all: $all", {"all": {"name": "the one item of a list"}}),
    ("grid: $grid", {"grid": [[{"name": "x"}], None, []]}),
    ("mood: $mood", {}),
    ("mood: $mood, price: $price, moods: $moods", {"mood": None, "price": None}),
    ("a: $a", {"a": {"b": [{"c": {"d": {"name": "x"}}}]}}),
    ("a: {b: [{c: {d: {name: $name}}}]}", {}),
)
GUARDED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mood: GOOD", {}),
    ("mood: $mood", {"mood": "GOOD"}),
    ("mood: $default", {}),
    ("moods: $moods", {"moods": ["BAD"]}),
    ("moods: $moods", {"moods": "BAD"}),
    ("moods: [$mood]", {"mood": "BAD"}),
    ("by: {mood: GOOD}", {}),
    ("by: {mood: $mood}", {"mood": "GOOD"}),
    ("by: {inner: {inner: {mood: BAD}}}", {}),
    ("by: {others: [{name: $name}, {inner: $by}]}", {"by": {"mood": "BAD"}}),
    ("by: $by", {"by": {"mood": "GOOD"}}),
    ("by: $by", {"by": {"inner": {"others": [{}, {"moods": ["BAD"]}]}}}),
    ("by: $filter", {}),
    ("all: $all", {"all": [{"name": "x"}, {"name": "y", "mood": "BAD"}]}),
    ("all: $all", {"all": {"mood": "BAD"}}),
    ("all: [{name: $name}, $by]", {"by": {"moods": ["GOOD"]}}),
    ("grid: $grid", {"grid": [[{"name": "x"}], [{"name": "y"}, {"mood": "GOOD"}]]}),
    ("by: $by", {"by": {"rank": 1}}),
    ("price: $price", {"price": 5}),
    ("price: $price", {"price": {"mood": "a custom scalar may be an object"}}),
    ("by: $by", {"by": {"others": {"price": 0}}}),
    ("a: $a", {"a": {"b": [{"c": {"d": {"end": "BAD"}}}]}}),
    ("a: {b: [$b]}", {"b": {"c": {"d": {"end": "BAD"}}}}),
    ("a: {b: {c: {d: {end: BAD}}}}", {}),
)
DECLARED = {
    "a": "A",
    "b": "B",
    "by": "Filter",
    "all": "[Filter]",
    "grid": "[[Filter!]]",
    "mood": "Mood",
    "moods": "[Mood]",
    "price": "Price",
    "name": "String",
    "default": "Mood = GOOD",
    "filter": 'Filter = {name: "x", inner: {mood: BAD}}',
}


def query(arguments: str, kind: str = "query") -> str:
    used = sorted(set(re.findall(r"\$(\w+)", arguments)))
    declared = ", ".join(f"${name}: {DECLARED[name]}" for name in used)
    head = f"{kind} ({declared})" if declared else kind
    field = "find" if kind == "query" else "change"
    return f"{head} {{ {'open ' if kind == 'query' else ''}{field}({arguments}) }}"


@pytest.mark.parametrize(("arguments", "variables"), FREE)
async def test_what_gives_nothing_protected_is_open_to_everyone(
    arguments: str, variables: dict[str, Any]
):
    graph = Graph()
    result = await graph.ask(query(arguments), **variables)
    assert result.to_dict() == {"data": {"open": "yes", "find": 1}}
    assert len(graph.transport.requests) == 1


@pytest.mark.parametrize(("arguments", "variables"), GUARDED)
async def test_what_gives_something_protected_is_denied_to_those_without_the_right(
    arguments: str, variables: dict[str, Any]
):
    graph = Graph()
    result = await graph.ask(query(arguments), **variables)
    assert (result.data, denied(result)) == ({"open": "yes", "find": None}, ["find"])
    (sent,) = graph.transport.requests
    assert "find" not in sent.query
    strict = Graph(reject=True)
    refused = await strict.ask(query(arguments), **variables)
    assert (refused.status, refused.executed, strict.transport.requests) == (401, False, [])


async def test_one_document_has_one_verdict_for_each_set_of_values():
    graph = Graph()
    document = query("by: $by, mood: $mood")
    for _ in range(2):
        assert denied(await graph.ask(document, by={"name": "x"})) == []
        assert denied(await graph.ask(document, by={"mood": "BAD"})) == ["find"]
        assert denied(await graph.ask(document, by={}, mood="BAD")) == ["find"]
        assert denied(await graph.ask(document, ADA, by={"mood": "BAD"})) == []
        assert denied(await graph.ask(document, ADA, by={"rank": 1})) == ["find"]


async def test_two_users_at_once_with_other_values_do_not_meet():
    graph = Graph()
    document = query("by: $by")
    asked = [(ANONYMOUS, {"mood": "BAD"}), (ADA, {"mood": "BAD"}), (ANONYMOUS, {"name": "x"})] * 5
    results = await asyncio.gather(*(graph.ask(document, who, by=by) for who, by in asked))
    assert [denied(one) for one in results] == [["find"], [], []] * 5


async def test_a_mutation_runs_when_it_gives_nothing_protected():
    graph = Graph()
    graph.transport.reply = {"data": {"change": 1}}
    document = query("by: $by", "mutation")
    assert (await graph.ask(document, by={"name": "x"})).data == {"change": 1}
    refused = await graph.ask(document, by={"inner": {"mood": "GOOD"}})
    assert (refused.status, refused.executed) == (401, False)
    assert len(graph.transport.requests) == 1


async def test_a_stream_goes_on_while_what_its_variables_give_is_permitted():
    graph = Graph()
    graph.transport.events = ({"data": {"found": 1}}, {"data": {"found": 2}})
    document = "subscription ($by: Filter, $a: A) { found(by: $by, a: $a) }"
    named, ended = ({"b": [{"c": {"d": end}}]} for end in ({"name": "x"}, {"end": "GOOD"}))

    async def events(who: Identity, text: str = document, **given: Any) -> list[Answer]:
        request = GraphQLRequest(text, given, kinds=ALL_KINDS)
        return [one async for one in stream(request, RequestContext(who), graph.supergraph)]

    without_policies = "subscription ($a: A) { found(a: $a) }"
    for answers in (
        await events(ANONYMOUS, by={"name": "x"}, a=named),
        await events(ADA, by={"mood": "GOOD"}, a=ended),
        await events(ANONYMOUS, without_policies, a=named),
        await events(ADA, without_policies, a=ended),
    ):
        assert [one.to_dict() for one in answers] == [{"data": {"found": n}} for n in (1, 2)]
    (refused,) = await events(ANONYMOUS, without_policies, a=ended)
    assert refused.data is None
    (refused,) = await events(ANONYMOUS, by={"mood": "GOOD"})
    assert refused.data is None
    assert refused.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_defaults_of_the_schema_are_not_the_callers():
    graph = Graph()
    assert denied(await graph.ask(query("by: $by"), by={"name": "x"})) == []
    assert denied(await graph.ask("{ open find(by: {}) }")) == []


async def test_policies_about_values_are_asked_only_when_one_is_given():
    asked: list[Any] = []

    async def judge(caller: Identity, objects: Any) -> list[bool]:
        asked.extend(objects)
        return [one["price"] == 1 for one in objects]

    graph = Graph(ObjectPolicy(judge, needs={"Query": "", "Thing": ""}))
    document = "query ($price: Price) { open sale(price: $price, times: 2) }"
    graph.transport.reply = {"data": {"open": "yes", "sale": 1}}
    assert (await graph.ask(document)).data == {"open": "yes", "sale": 1}
    assert (await graph.ask(document, price=None)).data == {"open": "yes", "sale": 1}
    assert asked == []
    assert (await graph.ask(document, price=1)).data == {"open": "yes", "sale": 1}
    assert (await graph.ask(document, price=2)).data == {"open": "yes", "sale": None}
    about = {"__typename": "Query", "__field": "sale", "times": 2}
    assert asked == [{**about, "price": 1}, {**about, "price": 2}]


@pytest.mark.parametrize("condition", ["Thing", "Priced"])
async def test_policies_about_values_are_told_the_type_that_has_the_field(condition: str):
    asked: list[Any] = []

    async def judge(caller: Identity, objects: Any) -> list[bool]:
        asked.extend(objects)
        return [True for _ in objects]

    graph = Graph(ObjectPolicy(judge))
    graph.transport.reply = {"data": {"any": {"__typename": "Thing", "price": 3}}}
    result = await graph.ask(f"{{ any {{ ... on {condition} {{ price(in: 5) }} }} }}")
    assert result.to_dict() == {"data": {"any": {"price": 3}}}
    assert asked == [{"__typename": "Thing", "__field": "price", "in": 5}]


async def test_policies_about_the_caller_are_asked_only_when_a_value_is_given():
    asked: list[str | None] = []

    async def is_seller(caller: Identity) -> bool:
        asked.append(caller.username)
        return True

    graph = Graph(CallerPolicy(is_seller))
    document = query("by: $by")
    assert denied(await graph.ask(document, ADA, by={"name": "x"})) == []
    assert asked == []
    assert denied(await graph.ask(document, ADA, by={"inner": {"price": 3}})) == []
    assert asked == ["ada"]
