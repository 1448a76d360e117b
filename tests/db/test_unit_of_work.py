from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import MetaData, insert, select

from trellis.db.engine import Database
from trellis.db.outbox import head_of, outbox_of, read_after
from trellis.db.unit_of_work import begin
from trellis.schema.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(Event):
    topic: ClassVar[str] = "note.written"
    note_id: UUID

    @property
    def key(self) -> str:
        return str(self.note_id)


ID = UUID("8a1e5e6e-52a5-4b0e-9a3e-6f0b6f6d0001")


async def test_row_and_event_are_committed_together(database: Database, metadata: MetaData):
    note, outbox, woken = metadata.tables["note"], outbox_of(metadata), []

    async with begin(
        database, outbox, headers={"requestId": "r1"}, on_commit=lambda: woken.append(1)
    ) as uow:
        await uow.session.execute(insert(note).values(id=1, text="a"))
        uow.emit(NoteWritten(note_id=ID))
        assert woken == []

    async with database.read() as session:
        [event] = await read_after(session, outbox, 0, 10)
        assert await head_of(session, outbox) == 1
    assert (event.topic, event.key, event.cursor) == ("note.written", str(ID), "1")
    assert event.payload == {"note_id": str(ID)}
    assert event.headers == {"requestId": "r1"}
    assert event.occurred_at.tzinfo is not None
    assert woken == [1]


async def test_an_exception_takes_row_and_event_back(database: Database, metadata: MetaData):
    note, outbox, woken = metadata.tables["note"], outbox_of(metadata), []

    async def fail() -> None:
        async with begin(database, outbox, on_commit=lambda: woken.append(1)) as uow:
            await uow.session.execute(insert(note).values(id=1, text="a"))
            uow.emit(NoteWritten(note_id=ID))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    async with database.read() as session:
        assert (await session.execute(select(note.c.id))).all() == []
        assert await head_of(session, outbox) == 0
    assert woken == []
