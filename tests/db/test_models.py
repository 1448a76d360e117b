"""What the tables of every subgraph refuse, and what they fill in themselves."""

from decimal import Decimal
from enum import StrEnum
from uuid import uuid4

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, null, select
from sqlalchemy.exc import IntegrityError, StatementError

from trellis.db.engine import Database
from trellis.db.models import Money, Versioned, enum_column, utc_now
from trellis.db.outbox import outbox_of

REQUIRED = ("event_id", "topic", "key", "payload", "headers", "occurred_at", "available_at")


def event() -> dict[str, object]:
    now = utc_now()
    return {
        "event_id": uuid4(),
        "topic": "note.written",
        "key": "k",
        "payload": {"n": 1},
        "headers": {},
        "occurred_at": now,
        "available_at": now,
    }


async def test_an_event_waits_untried_and_alive_until_something_else_is_said(
    database: Database, metadata: MetaData
):
    table = outbox_of(metadata)
    async with database.write() as session:
        await session.execute(insert(table).values(event()))
    async with database.read() as session:
        row = (await session.execute(select(table))).one()
    assert (row.id, row.attempts, row.is_dead) == (1, 0, False)
    assert (row.lease_until, row.done_at, row.error) == (None, None, None)


@pytest.mark.parametrize("column", [*REQUIRED, "attempts", "is_dead"])
async def test_an_event_without_something_that_relays_need_is_refused(
    database: Database, metadata: MetaData, column: str
):
    table = outbox_of(metadata)
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            await session.execute(insert(table).values({**event(), column: null()}))


async def test_one_event_is_written_once(database: Database, metadata: MetaData):
    table, once = outbox_of(metadata), event()
    async with database.write() as session:
        await session.execute(insert(table).values(once))
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            await session.execute(insert(table).values(once))


def test_values_of_an_enum_are_text_so_that_more_can_be_added():
    class Mood(StrEnum):
        GOOD = "good"
        BAD = "bad"

    column = enum_column(Mood)
    assert (column.enums, column.length) == (["good", "bad"], 32)
    assert (column.native_enum, column.create_constraint) == (False, False)


def test_a_row_begins_with_its_first_version():
    field = Versioned.model_fields["version"]
    assert field.default == 1


@pytest.fixture
def prices(metadata: MetaData) -> Table:
    return Table(
        "price", metadata, Column("id", Integer(), primary_key=True), Column("amount", Money())
    )


AMOUNTS = [Decimal(text) for text in ("0.10", "75", "1234567890.12", "9999999999.99", "-0.01")]


async def test_amounts_are_exact_and_ordered(prices: Table, database: Database):
    rows = [{"id": n, "amount": amount} for n, amount in enumerate([*AMOUNTS, None])]
    async with database.write() as session:
        await session.execute(insert(prices), rows)
    async with database.read() as session:
        told = list(await session.scalars(select(prices.c.amount).order_by(prices.c.id)))
        known = prices.c.amount.is_not(None)
        ordered = select(prices.c.amount).where(known).order_by(prices.c.amount)
        assert list(await session.scalars(ordered)) == sorted(AMOUNTS)
        least = select(prices.c.id).where(prices.c.amount == Decimal("75.00"))
        assert list(await session.scalars(least)) == [1]
    assert told == [*AMOUNTS, None]
    assert all(isinstance(amount, Decimal) for amount in told[:-1])


@pytest.mark.parametrize("amount", ["0.001", "10000000000", "-10000000000.00"])
async def test_an_amount_that_cannot_be_kept_exactly_is_refused(
    prices: Table, database: Database, amount: str
):
    with pytest.raises(StatementError):
        async with database.write() as session:
            await session.execute(insert(prices).values(amount=Decimal(amount)))
