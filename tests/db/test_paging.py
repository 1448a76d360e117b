"""Pages of one list and of many, held against the same pages cut out of a sorted list in Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, insert
from sqlmodel import Field, SQLModel, col, select

from trellis.db.engine import Database
from trellis.db.models import new_metadata
from trellis.db.paging import (
    SortColumn,
    count_by_parent,
    count_of,
    cursor_of,
    instant,
    integer,
    order_by,
    page_of,
    pages_by_parent,
    text,
)
from trellis.schema.errors import BadUserInput
from trellis.schema.paging import Page, PageRequest, decode_cursor, encode_cursor


class Base(SQLModel):
    metadata = new_metadata()


class Leaf(Base, table=True):
    id: int = Field(primary_key=True)
    tree: int
    weight: int
    name: str


# Equal weights, so that the id has to decide, and ids that run against the insertion order.
LEAVES = [
    Leaf(id=id, tree=tree, weight=weight, name=f"leaf {id}")
    for id, tree, weight in (
        (9, 1, 5), (3, 1, 5), (7, 1, 2), (1, 1, 8), (5, 1, 2),
        (8, 2, 1), (2, 2, 1), (6, 2, 4),
        (4, 3, 3),
    )
]  # fmt: skip
BARE = 4
TREES = [1, 2, 3, BARE]
LIGHTEST_FIRST = (SortColumn("weight", integer), SortColumn("id", integer))
HEAVIEST_FIRST = (SortColumn("weight", integer, descending=True), SortColumn("id", integer))


@pytest.fixture
def metadata() -> MetaData:
    return Base.metadata


@pytest.fixture
async def leaves(database: Database) -> Database:
    async with database.write() as session:
        await session.execute(insert(Leaf), [leaf.model_dump() for leaf in LEAVES])
    return database


def in_order(leaves: Sequence[Leaf], order: Sequence[SortColumn]) -> list[Leaf]:
    sign = -1 if order[0].descending else 1
    return sorted(leaves, key=lambda leaf: (sign * leaf.weight, leaf.id))


@dataclass(frozen=True)
class Expected:
    """What a page should be: its ids, and whether there is more on either side."""

    ids: list[int]
    has_next: bool
    has_previous: bool


def expected(
    rows: list[Leaf], page: PageRequest, bounds: tuple[int | None, int | None]
) -> Expected:
    """The page of ``rows``, which are sorted, between the places ``bounds`` (exclusive)."""
    after, before = bounds
    left = rows[(-1 if after is None else after) + 1 : len(rows) if before is None else before]
    if page.backward:
        left = left[: len(left) - page.skip]
        kept = left[-page.size :]
        is_followed = before is not None or page.skip > 0
        return Expected([leaf.id for leaf in kept], is_followed, len(left) > page.size)
    left = left[page.skip :]
    kept = left[: page.size]
    is_begun = after is not None or page.skip > 0
    return Expected([leaf.id for leaf in kept], len(left) > page.size, is_begun)


def found(page: Page[Leaf], order: Sequence[SortColumn]) -> Expected:
    assert page.cursors == [cursor_of(leaf, order) for leaf in page.rows]
    return Expected([leaf.id for leaf in page.rows], page.has_next, page.has_previous)


SIZES = (1, 2, 3, 5, 6)


def requests(
    rows: list[Leaf], order: Sequence[SortColumn]
) -> list[tuple[PageRequest, tuple[int | None, int | None]]]:
    """Pages of every size, from both ends, skipping or not, with each kind of bounds."""
    ends: list[tuple[int | None, int | None]] = [(None, None), (0, None), (None, 3), (0, 4), (4, 2)]
    return [
        (
            PageRequest(
                size,
                backward,
                None if after is None else cursor_of(rows[after], order),
                None if before is None else cursor_of(rows[before], order),
                skip,
            ),
            (after, before),
        )
        for size, backward, (after, before), skip in product(SIZES, (False, True), ends, (0, 1))
    ]


@pytest.mark.parametrize("order", [LIGHTEST_FIRST, HEAVIEST_FIRST], ids=["ascending", "descending"])
async def test_a_page_is_what_slicing_the_sorted_list_gives(
    leaves: Database, order: Sequence[SortColumn]
):
    rows = in_order([leaf for leaf in LEAVES if leaf.tree == 1], order)
    statement = select(Leaf).where(col(Leaf.tree) == 1)
    asked = requests(rows, order)
    assert len(asked) == 100
    async with leaves.read() as session:
        for page, bounds in asked:
            answer = found(await page_of(session, statement, Leaf, page, order), order)
            assert answer == expected(rows, page, bounds), (page, bounds)


@pytest.mark.parametrize("order", [LIGHTEST_FIRST, HEAVIEST_FIRST], ids=["ascending", "descending"])
async def test_pages_of_many_lists_are_those_of_each_list_alone(
    leaves: Database, order: Sequence[SortColumn]
):
    lists = {
        tree: in_order([leaf for leaf in LEAVES if leaf.tree == tree], order) for tree in TREES
    }
    asked = [PageRequest(*page) for page in product(SIZES, (False, True), [None], [None], (0, 1))]
    assert len(asked) == 20
    async with leaves.read() as session:
        for page in asked:
            pages = await pages_by_parent(
                session, select(Leaf), Leaf, col(Leaf.tree), TREES, page, order
            )
            answers = {tree: found(one, order) for tree, one in pages.items()}
            none = (None, None)
            assert answers == {tree: expected(lists[tree], page, none) for tree in TREES}, page


async def test_a_cursor_cuts_each_of_many_lists_at_the_same_place(leaves: Database):
    third = next(leaf for leaf in LEAVES if leaf.id == 3)  # weight 5
    page = PageRequest(2, after=cursor_of(third, HEAVIEST_FIRST))
    async with leaves.read() as session:
        pages = await pages_by_parent(
            session, select(Leaf), Leaf, col(Leaf.tree), [1, 2, 3], page, HEAVIEST_FIRST
        )
    assert {tree: found(one, HEAVIEST_FIRST) for tree, one in pages.items()} == {
        1: Expected([9, 5], has_next=True, has_previous=True),
        2: Expected([6, 2], has_next=True, has_previous=True),
        3: Expected([4], has_next=False, has_previous=True),
    }


async def test_only_the_lists_that_were_asked_for_are_counted_and_paged(leaves: Database):
    async with leaves.read() as session:
        ordered = select(Leaf).order_by(col(Leaf.weight))
        assert await count_by_parent(session, ordered, col(Leaf.tree), [3, 1, BARE]) == {
            3: 1,
            1: 5,
            BARE: 0,
        }
        assert await count_of(session, ordered.where(col(Leaf.weight) < 5)) == 6
        pages = await pages_by_parent(
            session, select(Leaf), Leaf, col(Leaf.tree), [3], PageRequest(), LIGHTEST_FIRST
        )
    assert [(tree, len(page.rows)) for tree, page in pages.items()] == [(3, 1)]


@pytest.mark.parametrize(
    ("parse", "value", "parsed"),
    [
        (integer, 0, 0),
        (integer, 2**31 - 1, 2**31 - 1),
        (text, "", ""),
        (instant, "2026-01-05T10:00:00+01:00", datetime(2026, 1, 5, 9, tzinfo=UTC)),
    ],
)
def test_a_cursor_gives_back_what_the_column_is_compared_with(parse: Any, value: Any, parsed: Any):
    assert parse(value) == parsed


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        *((integer, value) for value in (-1, 2**31, 1.5, "1", None)),
        *((text, value) for value in (1, None, ["a"])),
        *((instant, value) for value in ("2026-01-05T09:00:00", "soon", 5, None)),
        *((UUID, value) for value in ("none", 5, None)),
    ],
)
async def test_a_cursor_of_a_value_that_its_column_cannot_have_is_refused(parse: Any, value: Any):
    page = PageRequest(after=encode_cursor(["8a1e5e6e-52a5-4b0e-9a3e-6f0b6f6d0001", value]))
    order = (SortColumn("name", text), SortColumn("id", parse))
    database = Database("never connected", "sqlite+aiosqlite://")
    async with database.read() as session:
        with pytest.raises(BadUserInput) as refusal:
            await page_of(session, select(Leaf), Leaf, page, order)
    assert [problem.field for problem in refusal.value.problems] == ["after"]


def test_a_sort_order_ends_with_the_id_in_ascending_order():
    assert order_by("name", text, descending=True) == (
        SortColumn("name", text, descending=True, is_named=True),
        SortColumn("id", UUID),
    )


def test_the_cursors_of_an_order_that_clients_choose_name_it():
    """But for the usual one, by the time of creation."""
    row = SimpleNamespace(name="ash", created_at="2026-01-05T09:00:00Z", id=7)
    by_name = cursor_of(row, order_by("name", text, descending=False))
    by_time = cursor_of(row, order_by("created_at", instant, descending=True))
    assert decode_cursor(by_name, 3) == ["name", "ash", 7]
    assert decode_cursor(by_time, 2) == ["2026-01-05T09:00:00Z", 7]
