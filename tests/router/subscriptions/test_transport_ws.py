"""graphql-transport-ws to the letter, spoken with a real WebSocket client over a real server."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.serving import served
from tests.support.toy_graph import ToyGraph
from trellis.router.answer import Answer
from trellis.router.config import StreamLimits
from trellis.router.identity.credentials import Credentials
from trellis.router.operation.request import GraphQLRequest
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.web.errors import Errors
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.request_id import RequestId
from trellis.router.web.services import Services
from trellis.schema.errors import TrellisError, Unauthenticated, Unavailable
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

ADA = Identity(id=uuid4(), username="ada", roles=frozenset({"user"}), tier="basic")
ROBOT = Identity(id=uuid4(), username="robot", kind="service", key_id="key-1")
AT_ONCE = StreamLimits(recheck_seconds=0.05)


class Callers:
    """Who a token stands for; a test may revoke one at any time."""

    def __init__(self) -> None:
        self.tokens = {"Bearer ada": ADA, "trk_robot": ROBOT}
        self.looks = 0

    async def authenticate(self, credentials: Credentials) -> Identity:
        self.looks += 1
        if credentials.vouched is not None:
            return credentials.vouched
        authorization = credentials.authorization or credentials.api_key
        if authorization is None:
            return ANONYMOUS
        if authorization not in self.tokens:
            raise Unauthenticated("The access token is not valid.", reason="TOKEN_INVALID")
        return self.tokens[authorization]


@pytest.fixture
def callers() -> Callers:
    return Callers()


@pytest.fixture
def graph() -> ToyGraph:
    return ToyGraph()


@asynccontextmanager
async def door(
    graph: ToyGraph, callers: Callers, limits: StreamLimits | None = None, **options: Any
) -> AsyncIterator[str]:
    services = Services(
        graph=graph,
        make_context=ContextMaker(("authorization", "accept-language"), 30),
        authenticate=callers.authenticate,
        streams=limits or StreamLimits(),
    )
    app = TransportWs(services, **options)
    async with served(Errors(RequestId(app))) as url:
        yield url.replace("http", "ws")


@pytest.fixture
async def url(graph: ToyGraph, callers: Callers) -> AsyncIterator[str]:
    async with door(graph, callers) as url:
        yield url


@asynccontextmanager
async def socket(
    url: str, init: Any = None, *, acknowledged: bool = True, **options: Any
) -> AsyncIterator[ClientConnection]:
    options.setdefault("subprotocols", ["graphql-transport-ws"])
    async with connect(url, **options) as connection:
        if acknowledged:
            await say(connection, type="connection_init", payload=init or {})
            assert await heard(connection) == {"type": "connection_ack"}
        yield connection


async def say(connection: ClientConnection, **message: Any) -> None:
    await connection.send(orjson.dumps(message).decode())


async def heard(connection: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return orjson.loads(await connection.recv())


async def closed(connection: ClientConnection) -> tuple[int, str]:
    """Reads to the end; the close code and reason."""
    async with asyncio.timeout(5):
        with suppress(ConnectionClosed):
            while True:
                await connection.recv()
    assert connection.close_code is not None
    return connection.close_code, connection.close_reason or ""


async def subscribe(connection: ClientConnection, query: str, id: str = "1", **more: Any) -> None:
    await say(connection, id=id, type="subscribe", payload={"query": query, **more})


async def settled(graph: ToyGraph) -> int:
    """How many streams run once a second has passed or none does."""
    for _ in range(100):
        if graph.running == 0:
            break
        await asyncio.sleep(0.01)
    return graph.running


async def test_a_subscription_sends_its_events_and_completes(url: str, graph: ToyGraph):
    async with socket(url) as connection:
        await subscribe(connection, "subscription { count(to: 2) }")
        assert [await heard(connection) for _ in range(3)] == [
            {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "1", "type": "next", "payload": {"data": {"count": 2}}},
            {"id": "1", "type": "complete"},
        ]
    assert await settled(graph) == 0


async def test_queries_and_mutations_travel_too(url: str, graph: ToyGraph):
    async with socket(url) as connection:
        await subscribe(
            connection,
            "query A($t: String!) { echo(text: $t) } mutation B { add(by: 5) }",
            operationName="A",
            variables={"t": "hi"},
        )
        assert (await heard(connection))["payload"] == {"data": {"echo": "hi"}}
        assert await heard(connection) == {"id": "1", "type": "complete"}
        await subscribe(connection, "mutation { add(by: 5) }")
        assert (await heard(connection))["payload"] == {"data": {"add": 5}}
    assert graph.total == 5


async def test_each_operation_has_a_context_of_its_own(url: str, graph: ToyGraph):
    async with socket(url) as connection:
        for name in ("a", "b"):
            await subscribe(connection, "{ hello }", id=name)
            await heard(connection)
            await heard(connection)
    assert len({id(context) for context in graph.contexts}) == 2
    assert all(context.request_id for context in graph.contexts)


async def test_a_refused_operation_is_an_error_and_leaves_the_others_alone(url: str):
    async with socket(url) as connection:
        await subscribe(connection, "subscription { forever }", id="good")
        for bad in ("subscription { forever", "{ nothing }"):
            await subscribe(connection, bad, id="bad")
            while (message := await heard(connection))["id"] == "good":
                assert message["type"] == "next"
            assert message["type"] == "error"
            assert message["payload"][0]["extensions"]["code"].startswith("GRAPHQL_")
        assert (await heard(connection))["id"] == "good"


async def test_a_failing_source_ends_only_its_stream_and_leaks_nothing(url: str):
    async with socket(url) as connection:
        await subscribe(connection, "subscription { breaks }")
        assert (await heard(connection))["payload"] == {"data": {"breaks": 1}}
        message = await heard(connection)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL"
        assert "swordfish" not in str(message)
        await subscribe(connection, "{ hello }")
        assert (await heard(connection))["payload"] == {"data": {"hello": "world"}}


async def test_completing_ends_the_source_and_frees_the_id(url: str, graph: ToyGraph):
    async with socket(url) as connection:
        await subscribe(connection, "subscription { forever }")
        await heard(connection)
        assert graph.running == 1
        await say(connection, id="1", type="complete")
        assert await settled(graph) == 0
        await say(connection, id="unknown", type="complete")
        await subscribe(connection, "{ hello }")
        while (message := await heard(connection))["payload"] != {"data": {"hello": "world"}}:
            assert message["type"] == "next"


async def test_leaving_ends_every_source(url: str, graph: ToyGraph):
    async with socket(url) as connection:
        for id in ("a", "b"):
            await subscribe(connection, "subscription { forever }", id=id)
        await heard(connection)
    assert await settled(graph) == 0


async def test_ping_is_answered_with_its_payload_also_before_the_init(url: str):
    async with socket(url, acknowledged=False) as connection:
        await say(connection, type="ping", payload={"x": 1})
        assert await heard(connection) == {"type": "pong", "payload": {"x": 1}}
        await say(connection, type="ping")
        assert await heard(connection) == {"type": "pong"}
        await say(connection, type="pong")
        await say(connection, type="connection_init")
        assert await heard(connection) == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "message",
    [
        b'{"type":"connection_init"}',
        "{",
        "[]",
        '"text"',
        "{}",
        '{"type":"start"}',
        '{"type":"connection_init","payload":5}',
        '{"type":"ping","payload":[]}',
        '{"type":"subscribe","payload":{"query":"{ hello }"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}',
        '{"type":"subscribe","id":7,"payload":{"query":"{ hello }"}}',
        '{"type":"complete"}',
        '{"type":"ping","payload":' + '{"a":' * 100 + "1" + "}" * 101,
    ],
)
async def test_a_message_the_protocol_does_not_know_closes_with_4400(
    url: str, message: str | bytes
):
    async with socket(url, acknowledged=False) as connection:
        await connection.send(message)
        code, reason = await closed(connection)
        assert code == 4400
        assert reason.startswith("Invalid message: ")
        assert reason.endswith("binary") is isinstance(message, bytes)


@pytest.mark.parametrize(
    "payload", [None, {}, {"query": 5}, {"query": "{ hello }", "variables": 5}]
)
async def test_a_malformed_operation_closes_with_4400(url: str, payload: Any):
    async with socket(url) as connection:
        await say(connection, id="1", type="subscribe", payload=payload)
        assert (await closed(connection))[0] == 4400


async def test_subscribing_before_the_acknowledgement_closes_with_4401(url: str, graph: ToyGraph):
    async with socket(url, acknowledged=False) as connection:
        await subscribe(connection, "mutation { add }")
        assert await closed(connection) == (4401, "Unauthorized")
    assert graph.total == 0


async def test_another_subprotocol_closes_with_4406(url: str):
    for subprotocols in (["graphql-ws"], None):
        async with socket(url, acknowledged=False, subprotocols=subprotocols) as connection:
            assert (await closed(connection))[0] == 4406


async def test_no_init_in_time_closes_with_4408(graph: ToyGraph, callers: Callers):
    limits = StreamLimits(init_seconds=0.05)
    async with door(graph, callers, limits) as url:
        async with socket(url, acknowledged=False) as connection:
            assert await closed(connection) == (4408, "Connection initialisation timeout")
        async with socket(url) as connection:
            await asyncio.sleep(0.1)
            await subscribe(connection, "{ hello }")
            assert (await heard(connection))["type"] == "next"


async def test_an_id_in_use_closes_with_4409(url: str, graph: ToyGraph):
    async with socket(url) as connection:
        await subscribe(connection, "subscription { forever }")
        await subscribe(connection, "subscription { forever }")
        assert await closed(connection) == (4409, "Subscriber for 1 already exists")
    assert await settled(graph) == 0


async def test_a_second_init_closes_with_4429(url: str):
    async with socket(url) as connection:
        await say(connection, type="connection_init")
        assert await closed(connection) == (4429, "Too many initialisation requests")


@pytest.mark.parametrize(
    "init",
    [
        {"authorization": "Bearer ada"},
        {"Authorization": "Bearer ada"},
        {"headers": {"Authorization": "Bearer ada"}},
    ],
)
async def test_the_init_payload_may_carry_the_token(url: str, init: Any):
    async with socket(url, init) as connection:
        await subscribe(connection, "{ whoami }")
        assert (await heard(connection))["payload"] == {"data": {"whoami": "ada"}}


async def test_the_token_travels_on_to_remote_subgraphs(url: str, graph: ToyGraph):
    headers = {"Accept-Language": "de", "X-Forged": "1"}
    init = {"authorization": "Bearer ada"}
    async with socket(url, init, additional_headers=headers) as connection:
        await subscribe(connection, "{ whoami }")
        await heard(connection)
    assert graph.contexts[0].headers == {
        "authorization": "Bearer ada",
        "accept-language": "de",
    }


async def test_allowed_names_of_the_init_payload_travel_on_like_headers(url: str, graph: ToyGraph):
    headers = {"Accept-Language": "de", "X-Forged": "1"}
    for init in (
        {"Accept-Language": "fr", "x-forged": "2", "theme": "dark"},
        {"headers": {"accept-language": "fr", "x-trellis-identity": "admin"}},
        {"accept-language": "fr", "headers": {"accept-language": "it"}},
    ):
        async with socket(url, init, additional_headers=headers) as connection:
            await subscribe(connection, "{ whoami }")
            await heard(connection)
        assert graph.contexts.pop().headers == {"accept-language": "fr"}


@pytest.mark.parametrize("value", [5, None, ["fr"], {"a": "b"}])
async def test_what_is_no_text_in_the_init_payload_stays_here(
    url: str, graph: ToyGraph, value: Any
):
    async with socket(url, {"accept-language": value}) as connection:
        await subscribe(connection, "{ whoami }")
        await heard(connection)
    assert graph.contexts[0].headers == {}


async def test_a_value_longer_than_a_header_closes_with_4400(url: str):
    async with socket(url, acknowledged=False) as connection:
        init = {"accept-language": "x" * 8_193}
        await say(connection, type="connection_init", payload=init)
        assert await closed(connection) == (
            4400,
            "Invalid message: 'accept-language' has over 8192 characters.",
        )


async def test_so_may_the_handshake(url: str):
    async with socket(url, additional_headers={"Authorization": "Bearer ada"}) as connection:
        await subscribe(connection, "{ whoami }")
        assert (await heard(connection))["payload"] == {"data": {"whoami": "ada"}}


async def test_a_bad_token_closes_with_4403(url: str):
    async with socket(url, acknowledged=False) as connection:
        payload = {"authorization": "Bearer eve"}
        await say(connection, type="connection_init", payload=payload)
        assert await closed(connection) == (4403, "Forbidden: The access token is not valid.")


async def test_the_end_of_the_token_ends_the_streams(url: str, graph: ToyGraph, callers: Callers):
    expires_at = int(time.time()) + 2
    callers.tokens["Bearer ada"] = replace(ADA, expires_at=expires_at)
    async with socket(url, {"authorization": "Bearer ada"}) as connection:
        await subscribe(connection, "subscription { forever }")
        code, reason = await closed(connection)
        assert (code, reason) == (4403, "Forbidden: the access token has expired")
        assert expires_at <= time.time() < expires_at + 1
    assert await settled(graph) == 0


async def test_a_revoked_token_ends_the_streams(url: str, graph: ToyGraph, callers: Callers):
    async with socket(url, {"authorization": "Bearer ada"}) as connection:
        await subscribe(connection, "subscription { forever }")
        await heard(connection)
        del callers.tokens["Bearer ada"]
        assert (await closed(connection))[0] == 4403
    assert await settled(graph) == 0


async def test_a_revoked_token_closes_a_socket_on_which_nothing_happens(
    graph: ToyGraph, callers: Callers
):
    async with (
        door(graph, callers, AT_ONCE) as url,
        socket(url, {"authorization": "Bearer ada"}) as connection,
        socket(url) as anonymous,
    ):
        await subscribe(connection, "subscription { blocks }")
        del callers.tokens["Bearer ada"]
        started = time.monotonic()
        assert (await closed(connection))[0] == 4403
        assert time.monotonic() - started < 1
        await say(anonymous, type="ping")
        assert await heard(anonymous) == {"type": "pong"}
    assert await settled(graph) == 0


@pytest.mark.parametrize(
    "now",
    [
        replace(ADA, roles=frozenset()),
        replace(ADA, tier="free"),
        replace(ADA, tenant_id=uuid4()),
        replace(ADA, id=uuid4()),
    ],
    ids=["a role", "a tier", "another tenant", "another person"],
)
async def test_rights_lost_end_the_streams_before_the_next_event(
    url: str, graph: ToyGraph, callers: Callers, now: Identity
):
    async with socket(url, {"authorization": "Bearer ada"}) as connection:
        await subscribe(connection, "subscription { forever }")
        await heard(connection)
        callers.tokens["Bearer ada"] = now
        code, reason = await closed(connection)
        assert (code, reason) == (4403, "Forbidden: Your rights have changed; connect again.")
    assert await settled(graph) == 0


async def test_rights_won_hold_from_the_next_operation_on(graph: ToyGraph, callers: Callers):
    async with (
        door(graph, callers, AT_ONCE) as url,
        socket(url, {"authorization": "Bearer ada"}) as connection,
    ):
        promoted = replace(ADA, roles=frozenset({"user", "admin"}))
        callers.tokens["Bearer ada"] = promoted
        await asyncio.sleep(0.2)
        await subscribe(connection, "{ whoami }")
        await heard(connection)
        assert graph.contexts[-1].identity == promoted


@pytest.mark.parametrize(
    "init",
    [
        {"x-api-key": "trk_robot"},
        {"X-API-Key": "trk_robot"},
        {"headers": {"x-api-key": "trk_robot"}},
    ],
)
async def test_the_init_payload_may_carry_an_api_key(
    url: str, graph: ToyGraph, callers: Callers, init: Any
):
    async with socket(url, init) as connection:
        await subscribe(connection, "subscription { forever }")
        await heard(connection)
        assert graph.contexts[-1].identity == ROBOT
        del callers.tokens["trk_robot"]
        assert (await closed(connection))[0] == 4403


async def test_so_may_the_handshake_carry_a_key(url: str, graph: ToyGraph):
    async with socket(url, additional_headers={"x-api-key": "trk_robot"}) as connection:
        await subscribe(connection, "{ whoami }")
        await heard(connection)
        assert graph.contexts[-1].identity == ROBOT


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer ada"), ("authorization", "Bearer ada")],
        [("authorization", "Bearer ada"), ("x-api-key", "trk_robot")],
    ],
)
async def test_two_proofs_in_the_handshake_close_with_4400(url: str, headers: Any):
    async with socket(url, acknowledged=False, additional_headers=headers) as connection:
        await say(connection, type="connection_init")
        assert (await closed(connection))[0] == 4400


async def test_two_proofs_in_the_init_close_with_4400(url: str):
    async with socket(url, acknowledged=False) as connection:
        payload = {"authorization": "Bearer ada", "x-api-key": "trk_robot"}
        await say(connection, type="connection_init", payload=payload)
        assert (await closed(connection))[0] == 4400


async def test_pages_of_other_origins_are_not_let_in(graph: ToyGraph, callers: Callers):
    async with door(graph, callers, allowed_origins=["https://app.example"]) as url:
        own = url.replace("ws", "http")
        for origin in ("https://app.example", own):
            async with socket(url, origin=origin):
                pass
        with pytest.raises(InvalidStatus) as caught:
            async with socket(url, origin="https://evil.example"):
                pass
        assert caught.value.response.status_code == 403


async def test_too_many_operations_are_refused_one_by_one(graph: ToyGraph, callers: Callers):
    async with (
        door(graph, callers, StreamLimits(operations=2)) as url,
        socket(url) as connection,
    ):
        for id in ("a", "b", "c"):
            await subscribe(connection, "{ slow }", id=id)
        message = await heard(connection)
        assert (message["id"], message["type"]) == ("c", "error")
        assert message["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        await subscribe(connection, "{ hello }", id="a")
        assert (await closed(connection))[0] == 4409


async def test_a_client_that_does_not_read_is_let_go_and_delays_nobody(
    graph: ToyGraph, callers: Callers
):
    limits = StreamLimits(queue=4, slow_seconds=0.2)
    async with (
        door(graph, callers, limits) as url,
        socket(url, max_queue=1, compression=None) as slow,
        socket(url, close_timeout=0.2) as quick,
    ):
        await subscribe(slow, "subscription { blocks }")
        await subscribe(quick, "subscription { forever }")
        async with asyncio.timeout(20):
            assert (await heard(slow))["type"] == "next"
            while graph.running > 1:
                assert (await heard(quick))["type"] == "next"
        assert (await heard(quick))["type"] == "next"
        slow.transport.abort()  # it would wait ten seconds for a close frame it does not read


# -- without a network, step by step ------------------------------------------------------------


Source = asyncio.Queue[Answer | None]


class HandFed:
    """A graph whose streams give what a test puts into them; ``opened`` has them in order."""

    def __init__(self) -> None:
        self.opened: asyncio.Queue[Source] = asyncio.Queue()
        self.fails_at_the_end = False
        self.ended = 0

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        raise NotImplementedError

    async def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        source: Source = asyncio.Queue()
        self.opened.put_nowait(source)
        try:
            while (given := await source.get()) is not None:
                yield given
        finally:
            self.ended += 1
            if self.fails_at_the_end:
                raise RuntimeError("the source cannot be closed")

    async def next_source(self) -> Source:
        async with asyncio.timeout(10):
            return await self.opened.get()


def numbered(number: int) -> Answer:
    return Answer({"n": number})


class Line:
    """The ASGI end of one socket: what a client says, and what it is sent, message by message."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.said.put_nowait({"type": "websocket.connect"})

    def say(self, **message: Any) -> None:
        text = orjson.dumps(message).decode()
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    def subscribe(self, id: str) -> None:
        self.say(id=id, type="subscribe", payload={"query": "subscription { n }"})

    async def hear(self) -> Any:
        """The next message; the code and reason of a close."""
        async with asyncio.timeout(10):
            event = await self.sent.get()
        if event["type"] == "websocket.close":
            return event["code"], event["reason"]
        return orjson.loads(event["text"]) if "text" in event else event["type"]

    async def pong(self) -> None:
        """Everything said before has been read, and nothing but the answer to this was sent."""
        self.say(type="ping")
        assert await self.hear() == {"type": "pong"}


