"""A thousand people follow a channel on one worker: each message reaches each of them once and in
order, whoever does not read, and however many reconnect at once."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.trellis_server import TrellisServer
from trellis.db.seed.chat import demo_channels

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("server")]

CHANNEL = str(demo_channels()[0].id)
FIRST = len(demo_channels()[0].messages) + 1
SEND = """mutation Send($id: ID!, $text: String!) {
  sendMessage(input: { channelId: $id, content: $text }) { message { sequence } } }"""
# By names of their own, or the router would serve those of one person from one.
FOLLOW = """subscription ($id: ID!, $after: String) {
  %s: messageSent(channelId: $id, after: $after) { sequence content eventCursor } }"""
FOLLOWERS, MESSAGES, RECONNECTING = 1_000, 100, 500
TEXT = "x" * 500
# A worker has a thousand places unless it is said, for senders and who does not read as well; an
# address has a quarter of them.
PLACES = {"TRELLIS_LIMITS__CONNECTIONS": "1100"}
SOURCES = [f"127.0.1.{number}" for number in range(1, 9)]


@pytest.fixture
def closing_servers() -> Iterator[list[TrellisServer]]:
    made: list[TrellisServer] = []
    yield made
    for server in made:
        server.close()


class Follower:
    """One connection with one subscription, and what came by it."""

    def __init__(self, number: int, server: TrellisServer, token: str) -> None:
        self.number, self.server, self.token = number, server, token
        self.heard: list[int] = []
        self.cursor: str | None = None

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[ClientConnection]:
        """Subscribed, after the last message that has come."""
        source = (SOURCES[self.number % len(SOURCES)], 0)
        protocol = [Subprotocol("graphql-transport-ws")]
        async with connect(
            self.server.ws_url,
            subprotocols=protocol,
            local_addr=source,
            open_timeout=60,
            ping_interval=None,
        ) as door:
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
            await door.send(json.dumps(init))
            assert "connection_ack" in str(await door.recv())
            payload = {
                "query": FOLLOW % f"kind{self.number}",
                "variables": {"id": CHANNEL, "after": self.cursor},
            }
            await door.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            yield door

    async def hear(self, door: ClientConnection, until: int) -> None:
        while not self.heard or self.heard[-1] < until:
            message = json.loads(await door.recv())
            if message["type"] == "ping":
                await door.send(json.dumps({"type": "pong"}))
                continue
            assert message["type"] == "next", message
            [sent] = message["payload"]["data"].values()
            self.heard.append(sent["sequence"])
            self.cursor = sent["eventCursor"]


async def send(server: TrellisServer, token: str, count: int) -> None:
    for _ in range(count):
        variables = {"id": CHANNEL, "text": TEXT}
        answer = await asyncio.to_thread(server.query, SEND, variables, token)
        assert "errors" not in answer, answer


async def all_begun(begun: asyncio.Semaphore, running: list[asyncio.Task[None]]) -> None:
    """Raises what one of them has failed with."""
    for _ in running:
        acquiring = asyncio.create_task(begun.acquire())
        await asyncio.wait([acquiring, *running], return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            if task.done():
                task.result()


@pytest.mark.timeout(1_200)
async def test_a_thousand_followers_get_every_message_once_and_in_order(
    tmp_path: Path, closing_servers: list[TrellisServer]
):
    server = TrellisServer(tmp_path, PLACES)
    closing_servers.append(server)
    server.start()
    token = server.log_in()
    followers = [Follower(number, server, token) for number in range(FOLLOWERS)]
    last = FIRST + MESSAGES - 1
    begun = asyncio.Semaphore(0)
    may_end = asyncio.Event()

    async def follow(one: Follower) -> None:
        async with one.following() as door:
            begun.release()
            await one.hear(door, last)
            await may_end.wait()

    paused = Follower(FOLLOWERS, server, token)
    async with paused.following() as deaf:
        raw: socket.socket = deaf.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.transport.pause_reading()  # type: ignore[attr-defined]
        running = [asyncio.create_task(follow(one)) for one in followers]
        await all_begun(begun, running)
        await asyncio.sleep(5)  # what was asked last has begun
        began = time.perf_counter()
        await send(server, token, MESSAGES)
        sent = time.perf_counter() - began
        while any(not one.heard or one.heard[-1] < last for one in followers):
            assert not [task for task in running if task.done()]
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - began
        may_end.set()
        await asyncio.gather(*running)
        deaf.transport.abort()
    sys.stdout.write(f"\n{MESSAGES} messages sent in {sent:.1f} s, all heard in {seconds:.1f} s\n")
    assert all(one.heard == list(range(FIRST, last + 1)) for one in followers)


@pytest.mark.timeout(600)
async def test_five_hundred_reconnect_at_once_and_get_nothing_twice(
    new_server: Callable[[], TrellisServer],
):
    server = new_server()
    server.start()
    token = server.log_in()
    followers = [Follower(number, server, token) for number in range(RECONNECTING)]
    for one in followers:
        one.cursor = "0"
    await send(server, token, 5)

    async def catch_up(one: Follower, until: int) -> None:
        async with one.following() as door:
            await one.hear(door, until)

    await asyncio.gather(*(catch_up(one, FIRST + 4) for one in followers))
    await send(server, token, 5)  # nobody is connected
    began = time.perf_counter()
    await asyncio.gather(*(catch_up(one, FIRST + 9) for one in followers))
    seconds = time.perf_counter() - began
    sys.stdout.write(f"\n{RECONNECTING} reconnected in {seconds:.1f} s\n")
    assert all(one.heard == list(range(FIRST, FIRST + 10)) for one in followers)
    assert seconds < 10
