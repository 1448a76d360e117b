"""What one subgraph keeps, and the bus that the subgraphs of one process share."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.db.test_unit_of_work import ID, NoteWritten
from trellis.db.bus import MemoryBus
from trellis.db.outbox import Envelope
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage, _SharedBuses
from trellis.schema.errors import Unavailable
from trellis.subgraphs.issues.models import Base


class RemoteBus(MemoryBus):
    """A bus whose readers learn of a commit only from what is published, as with Redis; its
    server answers when ``gate`` is open."""

    sees_commits = False

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.received: list[Envelope] = []

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
        await self.gate.wait()
        self.received += envelopes


async def test_the_last_subgraph_that_stops_closes_the_bus_and_no_other():
    shared = _SharedBuses()
    first, second = [await shared.acquire(None) for _ in range(2)]
    assert first is second
    closed: list[object] = []
    close = first.close

    async def noted_close() -> None:
        closed.append(first)
        await close()

    first.close = noted_close  # type: ignore[method-assign]
    await shared.release(first)
    assert closed == []
    assert await shared.acquire(None) is first
    await shared.release(first)
    assert closed == []
    await shared.release(first)
    assert closed == [first]

    anew = await shared.acquire(None)
    assert anew is not first
    await shared.release(anew)


@pytest.fixture
def bus() -> RemoteBus:
    return RemoteBus()


@pytest.fixture
async def storage(tmp_path: Path, bus: RemoteBus) -> AsyncIterator[Storage]:
    settings = DataSettings(data_dir=tmp_path)
    storage = Storage("issues", Base.metadata, settings=settings, bus=bus)
    await storage.start()
    yield storage
    await storage.stop()


async def test_where_events_travel_through_a_server_a_change_returns_when_it_is_published(
    storage: Storage, bus: RemoteBus
):
    bus.gate.set()
    for count in (1, 2):
        async with storage.begin({"requestId": "r1"}) as uow:
            uow.emit(NoteWritten(note_id=ID))
        assert [event.headers for event in bus.received] == [{"requestId": "r1"}] * count


async def test_a_change_returns_unpublished_when_the_event_server_is_slow(
    storage: Storage, bus: RemoteBus
):
    async with asyncio.timeout(10):
        async with storage.begin() as uow:
            uow.emit(NoteWritten(note_id=ID))
    assert bus.received == []
    bus.gate.set()
    async with storage.begin() as uow:
        uow.emit(NoteWritten(note_id=ID))
    assert [event.cursor for event in bus.received] == ["1", "2"]


async def test_a_storage_that_is_not_running_is_unavailable_and_stops_without_complaint(
    tmp_path: Path,
):
    storage = Storage("issues", Base.metadata, settings=DataSettings(data_dir=tmp_path))
    assert storage.settings.data_dir == tmp_path
    await storage.stop()
    with pytest.raises(Unavailable, match="The subgraph issues is not running"):
        await storage.ping()
    with pytest.raises(Unavailable):
        storage.events()

    await storage.start()
    await storage.ping()
    for _ in range(2):
        await storage.stop()
    with pytest.raises(Unavailable):
        storage.read()
