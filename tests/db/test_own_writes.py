"""A change waits for the readers of its stream: for which of them, and for how long."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from trellis.db import own_writes
from trellis.db.bus import MemoryBus
from trellis.db.own_writes import OwnWrites
from trellis.db.readers import Reader
from trellis.schema.errors import Unavailable

ALL, NOTES, OTHERS = (
    Reader("all"),
    Reader("notes", frozenset({"note.written", "note.moved"})),
    Reader("others", frozenset({"thing.sold"})),
)


class Bus(MemoryBus):
    """A bus whose stream has come to event 5, and that counts how often that was asked."""

    asked = 0

    async def head(self, stream: str) -> str:
        self.asked += 1
        return "5"


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def writes(bus: Bus) -> OwnWrites:
    return OwnWrites("s", bus)


async def is_waited_for(bus: Bus, writes: OwnWrites, late: Mapping[Reader, str]) -> bool:
    """Whether a change of a note waits until readers that are late have come to event 5."""
    for reader, position in late.items():
        await bus.readers.note("s", reader, position)
    waiting = asyncio.create_task(writes.taken_in({"note.written"}))
    for _ in range(10):
        await asyncio.sleep(0)
    was_waiting = not waiting.done()
    for reader in late:
        await bus.readers.note("s", reader, "5")
    async with asyncio.timeout(0.5):
        await waiting
    return was_waiting


@pytest.mark.parametrize(
    ("late", "waits"),
    [
        ({NOTES: "4"}, True),
        ({ALL: "0"}, True),
        ({ALL: "5", NOTES: "4"}, True),
        ({OTHERS: "0"}, False),
        ({NOTES: "5", ALL: "6"}, False),
        ({}, False),
    ],
)
async def test_readers_are_waited_for_that_take_what_has_happened(
    bus: Bus, writes: OwnWrites, late: dict[Reader, str], waits: bool
):
    assert await is_waited_for(bus, writes, late) is waits


async def test_a_change_that_nobody_keeps_costs_no_question(bus: Bus, writes: OwnWrites):
    await bus.readers.note("s", OTHERS, "0")
    await writes.taken_in({"note.written"})
    assert bus.asked == 0


async def test_readers_of_other_streams_and_those_that_have_left_hold_nobody_up(
    bus: Bus, writes: OwnWrites
):
    await bus.readers.note("other", NOTES, "0")
    await bus.readers.note("s", NOTES, "0")
    waiting = asyncio.create_task(writes.taken_in({"note.written"}))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    bus.readers.leave("s", NOTES)
    async with asyncio.timeout(0.5):
        await waiting


async def test_one_that_stands_still_holds_up_one_change_until_it_has_caught_up(
    bus: Bus, writes: OwnWrites, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(own_writes, "_PATIENCE_SECONDS", 0.02)
    await bus.readers.note("s", NOTES, "0")
    await bus.readers.note("s", ALL, "5")
    await writes.taken_in({"note.written"})
    assert [record.getMessage() for record in caplog.records] == [
        "s: not waiting for notes until it has caught up"
    ]

    monkeypatch.setattr(own_writes, "_PATIENCE_SECONDS", 60)
    for position in ("0", "4"):
        await bus.readers.note("s", NOTES, position)
        async with asyncio.timeout(0.5):
            await writes.taken_in({"note.written"})
    await bus.readers.note("s", NOTES, "5")
    await writes.taken_in({"note.written"})
    assert await is_waited_for(bus, writes, {NOTES: "4"})


async def test_a_store_that_is_away_does_not_fail_what_is_committed(
    bus: Bus, writes: OwnWrites, monkeypatch: pytest.MonkeyPatch
):
    async def away(stream: str) -> Mapping[Reader, str]:
        raise Unavailable("away")

    monkeypatch.setattr(bus.readers, "positions", away)
    await writes.taken_in({"note.written"})


async def test_a_wait_ends_although_its_cancellation_was_lost(
    bus: Bus, writes: OwnWrites, monkeypatch: pytest.MonkeyPatch
):
    """Inside Redis' client, which has timeouts of its own."""

    async def swallow(stream: str) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.001)

    monkeypatch.setattr(own_writes, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(bus.readers, "moved", swallow)
    await bus.readers.note("s", NOTES, "0")
    waiting = asyncio.create_task(writes.taken_in({"note.written"}))
    await asyncio.wait([waiting], timeout=2)
    assert waiting.done()
