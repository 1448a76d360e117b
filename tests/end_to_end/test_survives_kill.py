"""kill -9 at any moment: what was acknowledged is there exactly once, and so is its event."""

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

WRITERS = 8
PROJECT = str(demo_id("project", "TREE"))
CREATE_ISSUE = """
mutation CreateIssue($input: CreateIssueInput!) {
  createIssue(input: $input) { issue { id summary } }
}
"""
ISSUES_OF_PROJECT = """
query Issues($id: ID!, $after: String) {
  project(id: $id) {
    issues(first: 100, after: $after) {
      edges { node { id summary } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


async def write_until_killed(
    server: TrellisServer, token: str, seconds: float, label: str
) -> dict[str, str]:
    """Create issues from several clients at once and kill the server ``seconds`` after the first
    one is acknowledged; answers id and summary of all that were."""
    acknowledged: dict[str, str] = {}
    underway = asyncio.Event()

    async def writer(client: httpx.AsyncClient, number: int) -> None:
        for turn in itertools.count():
            summary = f"{label} writer {number} turn {turn}"
            wanted = {"projectId": PROJECT, "summary": summary, "issueType": "Task"}
            body = {"query": CREATE_ISSUE, "variables": {"input": wanted}}
            try:
                answer = await client.post(server.graphql_url, json=body)
            except httpx.TransportError:
                return  # killed: nobody knows whether this one was written
            decoded = answer.json()
            assert "errors" not in decoded, decoded
            issue = decoded["data"]["createIssue"]["issue"]
            acknowledged[issue["id"]] = issue["summary"]
            underway.set()

    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        writers = [asyncio.create_task(writer(client, number)) for number in range(WRITERS)]
        async with asyncio.timeout(120):
            await underway.wait()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*writers)
    return acknowledged


def issues_of_project(server: TrellisServer, token: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    after = None
    while True:
        answer = server.query(ISSUES_OF_PROJECT, {"id": PROJECT, "after": after}, token)
        assert "errors" not in answer, answer
        page = answer["data"]["project"]["issues"]
        found.update((edge["node"]["id"], edge["node"]["summary"]) for edge in page["edges"])
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def created_events(server: TrellisServer) -> list[tuple[str, bool]]:
    """Issue id and whether it was published, for every event that says an issue was created."""
    database = server.data_dir / "issues.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT key, done_at IS NOT NULL FROM outbox WHERE topic = 'issue.created'"
        )
        return [(key, bool(published)) for key, published in rows]


async def all_are_published(server: TrellisServer, *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if all(published for _, published in created_events(server)):
            return True
        await asyncio.sleep(0.2)
    return False


@pytest.mark.parametrize("rounds", [6, pytest.param(40, marks=pytest.mark.long)])
async def test_no_acknowledged_issue_and_no_event_is_lost_or_doubled_by_kill_9(
    new_server: Callable[[], TrellisServer], rounds: int
):
    server = new_server()
    server.start()
    token = server.log_in()
    before = issues_of_project(server, token)
    events_before = {key for key, _ in created_events(server)}

    moments = random.Random(9)
    acknowledged: dict[str, str] = {}
    for number in range(rounds):
        moment = moments.uniform(0, 0.4)
        acknowledged |= await write_until_killed(server, token, moment, f"round {number}")
        await asyncio.to_thread(server.start)

    after = issues_of_project(server, token) - before
    assert len(acknowledged) > rounds
    assert {pair: after[pair] for pair in acknowledged.items() if after[pair] != 1} == {}
    assert set(after.values()) == {1}

    # A relay that was killed holds its claim for ten seconds; then the next one takes over.
    assert await all_are_published(server, seconds=120)
    events = Counter(key for key, _ in created_events(server) if key not in events_before)
    assert events == Counter(id for id, _ in after)
