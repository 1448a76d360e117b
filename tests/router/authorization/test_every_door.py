"""Every place, directive, caller and mode through every door: the same data, the same refusals and
the same fetches as the model says, whether subgraphs are in this process or behind HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.router.authorization.oracle import Oracle
from tests.router.authorization.places import PLACES, Built, build
from tests.router.authorization.test_generated_verdicts import asked, heard, spelt
from tests.router.authorization.test_matrix import CALLERS as PEOPLE
from tests.router.authorization.test_matrix import rules_of
from tests.support.doors import DOORS, Ask, Heard, Listen, clients_of
from tests.support.protecting import HAS, IMPORTS, KNOWN_POLICIES, SCOPES, SIGNED_IN, Rule
from tests.support.recording import RecordingTransport
from tests.support.rest_asking import stored
from tests.support.serving import served
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.rest.profiles import PROFILES
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.snapshot import CountedGraph, Snapshot
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import Transport
from trellis.router.transports.function import FunctionTransport
from trellis.router.transports.http import HttpTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import CallerPolicy, ObjectPolicy, Policy
from trellis.schema.request import RequestContext

RULES = {"signed in": SIGNED_IN, "scopes": SCOPES, "policies": KNOWN_POLICIES}
CALLERS = {name: PEOPLE[name] for name in ("no scopes", "in part", "right", "another way", "admin")}
ASKED = (None, *CALLERS)
FEW = (None, "in part", "another way")
DIALECTS = tuple(PROFILES)
CODE = "UNAUTHORIZED_FIELD_OR_TYPE"


def scope_policies(*, about_objects: bool) -> dict[str, Policy]:
    """Policies that ask for scopes; if wanted as ones that look at objects, whatever they are."""

    def policy(scope: str) -> Policy:
        async def decide(caller: Identity) -> bool:
            return scope in caller.scopes

        async def judge(caller: Identity, objects: Sequence[Any]) -> list[bool]:
            return [scope in caller.scopes for _ in objects]

        return ObjectPolicy(judge) if about_objects else CallerPolicy(decide)

    return {HAS + scope: policy(scope) for scope in "abc"}


@dataclass
class Subgraphs:
    """The world behind the supergraph of the moment; also behind HTTP."""

    url: str = ""
    built: Built | None = None

    async def respond(self, request: Request) -> JSONResponse:
        assert self.built is not None
        body = await request.json()
        send = self.built.universe.transports()[request.path_params["name"]]
        return JSONResponse(await send(body["query"], body.get("variables", {})))

    def transports(self, built: Built) -> dict[str, Transport]:
        self.built = built
        transports = built.universe.transports().items()
        return {name: FunctionTransport(send) for name, send in transports}

    def behind_http(self) -> dict[str, Transport]:
        return {name: HttpTransport(f"{self.url}/{name}") for name in ("here", "there")}


@dataclass
class Stage:
    """The doors of one graph after the other."""

    graph: LiveGraph
    ask: Ask
    events: Listen
    subgraphs: Subgraphs

    def show(self, built: Built, *, reject: bool, about_objects: bool = False) -> None:
        transports = self.subgraphs.transports(built)
        self.serve(supergraph_of(built, transports, reject=reject, about_objects=about_objects))

    def serve(self, supergraph: Supergraph) -> None:
        self.graph.replace(Snapshot(CountedGraph(supergraph)))

    @property
    def requests(self) -> list[tuple[str, str]]:
        assert self.subgraphs.built is not None
        return self.subgraphs.built.universe.requests

    async def reference(self, text: str, caller: str | None) -> tuple[Answer, list[Any]]:
        """The pipeline's own answer and its fetches."""
        self.requests.clear()
        context = RequestContext(CALLERS[caller] if caller else ANONYMOUS)
        result = await answer(GraphQLRequest(text), context, self.graph.supergraph)
        return result, self.spent()

    def spent(self) -> list[Any]:
        """The fetches since the last look, in an order that does not depend on chance."""
        made = sorted(self.requests)
        self.requests.clear()
        return made


