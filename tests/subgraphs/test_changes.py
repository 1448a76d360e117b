"""What a subgraph tells routers about its changes."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from tests.db.test_unit_of_work import ID, NoteWritten
from tests.support.subgraphs import Running, caller, running
from trellis.db import changes
from trellis.db.changes import read_changes
from trellis.db.models import utc_now
from trellis.db.outbox import outbox_of
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.schema.changes import ids_in
from trellis.subgraphs.tasks.graph import make_subgraph


@pytest.fixture
async def tasks(data_settings: DataSettings) -> AsyncIterator[Running]:
    async with running(make_subgraph, data_settings, ["accounts", "projects"]) as subgraph:
        yield subgraph


def storage_of(running: Running) -> Storage:
    return running.context(caller("alan")).storage


async def write(storage: Storage, *ids: object) -> None:
    for id in ids:
        async with storage.begin() as uow:
            uow.emit(NoteWritten(note_id=id))  # type: ignore[arg-type]


async def let_settle(storage: Storage) -> None:
    """As if all events were older than copies need."""
    outbox, earlier = outbox_of(storage.metadata), utc_now() - timedelta(minutes=1)
    async with storage.database.write() as session:
        await session.execute(update(outbox).values(occurred_at=earlier))


async def test_ids_of_events_after_a_position_and_where_to_continue(tasks: Running):
    storage = storage_of(tasks)
    await let_settle(storage)
    start = await read_changes(storage, None)
    ids = [uuid4(), uuid4()]
    await write(storage, *ids)
    found = await read_changes(storage, start.position)
    assert start.ids == frozenset() and found.ids is not None
    assert {str(id) for id in ids} <= found.ids
    assert await read_changes(storage, found.position) == (found.position, frozenset())
    assert tasks.subgraph.changes is not None
    assert await tasks.subgraph.changes(start.position) == found


async def test_the_first_position_is_before_the_events_of_the_last_seconds(tasks: Running):
    storage = storage_of(tasks)
    await let_settle(storage)
    await write(storage, ID)
    start = await read_changes(storage, None)
    found = await read_changes(storage, start.position)
    assert found.ids is not None and str(ID) in found.ids
    await let_settle(storage)
    later = await read_changes(storage, None)
    assert later.position == found.position


async def test_too_many_events_are_not_listed(tasks: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes, "_MOST_EVENTS", 2)
    storage = storage_of(tasks)
    await let_settle(storage)
    start = await read_changes(storage, None)
    await write(storage, ID, ID, ID)
    found = await read_changes(storage, start.position)
    assert found.ids is None
    assert await read_changes(storage, found.position) == (found.position, frozenset())


def test_ids_are_found_wherever_they_are():
    one, two, three, four = (str(uuid4()) for _ in range(4))
    value = {"key": one, "state": {two: "developer"}, "list": [{"x": f"see {three}"}], "n": 1}
    assert ids_in(json.dumps({**value, "none": None})) == {one, two, three}
    assert four not in ids_in(json.dumps(value))
