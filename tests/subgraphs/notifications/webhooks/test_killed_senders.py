"""Processes that send are killed: every delivery arrives, with an id that tells repetitions."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.subgraphs.notifications.receiver import Received, receiving, status
from tests.subgraphs.notifications.webhooks.world import World, issue_created
from tests.support.shared import ROOT

HOOKS, EVENTS = 3, 15


@asynccontextmanager
async def sender(folder: Path) -> AsyncIterator[None]:
    """A worker in a process of its own, killed at the end."""
    module = "tests.subgraphs.notifications.webhooks.sender_process"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, str(folder), cwd=ROOT
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.long)])
async def test_what_was_put_into_a_queue_arrives_though_its_senders_are_killed(
    world: World, tmp_path: Path, kills: int
):
    def answer(_request: Received) -> bytes | None:
        # None is the request in whose middle the process is killed.
        number = len(receiver.requests)
        return None if number in stops else status(200)

    async with receiving(answer) as receiver:
        hooks = [(await world.make(receiver))["id"] for _ in range(HOOKS)]
        for number in range(EVENTS):
            await world.hear(issue_created(number))
        total = HOOKS * EVENTS
        stops = [total * (number + 1) // (kills + 1) for number in range(kills)]
        for stop in stops:
            async with sender(tmp_path):
                await receiver.wait_for(stop, seconds=30)
        async with sender(tmp_path):
            for id in hooks:
                log = await world.ended(id, EVENTS)
                assert {one["status"] for one in log} == {"DELIVERED"}

    sent = Counter(request.headers["webhook-id"] for request in receiver.requests)
    assert len(sent) == total
    # Each queue has one request in flight: no more than these are repeated by a kill.
    assert kills <= sum(sent.values()) - total <= kills * HOOKS
    bodies = {(one.headers["webhook-id"], one.body) for one in receiver.requests}
    assert len(bodies) == total