def supergraph_of(
    built: Built, transports: dict[str, Transport], *, reject: bool, about_objects: bool = False
) -> Supergraph:
    return Supergraph.load(
        built.sdl,
        transports=transports,
        policies=[LocalPolicies("here", scope_policies(about_objects=about_objects))],
        options=SupergraphOptions(reject=reject, policy_seconds=60),
    )


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    subgraphs = Subgraphs()
    first = build({}, IMPORTS["plain"])
    async with AsyncExitStack() as stack:
        app = Starlette(routes=[Route("/{name}", subgraphs.respond, methods=["POST"])])
        subgraphs.url = await stack.enter_async_context(served(app))
        transports = subgraphs.transports(first)
        graph = LiveGraph.over(supergraph_of(first, transports, reject=False))
        client = await stack.enter_async_context(clients_of(graph, CALLERS))
        yield Stage(graph, client.ask, client.events, subgraphs)


@pytest.fixture(scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as stage:
        yield stage


@dataclass(frozen=True, slots=True)
class Combination:
    rule: Rule
    reject: bool
    operations: Sequence[str]
    callers: Sequence[str | None]


def combinations(place: str) -> Iterator[Combination]:
    """Everything."""
    for rule in RULES.values():
        for reject in (False, True):
            yield Combination(rule, reject, PLACES[place].operations, ASKED)


def sample(place: str) -> Iterator[Combination]:
    """One rule in both modes; over all places each rule has its turn."""
    rules = list(RULES.values())
    number = list(PLACES).index(place)
    operations = cycle(PLACES[place].operations)
    for reject in (False, True):
        yield Combination(rules[number % len(rules)], reject, [next(operations)], FEW)


@pytest.mark.parametrize("place", PLACES)
async def test_every_door_says_what_the_model_says(stage: Stage, place: str):
    for combination in sample(place):
        await check(stage, place, combination)


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
async def test_every_door_says_what_the_model_says_for_each_rule_and_mode(stage: Stage, place: str):
    for combination in combinations(place):
        await check(stage, place, combination)


async def check(stage: Stage, place: str, given: Combination) -> None:
    built = build(rules_of(PLACES[place], given.rule), IMPORTS["plain"])
    stage.show(built, reject=given.reject)
    for text in given.operations:
        for caller in given.callers:
            wanted = Wanted(built, caller, text, given.reject)
            await check_doors(stage, text, caller, wanted)
        await check_rest(stage, text, given.callers)
    await check_http(stage, built, given)


class Wanted:
    """What the model says about one caller's operation."""

    def __init__(self, built: Built, caller: str | None, text: str, reject: bool) -> None:
        self.oracle = Oracle(built.universe.api, built.placed, CALLERS.get(caller or "", ANONYMOUS))
        self.expected = self.oracle.expect(text, {}, built.universe, reject=reject)

    def check(self, result: Answer, universe: Any) -> None:
        code, paths = spelt(self.expected)
        assert heard(result).paths == self.expected.paths
        assert result.executed is not bool(code), (code, paths)
        if self.expected.data is not None:
            # As text, which shows the order of members, too.
            assert json.dumps({"data": result.data}) == json.dumps(self.expected.data)
        if code or self.expected.is_nothing_left:
            assert universe.requests == []
        assert [one for one in asked(universe) if not self.oracle.may_field(*one)] == []


async def check_doors(stage: Stage, text: str, caller: str | None, wanted: Wanted) -> None:
    stage.requests.clear()
    context = RequestContext(CALLERS[caller] if caller else ANONYMOUS)
    result = await answer(GraphQLRequest(text), context, stage.graph.supergraph)
    assert stage.subgraphs.built is not None
    wanted.check(result, stage.subgraphs.built.universe)
    fetched = stage.spent()
    for door in DOORS:
        if door == "GET" and text.startswith("mutation"):
            continue
        told = await stage.ask(door, text, caller)
        assert same(told, result), (door, caller, text, told, result)
        assert stage.spent() == fetched, (door, caller, text)


def same(told: Heard, result: Answer) -> bool:
    expected = result.to_dict()
    if told.status is not None and told.status != result.status:
        return False
    return told.response == expected


async def check_rest(stage: Stage, text: str, callers: Sequence[str | None]) -> None:
    """The plain dialect to the letter, another one by its status and what it fetches."""
    dialect = DIALECTS[sum(map(ord, text)) % len(DIALECTS)]
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(stored(stage.graph, text, CALLERS))
        other = await stack.enter_async_context(stored(stage.graph, text, CALLERS, dialect))
        for caller in callers:
            result, fetched = await stage.reference(text, caller)
            told = await plain.ask(caller)
            status, body = rest_answer(result, plain.stored.root, caller)
            assert told.status_code == status, (text, caller, told.text)
            if body is not None:
                assert told.json() == body, (text, caller)
            # Who must sign in to be shown anything learns so before anything is fetched.
            spent = ([], fetched) if status == 401 else (fetched,)
            assert stage.spent() in spent, (text, caller)
            response = await other.ask(caller)
            if status < 300:
                assert response.status_code == status
            else:
                codes = {401: {401}, 403: {403, 404}, 404: {404}, 500: {500}}
                assert response.status_code in codes[status], (dialect, text)
            assert stage.spent() in spent, (dialect, text, caller)


def rest_answer(result: Answer, root: Sequence[str], caller: str | None) -> tuple[int, Any]:
    """The status, and the body where it shows data."""
    value: Any = result.data if result.executed else None
    for key in root:
        value = value[key] if value is not None else None
    if not root and value is not None and all(one is None for one in value.values()):
        value = None  # of several root fields
    if value is not None:
        return 200, value
    if not result.errors:
        return 404, None
    return (403 if caller else 401), None


async def check_http(stage: Stage, built: Built, given: Combination) -> None:
    """Subgraphs behind HTTP are asked the same."""
    transports = stage.subgraphs.behind_http()
    remote = supergraph_of(built, transports, reject=given.reject)
    text = given.operations[0]
    for caller in (given.callers[0], given.callers[-1]):
        expected, fetched = await stage.reference(text, caller)
        context = RequestContext(CALLERS[caller] if caller else ANONYMOUS)
        result = await answer(GraphQLRequest(text), context, remote)
        assert result.to_dict() == expected.to_dict(), (text, caller)
        assert stage.spent() == fetched, (text, caller)
    for transport in transports.values():
        await transport.aclose()


# -- policies that look at objects --------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
async def test_policies_about_objects_say_the_same_at_every_door(stage: Stage, place: str):
    built = build(rules_of(PLACES[place], KNOWN_POLICIES), IMPORTS["plain"])
    text = PLACES[place].operations[-1]
    for reject in (False, True):
        stage.show(built, reject=reject, about_objects=True)
        for caller in ("in part", "another way"):
            await check_objects(stage, built, text, caller)
        await check_rest(stage, text, ["in part", "another way"])


async def check_objects(stage: Stage, built: Built, text: str, caller: str) -> None:
    """Whoever holds the policies gets all; others lose the objects there are, alike everywhere."""
    result, fetched = await stage.reference(text, caller)
    expected = Oracle(built.universe.api, built.placed, CALLERS[caller]).expect(text, {})
    if not expected.paths:
        assert not result.errors, (text, result)
    assert {e["extensions"]["code"] for e in result.errors} <= {CODE}
    for door in DOORS:
        if door == "GET" and text.startswith("mutation"):
            continue
        told = await stage.ask(door, text, caller)
        assert same(told, result), (door, caller, text, told, result)
        assert stage.spent() == fetched, (door, caller, text)


# -- callers at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("about_objects", [False, True])
async def test_callers_at_once_share_documents_and_plans_but_no_rights(
    stage: Stage, about_objects: bool
):
    text = "{ open things { id own strict friend { own } } }"
    built = build(dict.fromkeys(("own", "strict"), KNOWN_POLICIES), IMPORTS["plain"])
    stage.show(built, reject=False, about_objects=about_objects)
    alone = {caller: (await stage.reference(text, caller))[0] for caller in ASKED}
    assert len({str(result.to_dict()) for result in alone.values()}) == 2

    async def ask_everywhere(caller: str | None) -> None:
        for door in ("POST", "WebSocket", "GET", "batch") * 3:
            told = await stage.ask(door, text, caller)
            assert told.response == alone[caller].to_dict(), (door, caller)
        told = await route.ask(caller)
        assert told.status_code == rest_answer(alone[caller], route.stored.root, caller)[0]

    async with stored(stage.graph, text, CALLERS) as route:
        await asyncio.gather(*(ask_everywhere(caller) for caller in ASKED))


# -- subscriptions ------------------------------------------------------------------------------

TICKER = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
  import: ["@authenticated", "@requiresScopes", "@policy"])