@asynccontextmanager
async def line(
    graph: Any,
    callers: Any,
    *,
    init: Any = None,
    limits: StreamLimits | None = None,
    **more: Any,
) -> AsyncIterator[Line]:
    """A socket on which ``connection_init`` has been sent; nobody looks at rights by the clock."""
    limits = limits or StreamLimits(recheck_seconds=3600)
    services = Services(
        graph=graph,
        make_context=ContextMaker((), 30),
        authenticate=callers.authenticate,
        streams=limits,
        **more,
    )
    door = TransportWs(services)
    ends = Line()
    scope = {
        "type": "websocket",
        "subprotocols": ["graphql-transport-ws"],
        "headers": [],
        "client": ("192.0.2.1", 1),
    }
    running = asyncio.create_task(door(scope, ends.said.get, ends.sent.put))
    assert await ends.hear() == "websocket.accept"
    ends.say(type="connection_init", payload=init or {})
    yield ends
    ends.said.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await running


def event(id: str, number: int) -> dict[str, Any]:
    return {"id": id, "type": "next", "payload": {"data": {"n": number}}}


ADA_INIT = {"authorization": "Bearer ada"}
ACK = {"type": "connection_ack"}


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (None, "Forbidden: The access token is not valid."),
        (replace(ADA, roles=frozenset()), "Forbidden: Your rights have changed; connect again."),
    ],
    ids=["signed out", "a role lost"],
)
async def test_an_event_after_the_rights_are_lost_is_not_sent(
    callers: Callers, now: Identity | None, reason: str
):
    graph = HandFed()
    async with line(graph, callers, init=ADA_INIT) as client:
        assert await client.hear() == ACK
        client.subscribe("1")
        source = await graph.next_source()
        source.put_nowait(numbered(1))
        assert await client.hear() == event("1", 1)
        if now is None:
            del callers.tokens["Bearer ada"]
        else:
            callers.tokens["Bearer ada"] = now
        source.put_nowait(numbered(2))
        assert await client.hear() == (4403, reason)
    assert graph.ended == 1


