"""Two workers of one machine without Redis: logins and keyed writes are counted together."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.end_to_end.test_survives_kill import PROJECT, issues_of_project
from tests.support.trellis_server import DEMO_EMAIL, LOG_IN, TrellisServer

pytestmark = pytest.mark.xdist_group("exact")

LOGINS = 5
INTERRUPTED = 30
# As shipped five a minute; by the hour here, since this machine may need longer for a restart.
BY_THE_HOUR = {
    "name": "logins",
    "limit": LOGINS,
    "window": 3600,
    "key": "ip",
    "fields": ["Mutation.login"],
    "strict": True,
}
LIMITED = {
    "TRELLIS_RATE_LIMIT__ENABLED": "true",
    "TRELLIS_RATE_LIMIT__DEVELOPMENT_FACTOR": "1",
    "TRELLIS_RATE_LIMIT__RULES": json.dumps([BY_THE_HOUR]),
}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrellisServer]:
    """Two workers on the demo data."""
    folder = tmp_path_factory.mktemp("exact")
    writing = TrellisServer(folder)
    server = TrellisServer(folder, LIMITED, command=("serve", "--workers", "2"))
    try:
        writing.start()
        writing.stop()
        server.start()
        yield server
    finally:
        writing.close()
        server.close()


async def log_in(server: TrellisServer) -> int:
    """Over a connection of its own, which either worker may accept."""
    body = {"query": LOG_IN, "variables": {"email": DEMO_EMAIL, "password": "wrong"}}
    async with httpx.AsyncClient(timeout=60) as client:
        return (await client.post(server.graphql_url, json=body)).status_code


async def create(server: TrellisServer, token: str, key: str) -> httpx.Response | None:
    """Create the issue of this key, over a connection of its own; None when there is no answer."""
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    body = {"project_id": PROJECT, "issue_type": "Task", "summary": key}
    async with httpx.AsyncClient(timeout=60, headers=headers) as client:
        try:
            return await client.post(f"{server.url}/tracker/api/v1/issues", json=body)
        except httpx.TransportError:
            return None


async def create_all(
    server: TrellisServer, token: str, keys: list[str]
) -> list[httpx.Response | None]:
    return await asyncio.gather(*(create(server, token, key) for key in keys))


async def test_logins_and_keyed_writes_are_exact_over_workers_and_a_kill(
    server: TrellisServer,
) -> None:
    token = await asyncio.to_thread(server.log_in)  # the first of the five
    interrupted = [f"interrupted {number}" for number in range(INTERRUPTED)]

    logins = await asyncio.gather(*(log_in(server) for _ in range(16)))
    first = await create_all(server, token, ["once"] * 8)
    writing = [asyncio.create_task(create(server, token, key)) for key in interrupted]
    await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(server.kill)
    await asyncio.wait(writing)
    await asyncio.to_thread(server.start)
    logins += await asyncio.gather(*(log_in(server) for _ in range(4)))
    repeated = await create_all(server, token, ["once"] * 8)
    again = await create_all(server, token, interrupted)

    assert Counter(logins) == {200: LOGINS - 1, 429: 20 - LOGINS + 1}
    created = [answer for answer in (*first, *repeated) if answer and answer.status_code == 201]
    assert [answer.status_code for answer in repeated if answer] == [201] * 8
    assert len({answer.text for answer in created}) == 1
    found = Counter(summary for _, summary in issues_of_project(server, token).elements())
    assert found["once"] == 1
    # Which of the others had been made when the workers died, nobody knows; none is made twice.
    for key, answer in zip(interrupted, again, strict=True):
        assert answer is not None
        assert answer.status_code in (201, 409)
        assert found[key] == 1 or (found[key] == 0 and answer.status_code == 409)
