"""How long an innocent client waits beside the longest operations that are legal, ten at once."""

import asyncio
import sqlite3
import sys
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.trellis_server import TrellisServer

pytestmark = pytest.mark.bench

AT_ONCE, COMMENTS = 10, 40
MOST_SECONDS = 0.25
_STAMP = "2026-01-06 14:30:00.000000"
_ISSUE = (
    "key summary description status priority createdAt updatedAt project { key name }"
    " assignee { username displayName } reporter { username displayName }"
    " comments(first: 2) { edges { node { content author { displayName } } } }"
)
LONGEST = {
    "four aliases": "{ "
    + " ".join(
        f"a{n}: issues(first: 100, skip: {n * 100}) {{ edges {{ node {{ {_ISSUE} }} }} }}"
        for n in range(4)
    )
    + " }",
    "megabytes": "{ issues(first: 39) { edges { node { key comments(first: 40) { edges { node {"
    " content createdAt author { username displayName } } } } } } } }",
}


def fill(database: Path) -> None:
    """Forty comments for each issue, half of them long."""
    with closing(sqlite3.connect(database)) as connection:
        issues = [id for [id] in connection.execute("SELECT id FROM issue")]
        [author] = connection.execute("SELECT author_id FROM comment LIMIT 1").fetchone()
        rows = [
            (_STAMP, _STAMP, 1, uuid.uuid4().hex, issue, author, "word " * (1_500 * (n % 2) + 5))
            for issue in issues
            for n in range(COMMENTS)
        ]
        connection.executemany("INSERT INTO comment VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.commit()


def innocent(url: str, stop: threading.Event, waits: list[float]) -> None:
    with httpx.Client(timeout=60) as client:
        while not stop.is_set():
            began = time.perf_counter()
            client.post(url, json={"query": "{ __typename }"}).raise_for_status()
            waits.append(time.perf_counter() - began)
            time.sleep(0.005)


async def attack(url: str, token: str, query: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=120) as client:
        asked = (client.post(url, json={"query": query}) for _ in range(AT_ONCE))
        for answer in await asyncio.gather(*asked):
            assert answer.status_code == 200, answer.text[:300]


def test_nobody_waits_long_beside_ten_of_the_longest_operations(tmp_path: Path) -> None:
    first = TrellisServer(tmp_path)
    server = TrellisServer(tmp_path, {"TRELLIS_SEED": "false"})
    try:
        first.start()
        first.stop()
        fill(first.data_dir / "issues.sqlite3")
        server.start()
        token = server.log_in()
        longest = 0.0
        for name, query in LONGEST.items():
            stop, waits = threading.Event(), list[float]()
            beside = threading.Thread(target=innocent, args=(server.graphql_url, stop, waits))
            beside.start()
            asyncio.run(attack(server.graphql_url, token, query))
            stop.set()
            beside.join()
            longest = max(longest, *waits)
            sys.stdout.write(f"{name}: {max(waits) * 1e3:.0f} ms at most, {len(waits)} requests\n")
        assert longest <= MOST_SECONDS
    finally:
        first.close()
        server.close()