async def test_nothing_more_is_sent_of_an_operation_that_the_client_has_completed(
    callers: Callers,
):
    graph = HandFed()
    graph.fails_at_the_end = True
    async with line(graph, callers) as client:
        assert await client.hear() == ACK
        client.subscribe("1")
        await graph.next_source()
        client.say(id="1", type="complete")
        client.subscribe("1")
        second = await graph.next_source()
        assert graph.ended == 1
        await client.pong()
        second.put_nowait(numbered(7))
        assert await client.hear() == event("1", 7)
        client.subscribe("1")
        assert await client.hear() == (4409, "Subscriber for 1 already exists")


class Outage:
    """Nobody can say who calls."""

    async def authenticate(self, credentials: Credentials) -> Identity:
        raise Unavailable("Sign-in is not available.")


@pytest.mark.parametrize(
    ("callers", "close", "counted"),
    [
        (Outage(), (1013, "Sign-in is not available."), []),
        (Callers(), (4403, "Forbidden: The access token is not valid."), ["192.0.2.1"]),
    ],
    ids=["outage", "bad token"],
)
async def test_a_bad_token_counts_as_a_try_and_an_outage_does_not(
    callers: Any, close: tuple[int, str], counted: list[str]
):
    tries: list[str | None] = []

    async def count(error: TrellisError, context: RequestContext) -> tuple[TrellisError, Any]:
        tries.append(context.client_address)
        return error, ()

    init = {"authorization": "Bearer eve"}
    async with line(HandFed(), callers, init=init, count=count) as client:
        assert await client.hear() == close
    assert tries == counted


