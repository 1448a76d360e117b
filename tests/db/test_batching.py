"""Many keys in one statement, answered in the order in which they were asked."""

import pytest
from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel, col, select

from tests.support.statements import statements
from trellis.db.batching import in_groups, lists_by, rows_by
from trellis.db.engine import Database
from trellis.db.models import new_metadata


class Base(SQLModel):
    metadata = new_metadata()


class Leaf(Base, table=True):
    id: int = Field(primary_key=True)
    tree: int
    name: str


@pytest.fixture
def metadata() -> MetaData:
    return Base.metadata


@pytest.fixture
async def leaves(database: Database) -> Database:
    rows = [(1, 7, "b"), (2, 7, "a"), (3, 8, "c"), (4, 9, "hidden")]
    async with database.write() as session:
        session.add_all(Leaf(id=id, tree=tree, name=name) for id, tree, name in rows)
    return database


async def test_each_key_gets_its_row_and_none_what_the_statement_leaves_out(leaves: Database):
    seen = select(Leaf).where(Leaf.name != "hidden")
    with statements() as asked:
        async with leaves.read() as session:
            found = await rows_by(session, seen, Leaf.id, [3, 4, 1, 99, 3])

    assert [leaf.name if leaf else None for leaf in found] == ["c", None, "b", None, "c"]
    assert len(asked) == 1


async def test_each_key_gets_all_its_rows_in_the_order_of_the_statement(leaves: Database):
    in_order = select(Leaf).order_by(col(Leaf.name))
    with statements() as asked:
        async with leaves.read() as session:
            found = await lists_by(session, in_order, Leaf.tree, [8, 7, 6])

    assert [[leaf.name for leaf in leaves] for leaves in found] == [["c"], ["a", "b"], []]
    assert len(asked) == 1


async def test_keys_of_one_group_are_loaded_together():
    asked: list[tuple[str, list[int]]] = []

    async def load(group: str, keys: list[int]) -> dict[int, str]:
        asked.append((group, keys))
        return {key: f"{group}{key}" for key in keys}

    assert await in_groups([("a", 1), ("b", 1), ("a", 2)], load) == ["a1", "b1", "a2"]
    assert asked == [("a", [1, 2]), ("b", [1])]
