"""The shipped server under clients that hold what they can: its memory returns, nobody waits."""

import asyncio
import json
import socket
import sys
from collections.abc import Callable

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.router.serving.front.innocent import InnocentProgram
from tests.router.serving.front.slow_clients import SLOW_CLIENTS, run_slow
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("server")]

PROJECT, ISSUE = str(demo_id("project", "COMP")), str(demo_id("issue", "COMP-1"))
DESCRIBE = """
mutation Describe($id: ID!, $text: String!) {
  updateIssue(id: $id, input: { description: $text }) { issue { id } }
}
"""
ALIASES = " ".join(f"a{number}: description" for number in range(29))
SUBSCRIBE = f"subscription ($project: ID!) {{ issueUpdated(projectId: $project) {{ {ALIASES} }} }}"
CONNECTIONS = 1_000
# An address has a quarter of the places: these have all of them, and the innocent client none.
SOURCES = [f"127.0.1.{number}" for number in range(1, 5)]


async def test_five_sockets_that_are_never_read_are_cut_and_their_memory_returns(
    new_server: Callable[[], TrellisServer],
):
    server = new_server()
    server.start()
    token = server.log_in()
    text = "x" * 49_000

    async def describe(number: int) -> None:
        variables = {"id": ISSUE, "text": f"{text}{number}"}
        answer = await asyncio.to_thread(server.query, DESCRIBE, variables, token)
        assert "errors" not in answer

    await describe(0)
    before = server.resident_megabytes()
    sockets = [await deaf_socket(server, token) for _ in range(5)]
    peak = before
    for number in range(30):
        await describe(number)
        peak = max(peak, server.resident_megabytes())
    for _ in range(30):  # slow_seconds, and two more to say so, are seven
        await asyncio.sleep(0.5)
        if not server.count_connections():
            break
    assert not server.count_connections()
    for one in sockets:
        one.transport.abort()
    # What waits for them is bounded by websocket.backlog_bytes (64 MB); the events that are being
    # resolved and encoded meanwhile come on top.
    assert peak - before < 160
    assert server.resident_megabytes() - before < 50


async def deaf_socket(server: TrellisServer, token: str) -> ClientConnection:
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plug.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", server.port))
    deaf = await connect(
        server.ws_url,
        sock=plug,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
    )
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
    await deaf.send(json.dumps(init))
    assert "connection_ack" in str(await deaf.recv())
    payload = {"query": SUBSCRIBE, "variables": {"project": PROJECT}}
    for number in range(9):
        await deaf.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
    await asyncio.sleep(0.2)
    deaf.transport.pause_reading()
    return deaf


@pytest.mark.parametrize("kind", ["silent", "head", "body", "idle", "socket"])
async def test_a_thousand_slow_clients_are_ended_and_delay_nobody(
    new_server: Callable[[], TrellisServer], kind: str
):
    server = new_server()
    server.start()
    before = server.resident_megabytes()
    innocent = await asyncio.to_thread(InnocentProgram, server.port, server.pid)
    cpu = server.processor_seconds()
    async with asyncio.timeout(120):
        await asyncio.gather(
            *[
                run_slow(server.port, SLOW_CLIENTS[kind], SOURCES[number % len(SOURCES)])
                for number in range(CONNECTIONS)
            ]
        )
    heard = await asyncio.to_thread(innocent.end)
    cpu = server.processor_seconds() - cpu
    grown = server.resident_megabytes() - before
    sys.stdout.write(f"\n{kind}: {heard}; {cpu:.1f} s of processor time, {grown:.0f} MB more\n")
    assert heard.failed == 0
    assert heard.worst_owed < 0.25
    assert grown < 50
