"""What refusing costs beside the smallest answer, in processor time of the whole server: the more
of it, the less it takes to keep a worker busy with nothing."""

import asyncio
import statistics
import sys
import time
from operator import truediv
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvloop
from uvicorn.server import ServerState

from tests.support.toy_issuer import desk
from trellis.router.config import Auth, Config, RateLimitRule, RateLimits
from trellis.router.config.subgraphs import subgraph_source
from trellis.router.serving.application import build_app
from trellis.router.serving.server import uvicorn_config

pytestmark = pytest.mark.bench

SMALLEST = b'{"query": "{ __typename }"}'


class Memory(asyncio.Transport):
    """Takes what is written."""

    last = b""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 5) if name == "peername" else default

    def write(self, data: Any) -> None:
        self.last = data

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def post(body: bytes, headers: bytes = b"") -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (head, headers, len(body), body)


def connection(tmp_path: Path, limit: int) -> Any:
    rule = RateLimitRule(name="requests", limit=limit, window=3600, burst=limit)
    config = Config(
        mode="production",
        subgraphs={"people": subgraph_source("tests.support.toy_issuer:people")},
        schema_dir=tmp_path,
        data_dir=tmp_path,
        operations_dir=tmp_path / "none",
        rate_limit=RateLimits(presets={"default": (rule,)}),
        auth=Auth(),
    )
    settings: Any = uvicorn_config(build_app(config), config)
    settings.load()
    found = settings.http_protocol_class(settings, ServerState(), {})
    found.connection_made(Memory())
    return found


async def ask(connection: Any, request: bytes) -> None:
    connection.data_received(request)
    for _ in range(1_000):
        if connection._running is None:
            return
        await asyncio.sleep(0)
    raise AssertionError("no answer")


async def ratios(tmp_path: Path) -> dict[str, float]:
    """What each costs as a part of the smallest answer: medians of rounds that take turns."""
    many, few = connection(tmp_path, 10_000_000), connection(tmp_path, 1)
    forged = b"authorization: Bearer " + desk.token()[:-8].encode() + b"AAAAAAAA\r\n"
    cases = {
        "answer": (many, post(SMALLEST)),
        "429": (few, post(SMALLEST)),
        "401": (many, post(SMALLEST, b"authorization: Bearer x\r\n")),
        "401, forged": (many, post(SMALLEST, forged)),
        "400, no JSON": (many, post(b"{")),
        "400, no query": (many, post(b"{}")),
        "400, no document": (many, post(orjson.dumps({"query": "{"}))),
        "400, no such field": (many, post(orjson.dumps({"query": "{ nothing }"}))),
    }
    rows: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(40):
        for name, (way, request) in cases.items():
            began = time.process_time_ns()
            for _ in range(50):
                await ask(way, request)
            rows[name].append((time.process_time_ns() - began) / 50_000)
    sys.stdout.write(f"\nanswer: {statistics.median(rows['answer']):.0f} us")
    return {
        name: statistics.median(map(truediv, row, rows["answer"])) for name, row in rows.items()
    }


def test_refusing_costs_less_than_the_smallest_answer(tmp_path: Path) -> None:
    found = uvloop.run(ratios(tmp_path))
    del found["answer"]
    for name, ratio in found.items():
        sys.stdout.write(f"\n{name}: {ratio:.2f}")
    assert max(found.values()) < 1, found
