"""What breaks the protocol of the event socket closes it with the code of the rule, or is refused
alone; nobody else notices, and nothing is left of it."""

import asyncio
import logging
from collections.abc import AsyncIterator

import orjson
import pytest

from tests.router.serving.front.raw_requests import KEY, UPGRADE, VERSION
from tests.router.serving.front.test_websocket_violations import Heard
from tests.router.serving.front.websocket_violations import FRAMES, Violation, text
from tests.router.topics.event_socket_violations import CLOSED, REFUSED, Closed, Refused
from tests.support.rooms import Served, receive, send, serving_rooms, subscribe

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nhost: t\r\nauthorization: Bearer ada\r\n"
    + UPGRADE
    + KEY
    + VERSION
    + b"\r\n"
)
PING = text({"type": "ping"})
SECONDS = 5.0


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving_rooms(tmp_path_factory.mktemp("rooms")) as served:
        yield served


async def hear(door: Served, data: bytes, until: bytes = b"") -> Heard:
    """Everything that comes until a close frame, the end, or ``until``."""
    port = int(door.url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(HANDSHAKE)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            writer.write(data)
            while Heard(received).code is None and not (until and until in received):
                more = await reader.read(65_536)
                if not more:
                    break
                received += more
    finally:
        writer.transport.abort()
    return Heard(received)


@pytest.mark.parametrize("one", CLOSED, ids=lambda one: one.name)
async def test_a_violation_closes_with_its_code(
    door: Served, one: Closed, caplog: pytest.LogCaptureFixture
):
    assert (await hear(door, one.data)).code == one.code
    assert await door.settled() == 0
    assert not [line for line in caplog.records if line.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "one", [one for one in FRAMES if not one.deflate], ids=lambda one: one.name
)
async def test_frames_break_the_same_rules_as_at_graphql(door: Served, one: Violation):
    assert (await hear(door, one.data)).code == one.code


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: one.name)
async def test_what_cannot_be_subscribed_is_refused_alone(door: Served, one: Refused):
    heard = await hear(door, one.data + PING, until=b'"final":true')
    messages = [orjson.loads(payload) for _, payload in heard.frames]
    [error] = [message for message in messages if message["type"] == "error"]
    assert (error["error"]["code"], error["final"]) == (one.code, True)
    assert heard.code is None
    assert await door.settled() == 0


async def test_nobody_else_notices(door: Served):
    async with door.connect("bob") as innocent:
        await subscribe(innocent, topic="room", id="quiet")
        await asyncio.gather(*(hear(door, one.data) for one in CLOSED))
        await door.rooms.post("quiet", "hello")
        assert (await receive(innocent))["data"]["text"] == "hello"
        await send(innocent, type="ping")
        assert await receive(innocent) == {"type": "pong"}
    assert await door.settled() == 0


def test_no_two_violations_have_one_name():
    everything = [*CLOSED, *REFUSED]
    assert len({one.name for one in everything}) == len(everything) >= 60
    assert len({one.data for one in everything}) == len(everything)
