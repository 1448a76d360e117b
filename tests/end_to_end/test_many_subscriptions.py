"""3,000 subscriptions on the shipped server, equal and unequal ones: a change delays nobody."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.shared import ROOT
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("server")]

PROJECT, ISSUE = str(demo_id("project", "COMP")), str(demo_id("issue", "COMP-1"))
SUBSCRIBE = """
subscription ($project: ID!) {
  %s: issueUpdated(projectId: $project) { id summary project { name } }
}
"""
RENAME = """
mutation Rename($id: ID!, $text: String!) {
  updateIssue(id: $id, input: { summary: $text }) { issue { id } }
}
"""
SOCKETS, EACH = 30, 100


@pytest.mark.timeout(900)
@pytest.mark.parametrize("equal", [True, False])
async def test_one_change_reaches_all_and_delays_nobody(
    new_server: Callable[[], TrellisServer], equal: bool
) -> None:
    server = new_server()
    server.start()
    token = server.log_in()
    variables = {"id": ISSUE, "text": "renamed"}
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(server)) for _ in range(SOCKETS)]
        for socket in sockets:
            await authenticate(socket, token)
        for number, socket in enumerate(sockets):
            await subscribe(socket, [0 if equal else number * EACH + n for n in range(EACH)])
        await asyncio.sleep(3)
        before = server.resident_megabytes()
        innocent = start_innocent(server.port)
        await asyncio.sleep(2)
        began = time.perf_counter()
        changing = asyncio.create_task(asyncio.to_thread(server.query, RENAME, variables, token))
        async with asyncio.timeout(60 if equal else 300):
            await asyncio.gather(*[hear(socket) for socket in sockets])
        seconds = time.perf_counter() - began
        assert "errors" not in await changing
        heard = json.loads(innocent.communicate(timeout=60)[0])
        grown = server.resident_megabytes() - before
    worst = max(heard["waits"])
    told = (
        f"{SOCKETS * EACH} told in {seconds:.2f} s, {worst * 1000:.0f} ms at most, {grown:.0f} MB"
    )
    sys.stdout.write(f"\n{told}\n")
    assert heard["failed"] == 0
    assert worst < 0.25
    assert grown < 50


def opened(server: TrellisServer) -> connect:
    return connect(server.ws_url, subprotocols=[Subprotocol("graphql-transport-ws")])


async def authenticate(socket: ClientConnection, token: str) -> None:
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
    await socket.send(json.dumps(init))
    assert "connection_ack" in str(await socket.recv())


async def subscribe(socket: ClientConnection, kinds: list[int]) -> None:
    """One subscription of each kind; those of one kind are equal."""
    for number, kind in enumerate(kinds):
        payload = {"query": SUBSCRIBE % f"kind{kind}", "variables": {"project": PROJECT}}
        await socket.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
    last = {"id": "last", "type": "subscribe", "payload": {"query": "{ __typename }"}}
    await socket.send(json.dumps(last))
    while json.loads(await socket.recv()) != {"id": "last", "type": "complete"}:
        pass  # the subscriptions before it have begun when it has ended


async def hear(socket: ClientConnection) -> None:
    for _ in range(EACH):
        message = json.loads(await socket.recv())
        [issue] = message["payload"]["data"].values()
        assert issue["summary"] == "renamed", message


def start_innocent(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.router.serving.front.innocent", str(port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
