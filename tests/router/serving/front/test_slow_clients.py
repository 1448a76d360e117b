"""Clients that hold connections and do little with them are ended, and nobody waits for them."""

import asyncio
import logging
import statistics

import pytest

from tests.router.serving.front.app import toy_app
from tests.router.serving.front.innocent import innocent_client
from tests.router.serving.front.slow_clients import SLOW_CLIENTS, run_slow
from tests.support.serving import served
from trellis.router.config import Config, Limits, StreamLimits
from trellis.router.delivery.queue import BACKLOG

# The shipped limits, made short; an address has 15 of 20 places.
LIMITS = Limits(
    connections=20,
    connections_per_address=15,
    head_seconds=0.4,
    receive_seconds=0.6,
    idle_seconds=0.4,
    send_seconds=0.4,
)
CONFIG = Config(limits=LIMITS, websocket=StreamLimits(init_seconds=0.4, slow_seconds=0.4))
TOLD = {
    "silent": b"",
    "head": b"HTTP/1.1 408 ",
    "body": b"HTTP/1.1 408 ",
    "idle": b"",
    "unread": b"",
    "unread events": b"",
    "unread socket": b"",
    "socket": b"\x88",  # a close frame
}
NO_PLACE = b"HTTP/1.1 503 "


@pytest.mark.parametrize("kind", SLOW_CLIENTS)
async def test_slow_clients_are_ended_and_delay_nobody(kind: str, caplog: pytest.LogCaptureFixture):
    async with served(toy_app(CONFIG), LIMITS) as url:
        port = int(url.rsplit(":", 1)[1])
        async with innocent_client(port) as innocent, asyncio.timeout(10):
            told = await asyncio.gather(
                *[run_slow(port, SLOW_CLIENTS[kind]) for _ in range(LIMITS.connections * 2)]
            )
    heard = [answer for answer in told if not answer.startswith(NO_PLACE)]
    # Those that had asked nothing yet may have given way to the next ones.
    ended = [answer for answer in heard if answer.startswith(TOLD[kind]) and answer]
    assert all(answer in ended or not answer for answer in heard), heard
    assert len(ended) >= LIMITS.connections_per_address or not TOLD[kind]
    assert BACKLOG.bytes == 0
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]
    assert innocent.failed == 0
    assert statistics.median(innocent.waits) < 0.25
