"""The export of what a subgraph stores about a person."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import strawberry
from sqlmodel import Field, SQLModel

from tests.support.subgraphs import Running, caller, running
from trellis.db import personal_data
from trellis.db.loaders import BatchLoaders
from trellis.db.models import Timestamped, Versioned, new_metadata
from trellis.db.personal_data import PersonId, person_columns, row_as_json
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.db.subgraph import define_subgraph
from trellis.schema.identity import ANONYMOUS

EXPORT = """query($of: [_Any!]!) { _entities(representations: $of) {
  ... on PersonalData { userId shelf } } }"""
ALAN, ADA = caller("alan"), caller("ada")
ALAN_ID, ADA_ID = demo_id("user", "alan"), demo_id("user", "ada")


class Base(SQLModel):
    metadata = new_metadata()


class Loan(Versioned, Timestamped, Base, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    reader_id: PersonId
    lent_by: PersonId | None = None
    book_id: UUID = Field(default_factory=uuid4)
    title: str
    sealed: bytes = b"secret"


class Shelf(Base, table=True):
    id: int = Field(primary_key=True)


@strawberry.type
class Query:
    books: int = 3


make_subgraph = define_subgraph("shelf", Base, Query, loaders=BatchLoaders)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(make_subgraph, DataSettings(data_dir=tmp_path), []) as subgraph:
        context = subgraph.context(ALAN)
        earlier = datetime.now(UTC) - timedelta(days=1)
        async with context.storage.begin() as uow:
            connection = await uow.session.connection()
            await connection.run_sync(lambda c: Base.metadata.create_all(c, checkfirst=True))
            uow.session.add_all(
                (
                    Loan(reader_id=ALAN_ID, title="Emma", created_at=earlier),
                    Loan(reader_id=ALAN_ID, title="Persuasion"),
                    Loan(reader_id=ADA_ID, lent_by=ALAN_ID, title="Sandition", created_at=earlier),
                    Loan(reader_id=ADA_ID, title="Not his"),
                )
            )
        yield subgraph


async def export(shelf: Running, of: Any, who: Any) -> list[Any]:
    references = [{"__typename": "PersonalData", "userId": str(of)}]
    return (await shelf.ask(EXPORT, who, of=references))["_entities"]


def test_columns_about_people_are_found_by_their_type():
    assert person_columns(Base) == {Loan: ("reader_id", "lent_by")}


async def test_it_has_all_rows_that_refer_to_the_person_and_no_bytes(shelf: Running):
    [found] = await export(shelf, ALAN_ID, ALAN)
    rows = found["shelf"]["loan"]
    assert found["userId"] == str(ALAN_ID) and list(found["shelf"]) == ["loan"]
    assert {row["title"] for row in rows} == {"Emma", "Persuasion", "Sandition"}
    assert all("sealed" not in row and UUID(row["book_id"]) for row in rows)


async def test_of_too_many_rows_the_newest_are_in_it(
    shelf: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(personal_data, "MAX_ROWS", 1)
    [found] = await export(shelf, ALAN_ID, ALAN)
    assert [row["title"] for row in found["shelf"]["loan"]] == ["Persuasion"]


@pytest.mark.parametrize("who", [ADA, ANONYMOUS], ids=["another person", "nobody"])
async def test_nobody_gets_the_data_of_somebody_else(shelf: Running, who: Any):
    assert await export(shelf, ALAN_ID, who) == [None]


def test_values_are_written_as_json():
    class Colour(Enum):
        RED = "red"

    id = uuid4()
    row = {
        "id": id,
        "on": date(2026, 1, 31),
        "colour": Colour.RED,
        "price": Decimal("1.10"),
        "tags": ["a"],
        "notes": {"a": 1},
        "hash": "x",
    }
    assert row_as_json(row, without={"hash"}) == {
        "id": str(id),
        "on": "2026-01-31",
        "colour": "red",
        "price": "1.10",
        "tags": ["a"],
        "notes": {"a": 1},
    }
