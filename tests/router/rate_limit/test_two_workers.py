"""Two processes and one Redis let in what one limit allows, to the request."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.redis_server import RedisServer
from tests.support.servers import free_port, wait_until
from tests.support.shared import ROOT

LIMIT, ASKED, CLIENTS = 160, 200, 8


@contextmanager
def worker(folder: Path, name: str, redis_url: str) -> Iterator[str]:
    """A router of its own; yields its URL."""
    port, log = free_port(), folder / f"{name}.log"
    url = f"http://127.0.0.1:{port}"
    rule = {"name": "requests", "limit": LIMIT, "window": 3600}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TRELLIS_")},
        "PORT": str(port),
        "TRELLIS_REDIS_URL": redis_url,
        "TRELLIS_RATE_LIMIT__ENABLED": "true",
        "TRELLIS_RATE_LIMIT__DEVELOPMENT_FACTOR": "1",
        "TRELLIS_RATE_LIMIT__STORE_SECONDS": "5",  # this machine may be busy
        "TRELLIS_RATE_LIMIT__PRESETS": json.dumps({"default": [rule]}),
    }

    def answers() -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/health", timeout=2).status_code == 200
        return False

    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.counting_router"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(answers, process, 60, log)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.close()


async def test_two_processes_under_load_admit_exactly_the_limit(
    redis: RedisServer, tmp_path: Path
) -> None:
    async def ask(url: str, times: int) -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=url) as http:
            body = {"query": "{ __typename }"}
            return [await http.post("/graphql", json=body) for _ in range(times)]

    with worker(tmp_path, "a", redis.url) as a, worker(tmp_path, "b", redis.url) as b:
        each = ASKED // CLIENTS
        asking = [ask(url, each) for url in (a, b) for _ in range(CLIENTS)]
        answers = await asyncio.gather(*asking)

    by_worker = [
        [answer.status_code for client in clients for answer in client]
        for clients in (answers[:CLIENTS], answers[CLIENTS:])
    ]
    let_in = [statuses.count(200) for statuses in by_worker]
    refused = [statuses.count(429) for statuses in by_worker]
    assert sum(let_in) == LIMIT
    assert sum(let_in) + sum(refused) == 2 * each * CLIENTS
    assert min(let_in) > 0, "both had some of it"
    remaining = sorted(
        int(answer.headers["x-ratelimit-remaining"])
        for client in answers
        for answer in client
        if answer.status_code == 200
    )
    assert remaining == list(range(LIMIT))