class Wordy:
    """Refuses with more words than a close frame holds."""

    async def authenticate(self, credentials: Credentials) -> Identity:
        raise Unauthenticated("\u00e9" * 200, reason="TOKEN_INVALID")


async def test_the_reason_of_a_close_is_cut_to_what_its_frame_holds():
    # RFC 6455, section 5.5: 125 bytes with the code.
    async with line(HandFed(), Wordy()) as client:
        code, reason = await client.hear()
    assert (code, reason) == (4403, "Forbidden: " + "\u00e9" * 56)
    assert len(reason.encode()) == 123


class Failing:
    """Knows the caller for a number of looks, then breaks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    async def authenticate(self, credentials: Credentials) -> Identity:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("swordfish")
        return ADA


async def test_a_fault_of_ours_while_rights_are_looked_at_closes_with_1011():
    always = StreamLimits(recheck_seconds=0.001)
    for looks, limits in ((0, None), (1, always), (3, always)):
        async with line(HandFed(), Failing(looks), init=ADA_INIT, limits=limits) as client:
            if looks:
                assert await client.hear() == ACK
            assert await client.hear() == (1011, "Internal error")


async def test_a_fault_of_ours_before_an_event_ends_the_operation_without_it():
    graph = HandFed()
    async with line(graph, Failing(1), init=ADA_INIT) as client:
        assert await client.hear() == ACK
        client.subscribe("1")
        (await graph.next_source()).put_nowait(numbered(1))
        message = await client.hear()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL"


@pytest.mark.parametrize("operations", [1, 3])
async def test_as_many_operations_as_allowed_run_at_once(callers: Callers, operations: int):
    graph = HandFed()
    limits = StreamLimits(operations=operations, recheck_seconds=3600)
    async with line(graph, callers, limits=limits) as client:
        assert await client.hear() == ACK
        for number in range(operations):
            client.subscribe(str(number))
        first, *_ = [await graph.next_source() for _ in range(operations)]
        await client.pong()
        client.subscribe("one too many")
        message = await client.hear()
        assert (message["id"], message["type"]) == ("one too many", "error")
        first.put_nowait(None)
        assert await client.hear() == {"id": "0", "type": "complete"}
        client.subscribe("one too many")
        await graph.next_source()
        await client.pong()


async def test_whoever_has_no_rights_to_lose_is_not_looked_at_again(callers: Callers):
    always = StreamLimits(recheck_seconds=0.001)
    async with line(HandFed(), callers, limits=always) as client:
        assert await client.hear() == ACK
        await asyncio.sleep(0.02)
        await client.pong()
    assert callers.looks == 1
