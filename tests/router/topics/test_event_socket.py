"""The event socket, spoken with a real WebSocket client over a real server."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.rooms import ADA, Served, closed, receive, send, serving_rooms, subscribe
from trellis.router.config import Limits, StreamLimits
from trellis.router.config.rate_limits import RateLimits

QUICK = StreamLimits(recheck_seconds=0.05, operations=5)


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving_rooms(tmp_path_factory.mktemp("rooms"), websocket=QUICK) as served:
        yield served


@pytest.fixture(autouse=True)
def fresh(door: Served) -> None:
    door.rooms.posts.clear()
    door.rooms.begun = 0
    door.callers.__init__()


# -- subscribing -----------------------------------------------------------------------------------


async def test_events_have_the_form_of_the_dialect_and_a_cursor(door: Served):
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        await door.rooms.post("a", "hello", "again")
        assert [await receive(socket) for _ in range(2)] == [
            {
                "type": "event",
                "topic": "room",
                "id": "a",
                "cursor": str(number),
                "data": {"text": text, "author": {"name": "grace"}},
            }
            for number, text in ((1, "hello"), (2, "again"))
        ]
    assert await door.settled() == 0


async def test_a_subscription_that_ends_says_so(door: Served):
    async with door.connect() as socket:
        await subscribe(socket, topic="countdown", id="2")
        event = {"type": "event", "topic": "countdown", "id": "2"}
        assert [await receive(socket) for _ in range(3)] == [
            {**event, "data": 2},
            {**event, "data": 1},
            {"type": "completed", "topic": "countdown", "id": "2"},
        ]


async def test_who_unsubscribes_hears_no_more_and_may_subscribe_again(door: Served):
    async with door.connect() as socket:
        for text in ("first", "second"):
            await subscribe(socket, topic="room", id="a")
            await door.rooms.post("a", text)
            assert (await receive(socket))["data"]["text"] == text
            await send(socket, type="unsubscribe", topic="room", id="a")
            assert await receive(socket) == {"type": "unsubscribed", "topic": "room", "id": "a"}
            assert await door.settled() == 0
            await door.rooms.post("a", "nobody hears it")


async def test_what_was_ended_at_once_is_not_acknowledged_later(door: Served):
    async with door.connect() as socket:
        for _ in range(3):
            await send(socket, type="subscribe", topic="room", id="a")
            await asyncio.sleep(0.01)
            await send(socket, type="unsubscribe", topic="room", id="a")
            assert (await receive(socket))["type"] == "unsubscribed"
        await asyncio.sleep(0.3)
        await send(socket, type="ping")
        assert await receive(socket) == {"type": "pong"}


async def test_subscribing_twice_is_one_subscription(door: Served):
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        await subscribe(socket, topic="room", id="a")
        await door.rooms.post("a", "once")
        await send(socket, type="ping")
        assert [(await receive(socket))["type"] for _ in range(2)] == ["event", "pong"]
        assert door.rooms.begun == 1


async def test_equal_subscriptions_of_a_caller_share_one_source(door: Served):
    async with door.connect() as one, door.connect() as other, door.connect("bob") as bob:
        for socket in (one, other, bob):
            await subscribe(socket, topic="room", id="a")
        assert door.rooms.begun == 2
        await door.rooms.post("a", "hello")
        texts = [(await receive(socket))["data"]["text"] for socket in (one, other, bob)]
        assert texts == ["hello"] * 3


async def test_rooms_of_one_topic_are_apart(door: Served):
    async with door.connect() as socket:
        for room in ("a", "b"):
            await subscribe(socket, topic="room", id=room)
        await door.rooms.post("b", "for b")
        event = await receive(socket)
        assert (event["id"], event["data"]["text"]) == ("b", "for b")


# -- coming back -----------------------------------------------------------------------------------


async def test_who_comes_back_gets_what_was_missed_and_nothing_twice(door: Served):
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        await door.rooms.post("a", "one")
        cursor = (await receive(socket))["cursor"]
    await door.rooms.post("a", "two", "three")
    async with door.connect() as socket:
        await send(socket, type="subscribe", topic="room", id="a", after=cursor)
        await door.rooms.post("a", "four")
        assert (await receive(socket))["type"] == "subscribed"
        texts = [(await receive(socket))["data"]["text"] for _ in range(3)]
        assert texts == ["two", "three", "four"]
        await send(socket, type="ping")
        assert await receive(socket) == {"type": "pong"}


async def test_connections_that_break_at_any_moment_neither_lose_nor_repeat(door: Served):
    chance = random.Random(7)
    total, seen, cursor = 120, [], "0"

    async def posting() -> None:
        for number in range(total):
            await door.rooms.post("a", str(number))
            await asyncio.sleep(0.002)

    task = asyncio.create_task(posting())
    while len(seen) < total:
        async with door.connect() as socket:
            await send(socket, type="subscribe", topic="room", id="a", after=cursor)
            await send(socket, type="subscribe", topic="room", id="a", after=cursor)
            for _ in range(chance.randrange(1, 40)):
                message = await receive(socket)
                if message["type"] == "event":
                    seen.append(int(message["data"]["text"]))
                    cursor = message["cursor"]
                if len(seen) == total:
                    break
            socket.transport.abort()
    await task
    assert seen == list(range(total))
    assert await door.settled() == 0


# -- who may come in -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [None, "mallory"])
async def test_the_handshake_needs_a_good_token(door: Served, who: str | None):
    with pytest.raises(InvalidStatus) as refused:
        async with door.connect(who):
            pass
    response = refused.value.response
    assert response.status_code == 401
    body = orjson.loads(response.body or b"")
    assert (body["success"], body["error"]["code"]) == (False, "UNAUTHORIZED")
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_browsers_send_the_token_as_a_subprotocol(door: Served):
    async with door.connect(None, subprotocols=["trellis-events", "bearer.bob"]) as socket:
        assert socket.subprotocol == "trellis-events"
        await subscribe(socket, topic="room", id="a")


@pytest.mark.parametrize("protocols", [["bearer.ada", "bearer.bob"], ["bearer.bob"]])
async def test_a_caller_is_one_person(door: Served, protocols: list[str]):
    who = "ada" if len(protocols) == 1 else None
    with pytest.raises(InvalidStatus) as refused:
        async with door.connect(who, subprotocols=["trellis-events", *protocols]):
            pass
    assert refused.value.response.status_code == 400


async def test_pages_of_other_sites_are_refused(door: Served):
    with pytest.raises(InvalidStatus) as refused:
        async with door.connect(origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_graphql_is_spoken_at_the_same_path(door: Served):
    async with door.connect(subprotocols=["graphql-transport-ws"]) as socket:
        await send(socket, type="connection_init", payload={"authorization": "Bearer ada"})
        assert await receive(socket) == {"type": "connection_ack"}
    async with door.connect(subprotocols=["graphql-ws"]) as socket:
        assert (await closed(socket))[0] == 4406


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param({"topic": "cellar"}, "NOT_FOUND", id="a topic that there is not"),
        pytest.param({"topic": "room"}, "BAD_REQUEST", id="no id"),
        pytest.param({"topic": "blocks", "id": "1"}, "BAD_REQUEST", id="an id too many"),
        pytest.param(
            {"topic": "countdown", "id": "1", "after": "1"}, "BAD_REQUEST", id="a useless cursor"
        ),
        pytest.param({"topic": "room", "id": "a", "after": "\u0171"}, "BAD_REQUEST", id="a word"),
        pytest.param({"topic": "room", "id": "nowhere"}, "NOT_FOUND", id="of the subgraph"),
    ],
)
async def test_a_refusal_names_its_subscription_and_ends_nothing_else(
    door: Served, message: dict[str, str], code: str
):
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="b")
        await send(socket, type="subscribe", **message)
        refusal = await receive(socket)
        named = {name: message[name] for name in ("topic", "id") if name in message}
        error = refusal.pop("error")
        assert refusal == {"type": "error", **named, "final": True}
        assert error["code"] == code
        assert error["requestId"]
        await door.rooms.post("b", "goes on")
        assert (await receive(socket))["data"]["text"] == "goes on"


async def test_rights_are_those_of_the_graph(door: Served):
    async with door.connect("eve") as socket:
        await send(socket, type="subscribe", topic="room", id="a")
        refusal = await receive(socket)
        assert (refusal["type"], refusal["final"]) == ("error", True)
        assert refusal["error"]["code"] == "FORBIDDEN"
    assert door.rooms.begun == 0


async def test_an_event_that_fails_is_told_and_the_next_one_comes(door: Served):
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        await door.rooms.post("a", "broken", "sound")
        missed = await receive(socket)
        assert (missed["type"], missed["final"]) == ("error", False)
        assert missed["error"]["code"] == "NOT_FOUND"
        assert (await receive(socket))["data"]["text"] == "sound"


async def test_a_fault_of_ours_tells_nothing_of_it(door: Served):
    async with door.connect() as socket:
        await send(socket, type="subscribe", topic="breaks")
        received = [await receive(socket) for _ in range(3)]
    assert [message["type"] for message in received] == ["subscribed", "event", "error"]
    assert b"swordfish" not in orjson.dumps(received)


# -- rights that end -------------------------------------------------------------------------------


async def test_a_revoked_caller_is_let_go_although_nothing_happens(door: Served):
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        del door.callers.tokens["Bearer ada"]
        assert (await closed(socket))[0] == 4403
    assert await door.settled() == 0


async def test_no_event_is_sent_to_who_has_lost_the_right(tmp_path: Path):
    rare = StreamLimits(recheck_seconds=60)
    async with serving_rooms(tmp_path, websocket=rare) as door, door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        door.callers.tokens["Bearer ada"] = replace(ADA, scopes=frozenset())
        await door.rooms.post("a", "secret")
        with pytest.raises(ConnectionClosed, match="4403"):
            await receive(socket)


async def test_an_expired_token_ends_the_socket(door: Served):
    soon = int(time.time()) + 2  # in a second at least: subscribing takes a quarter of one
    door.callers.tokens["Bearer ada"] = replace(ADA, expires_at=soon)
    async with door.connect() as socket:
        await subscribe(socket, topic="room", id="a")
        assert await closed(socket) == (4403, "Forbidden: the access token has expired")
    assert soon <= time.time() < soon + 2


# -- attacks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param("", 4400, id="empty"),
        pytest.param("{", 4400, id="half"),
        pytest.param("[]", 4400, id="a list"),
        pytest.param('"subscribe"', 4400, id="a word"),
        pytest.param(b"\x00\xff", 4400, id="binary"),
        pytest.param("{}", 4400, id="no type"),
        pytest.param('{"type":"publish"}', 4400, id="another type"),
        pytest.param('{"type":["subscribe"]}', 4400, id="a type that is a list"),
        pytest.param('{"type":"subscribe"}', 4400, id="no topic"),
        pytest.param('{"type":"subscribe","topic":{"a":1}}', 4400, id="a topic that is an object"),
        pytest.param('{"type":"subscribe","topic":"room","id":1}', 4400, id="a number for an id"),
        pytest.param('{"type":"subscribe","topic":"room","ID":"a"}', 4400, id="a wrong member"),
        pytest.param('{"type":"ping","topic":"\\ud800"}', 4400, id="half of a surrogate pair"),
        pytest.param('{"type":"ping","x":' + "[" * 500 + "]" * 500 + "}", 4400, id="nested"),
        pytest.param('{"type":"ping","x":"' + "x" * 9_000 + '"}', 1009, id="long"),
        pytest.param("x" * 1_100_000, 1009, id="huge"),
    ],
)
async def test_garbage_ends_its_own_socket(door: Served, frame: str | bytes, code: int):
    async with door.connect() as other, door.connect() as socket:
        await subscribe(other, topic="room", id="a")
        await socket.send(frame)
        assert (await closed(socket))[0] == code
        await door.rooms.post("a", "unharmed")
        assert (await receive(other))["data"]["text"] == "unharmed"


async def test_a_thousand_subscriptions_are_as_many_as_a_connection_may_have(door: Served):
    async with door.connect() as socket:
        for number in range(1_000):
            await send(socket, type="subscribe", topic="room", id=f"r{number}")
        received = [await receive(socket) for _ in range(1_000)]
        assert door.rooms.running == QUICK.operations
        refused = [m["error"] for m in received if m["type"] == "error"]
        assert len(refused) == 1_000 - QUICK.operations
        assert {(error["code"], error["limit"]) for error in refused} == {
            ("RATE_LIMIT_EXCEEDED", QUICK.operations)
        }
    assert await door.settled() == 0


async def test_refused_messages_count_and_too_many_end_the_socket(tmp_path: Path):
    async with serving_rooms(tmp_path, rate_limit=RateLimits()) as door:
        door.callers.tokens["Bearer ada"] = replace(ADA, tier="free")  # 30 a minute
        async with door.connect() as socket:
            for _ in range(100):
                await send(socket, type="subscribe", topic="cellar")
            refused = 0
            while (message := await _next(socket)) is not None:
                refused += message["type"] == "error"
            assert (refused, socket.close_code) == (30, 1013)
        async with door.connect("bob") as socket:
            await subscribe(socket, topic="room", id="a")


async def test_subscriptions_count_by_the_limits_of_the_dialect(tmp_path: Path):
    async with serving_rooms(tmp_path, rate_limit=RateLimits()) as door:
        door.callers.tokens["Bearer ada"] = replace(ADA, tier="free")
        async with door.connect() as socket:
            for number in range(31):
                await send(socket, type="subscribe", topic="countdown", id=str(number + 1))
            received = [m async for m in _until_refused(socket)]
        assert received[-1]["error"]["code"] == "RATE_LIMIT_EXCEEDED"
        assert received[-1]["error"]["limit"] == 30
        assert sum(message["type"] == "subscribed" for message in received) <= 30


async def test_a_client_that_does_not_read_is_let_go_and_harms_nobody(tmp_path: Path):
    strict = StreamLimits(queue=4, queue_bytes=2_000_000, slow_seconds=0.2)
    async with (
        serving_rooms(tmp_path, websocket=strict) as door,
        door.connect("bob") as other,
        door.connect(max_size=None, compression=None) as slow,
    ):
        await subscribe(other, topic="room", id="a")
        await subscribe(slow, topic="blocks")
        slow.transport.pause_reading()
        async with asyncio.timeout(20):
            while door.rooms.running > 1 or not door.rooms.posts["a"]:
                await door.rooms.post("a", "on time")
                assert (await receive(other))["data"]["text"] == "on time"
                await asyncio.sleep(0.01)
        await door.rooms.post("a", "still there")
        assert (await receive(other))["data"]["text"] == "still there"
        slow.transport.abort()  # it would wait ten seconds for a close frame it does not read


async def _next(socket: Any) -> Any:
    try:
        return await receive(socket)
    except ConnectionClosed:
        return None


async def _until_refused(socket: Any) -> AsyncIterator[Any]:
    while True:
        message = await receive(socket)
        yield message
        if message["type"] == "error":
            return


@pytest.mark.long
async def test_five_hundred_that_come_back_at_once_get_each_event_once(tmp_path: Path):
    sockets, missed = 500, [str(number) for number in range(10)]
    async with serving_rooms(tmp_path, limits=Limits(connections_per_address=600)) as door:
        await door.rooms.post("a", "before", *missed)
        began = time.monotonic()

        async def come_back() -> list[str]:
            async with door.connect(open_timeout=30) as socket:
                await send(socket, type="subscribe", topic="room", id="a", after="1")
                received = [await receive(socket, 30) for _ in range(len(missed) + 1)]
                await send(socket, type="ping")
                assert await receive(socket, 30) == {"type": "pong"}
            return [message["data"]["text"] for message in received if message["type"] == "event"]

        assert await asyncio.gather(*(come_back() for _ in range(sockets))) == [missed] * sockets
        assert time.monotonic() - began < 10
        assert await door.settled() == 0
