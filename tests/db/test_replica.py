"""What a subgraph keeps of another's data: which events it takes, and which state stays."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel

from trellis.db.engine import Database
from trellis.db.models import new_metadata, utc_now
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.replica import Replica, keep
from trellis.db.unit_of_work import UnitOfWork, begin
from trellis.schema.events.event import Event

ID = UUID("8a1e5e6e-52a5-4b0e-9a3e-6f0b6f6d0001")


class Base(SQLModel):
    metadata = new_metadata()


class Thing(Base, table=True):
    id: UUID = Field(primary_key=True)
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingNamed(Event):
    topic: ClassVar[str] = "thing.named"
    thing_id: UUID
    name: str
    version: int

    @property
    def key(self) -> str:
        return str(self.thing_id)


@pytest.fixture
def metadata() -> MetaData:
    return Base.metadata


async def take(uow: UnitOfWork, event: ThingNamed) -> None:
    await keep(uow, Thing(id=event.thing_id, name=event.name, version=event.version))


REPLICA = Replica("things", [ThingNamed], take)


def envelope(topic: str, **payload: object) -> Envelope:
    return Envelope(uuid4(), topic, str(ID), payload, utc_now())


def named(name: str, version: int) -> Envelope:
    return envelope("thing.named", thing_id=str(ID), name=name, version=version)


async def kept_after(database: Database, *envelopes: Envelope) -> str | None:
    for one in envelopes:
        async with begin(database, outbox_of(Base.metadata)) as uow:
            await REPLICA.handle(uow, one)
    async with database.read() as session:
        thing = await session.get(Thing, ID)
    return thing.name if thing else None


async def test_the_greatest_version_stays_whatever_comes_late_or_twice(database: Database):
    first, second = named("first", 1), named("second", 2)

    assert await kept_after(database, first) == "first"
    assert await kept_after(database, second) == "second"
    assert await kept_after(database, first) == "second"
    assert await kept_after(database, second) == "second"


async def test_of_two_events_with_one_version_the_later_holds(database: Database):
    assert await kept_after(database, named("one", 3), named("other", 3)) == "other"


async def test_it_is_known_whether_a_state_was_stored(database: Database):
    async with begin(database, outbox_of(Base.metadata)) as uow:
        answers = [
            await keep(uow, Thing(id=ID, name="x", version=version)) for version in (2, 1, 2, 3)
        ]
    assert answers == [True, False, True, True]


async def test_other_topics_are_passed_over_whatever_is_in_them(database: Database):
    assert await kept_after(database, envelope("thing.sold", price=3)) is None


async def test_an_event_that_breaks_its_contract_is_not_taken(database: Database):
    with pytest.raises(ValidationError):
        await kept_after(database, envelope("thing.named", thing_id=str(ID), name="x"))
    assert await kept_after(database) is None


def test_a_reader_is_named_after_the_stream_unless_it_has_a_name():
    named_reader = Replica("things", [ThingNamed], take, name="again")

    assert [one.consumer().name for one in (REPLICA, named_reader)] == ["from-things", "again"]
    assert REPLICA.consumer() is not REPLICA.consumer()


async def test_what_counts_by_time_gets_the_moment_of_the_event(database: Database):
    told: list[tuple[str, datetime]] = []

    async def note(_uow: UnitOfWork, event: ThingNamed, at: datetime) -> None:
        told.append((event.name, at))

    dated = Replica.dated("things", [ThingNamed], note)
    first = named("wheel", 1)
    async with begin(database, outbox_of(Base.metadata)) as uow:
        for one in (first, envelope("thing.broken", name=7), first):
            await dated.handle(uow, one)

    assert told == [("wheel", first.occurred_at)] * 2
    assert dated.consumer().name == "from-things"
