"""kill -9 at any moment: of each acknowledged assignment its person is told exactly once."""

import asyncio
import itertools
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest

from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = pytest.mark.xdist_group("kill")

WRITERS = 4
PROJECT, ANNIE = str(demo_id("project", "TREE")), demo_id("user", "annie")
CREATE = """mutation Create($input: CreateIssueInput!) {
  createIssue(input: $input) { issue { id } } }"""
TOLD = "SELECT subject_id FROM notification WHERE user_id = ? AND type = 'issue_assigned'"
LETTERS = """SELECT n.subject_id FROM delivery d JOIN notification n ON n.id = d.notification_id
  WHERE d.user_id = ? AND d.channel = 'email'"""


async def assign_until_killed(server: TrellisServer, token: str, seconds: float) -> set[str]:
    """Create issues for annie from several clients at once and kill the server ``seconds`` after
    the first one is acknowledged; answers the ids of all that were."""
    acknowledged: set[str] = set()
    underway = asyncio.Event()

    async def writer(client: httpx.AsyncClient, number: int) -> None:
        for turn in itertools.count():
            wanted = {"projectId": PROJECT, "summary": f"{number}.{turn}", "assigneeId": str(ANNIE)}
            body = {"query": CREATE, "variables": {"input": wanted}}
            try:
                answer = await client.post(server.graphql_url, json=body)
            except httpx.TransportError:
                return  # killed: nobody knows whether this one was written
            decoded = answer.json()
            assert "errors" not in decoded, decoded
            acknowledged.add(decoded["data"]["createIssue"]["issue"]["id"])
            underway.set()

    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=20) as client:
        writers = [asyncio.create_task(writer(client, number)) for number in range(WRITERS)]
        async with asyncio.timeout(30):
            await underway.wait()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*writers)
    return acknowledged


def counted(server: TrellisServer, query: str) -> Counter[str]:
    """How often it is there, by the id of the issue."""
    database = server.data_dir / "notifications.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return Counter(str(row[0]) for row in connection.execute(query, (ANNIE.hex,)))


async def all_are_told(server: TrellisServer, wanted: set[str], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if wanted <= counted(server, TOLD).keys():
            return
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.long)])
async def test_no_acknowledged_assignment_is_told_twice_or_never(
    new_server: Callable[[], TrellisServer], rounds: int
):
    server = new_server()
    server.start()
    token = server.log_in()
    moments, acknowledged = random.Random(8), set[str]()
    for _ in range(rounds):
        acknowledged |= await assign_until_killed(server, token, moments.uniform(0, 0.4))
        await asyncio.to_thread(server.start)
    wanted = {id.replace("-", "") for id in acknowledged}

    await all_are_told(server, wanted, seconds=30)
    told = counted(server, TOLD)
    assert len(acknowledged) > rounds
    assert {id: told[id] for id in wanted if told[id] != 1} == {}
    assert set(told.values()) == {1}
    assert set(counted(server, LETTERS).values()) <= {1}