type Query { open: String }
type Subscription { tick: Tick %s  open: Tick }
type Tick %s { number: Int  secret: Int %s }
"""
WRITTEN = {
    SIGNED_IN: "@authenticated",
    SCOPES: '@requiresScopes(scopes: [["a", "b"], ["c"]])',
    KNOWN_POLICIES: '@policy(policies: [["has:a", "has:b"], ["has:c"]])',
}


def ticker(rule: Rule, place: int, *, reject: bool) -> tuple[Supergraph, RecordingTransport]:
    """A stream of two events with the rule at one of three places."""
    texts = [WRITTEN[rule] if number == place else "" for number in range(3)]
    composition = compose([Subgraph("here", "http://here.test", TICKER % tuple(texts))])
    assert not composition.errors, composition.errors
    events = [{"data": {"tick": {"number": n, "secret": 7}}} for n in (1, 2)]
    transport = RecordingTransport(events=tuple(events))
    supergraph = Supergraph.load(
        composition.supergraph_sdl,
        transports={"here": transport},
        policies=[LocalPolicies("here", scope_policies(about_objects=False))],
        options=SupergraphOptions(reject=reject),
    )
    return supergraph, transport


@pytest.mark.parametrize("rule", WRITTEN, ids=lambda rule: rule.feature)
@pytest.mark.parametrize("place", [0, 1], ids=["root field", "its type"])
async def test_a_stream_that_is_denied_is_never_opened(stage: Stage, rule: Rule, place: int):
    for reject in (False, True):
        supergraph, transport = ticker(rule, place, reject=reject)
        stage.serve(supergraph)
        for caller in ASKED:
            may = rule.is_met_by(CALLERS.get(caller or "", ANONYMOUS))
            told = await stage.events("subscription { tick { number } }", caller)
            if may:
                assert [one.response for one in told] == [
                    {"data": {"tick": {"number": number}}} for number in (1, 2)
                ]
                assert len(transport.requests) == 1
            else:
                assert [one.codes for one in told] == [[CODE if caller else "UNAUTHENTICATED"]]
                assert transport.requests == []
            transport.requests.clear()


@pytest.mark.parametrize("rule", WRITTEN, ids=lambda rule: rule.feature)
async def test_a_field_below_a_stream_is_denied_in_each_event_or_at_once(stage: Stage, rule: Rule):
    text = "subscription { tick { number secret } }"
    for reject in (False, True):
        supergraph, transport = ticker(rule, 2, reject=reject)
        stage.serve(supergraph)
        for caller in ASKED:
            may = rule.is_met_by(CALLERS.get(caller or "", ANONYMOUS))
            told = await stage.events(text, caller)
            if reject and not may:
                assert [one.codes for one in told] == [[CODE if caller else "UNAUTHENTICATED"]]
                assert transport.requests == []
                continue
            seen = [one.response["data"]["tick"] for one in told]
            assert seen == [{"number": n, "secret": 7 if may else None} for n in (1, 2)]
            assert [one.codes for one in told] == [[] if may else [CODE]] * 2
            assert ("secret" in transport.requests[0].query) is may
            transport.requests.clear()


async def test_a_stream_ends_with_its_next_event_when_a_policy_changes_its_mind(stage: Stage):
    sdl = TICKER % ("", "", WRITTEN[KNOWN_POLICIES])
    composition = compose([Subgraph("here", "http://here.test", sdl)])
    says = [True, True, False]

    async def decide(caller: Identity) -> bool:
        return says.pop(0)

    events = tuple({"data": {"tick": {"number": n, "secret": 7}}} for n in range(10))
    transport = RecordingTransport(events=events, delay=0.01)
    stage.serve(
        Supergraph.load(
            composition.supergraph_sdl,
            transports={"here": transport},
            policies=[LocalPolicies("here", {"has:c": CallerPolicy(decide)})],
        )
    )
    told = await stage.events("subscription { tick { number secret } }", "another way")
    assert told[0].response == {"data": {"tick": {"number": 0, "secret": 7}}}
    assert [one.codes for one in told[1:]] == [["FORBIDDEN"]]
    assert (transport.closed_streams, says) == (1, [])
