"""Keyset pagination: the rows after a sort key, so that all pages cost the same."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql import Select

from trellis.schema.paging import Page, PageRequest, decode_cursor, encode_cursor, invalid_cursor

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class SortColumn:
    """One column of a sort order. The last one must be unique, or pages could miss rows.
    ``is_named``: cursors say that they are by this column, because clients may choose another."""

    name: str
    parse: Callable[[Any], Any]
    descending: bool = False
    is_named: bool = False


def instant(value: Any) -> datetime:
    """Parse a time of a cursor; naive times are invalid."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def text(value: Any) -> str:
    """Parse a text of a cursor."""
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def integer(value: Any) -> int:
    """Parse an integer of a cursor that a column can be compared with."""
    if type(value) is not int or not 0 <= value < 2**31:  # a bool is an int, too
        raise ValueError(value)
    return value


NEWEST_FIRST = (SortColumn("created_at", instant, descending=True), SortColumn("id", UUID))


def order_by(name: str, parse: Callable[[Any], Any], *, descending: bool) -> Sequence[SortColumn]:
    """The order by a column that clients may sort by; ties are ordered by id.

    A cursor of one order is refused by the others: a time is a text, too, and the page after it
    would be any page. Those by the time of creation, which are the rule, need no name for that.
    """
    is_named = name != "created_at"
    return SortColumn(name, parse, descending, is_named=is_named), SortColumn("id", UUID)


@dataclass(frozen=True, slots=True, eq=False)
class ChildRows(Generic[Row]):
    """Rows that form many lists: ``statement`` selects ``entity``, one list for each value of
    ``parent``, which may belong to a table that ``statement`` joins."""

    statement: Select[Row]
    entity: type[Row]
    parent: SQLColumnExpression[Any]
    order: Sequence[SortColumn] = NEWEST_FIRST


async def page_of(
    session: AsyncSession,
    statement: Select[Row],
    entity: type[Row],
    page: PageRequest,
    order: Sequence[SortColumn] = NEWEST_FIRST,
) -> Page[Row]:
    """One page of ``statement``, a SELECT of ``entity``. Raises ``BadUserInput``: bad cursor."""
    limited = (
        statement.where(*_beyond_cursors(entity, page, order))
        .order_by(*_ordering(entity, page, order))
        .offset(page.skip or None)
        .limit(page.size + 1)
    )
    rows = list((await session.scalars(limited)).all())
    return _cut(rows, page, order)


async def pages_by_parent(
    session: AsyncSession,
    statement: Select[Row],
    entity: type[Row],
    parent: SQLColumnExpression[Any],
    parents: Sequence[Any],
    page: PageRequest,
    order: Sequence[SortColumn] = NEWEST_FIRST,
) -> dict[Any, Page[Row]]:
    """The same page of many lists in one statement; ``parent`` is the column of their parent.

    ``parent`` may belong to a table that ``statement`` joins. A parent without rows gets an
    empty page.
    """
    place = func.row_number().over(partition_by=parent, order_by=_ordering(entity, page, order))
    numbered = (
        statement.where(parent.in_(parents), *_beyond_cursors(entity, page, order))
        .add_columns(parent.label("parent_key"), place.label("place"))
        .subquery()
    )
    row = aliased(entity, numbered)
    limited = (
        select(row, numbered.c.parent_key)
        .where(numbered.c.place.between(page.skip + 1, page.skip + page.size + 1))
        .order_by(numbered.c.place)
    )
    lists: dict[Any, list[Row]] = defaultdict(list)
    for found, key in await session.execute(limited):
        lists[key].append(found)
    return {one: _cut(lists[one], page, order) for one in parents}


async def count_by_parent(
    session: AsyncSession,
    statement: Select[Any],
    parent: SQLColumnExpression[Any],
    parents: Sequence[Any],
) -> Mapping[Any, int]:
    """How many rows of ``statement`` each parent has, in one statement."""
    counted = await session.execute(
        statement.where(parent.in_(parents))
        .with_only_columns(parent, func.count())
        .order_by(None)
        .group_by(parent)
    )
    counts: dict[Any, int] = {row[0]: row[1] for row in counted}
    return {one: counts.get(one, 0) for one in parents}


async def count_of(session: AsyncSession, statement: Select[Any]) -> int:
    """How many rows ``statement`` has."""
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return (await session.execute(counted)).scalar_one()


def cursor_of(row: Any, order: Sequence[SortColumn] = NEWEST_FIRST) -> str:
    """The cursor of one row in that order."""
    return encode_cursor([*_names(order), *(getattr(row, column.name) for column in order)])


def _names(order: Sequence[SortColumn]) -> list[str]:
    return [column.name for column in order if column.is_named]


def _cut(rows: list[Row], page: PageRequest, order: Sequence[SortColumn]) -> Page[Row]:
    has_more = len(rows) > page.size
    is_away_from_start = page.skip > 0 or (page.before if page.backward else page.after) is not None
    rows = rows[: page.size]
    if page.backward:
        rows.reverse()
    return Page(
        rows=rows,
        cursors=[cursor_of(row, order) for row in rows],
        has_next=is_away_from_start if page.backward else has_more,
        has_previous=has_more if page.backward else is_away_from_start,
    )


def _ordering(
    entity: type, page: PageRequest, order: Sequence[SortColumn]
) -> list[ColumnElement[Any]]:
    return [
        getattr(entity, column.name).desc()
        if column.descending is not page.backward
        else getattr(entity, column.name).asc()
        for column in order
    ]


def _beyond_cursors(
    entity: type, page: PageRequest, order: Sequence[SortColumn]
) -> list[ColumnElement[bool]]:
    conditions = []
    if page.after is not None:
        conditions.append(_beyond(entity, page.after, order, forward=True))
    if page.before is not None:
        conditions.append(_beyond(entity, page.before, order, forward=False))
    return conditions


def _beyond(
    entity: type, cursor: str, order: Sequence[SortColumn], *, forward: bool
) -> ColumnElement[bool]:
    """(a, b) > (x, y), spelled out because the columns may run in different directions."""
    values = _parsed(cursor, order)
    condition: ColumnElement[bool] = false()
    for column, value in reversed(list(zip(order, values, strict=True))):
        field = getattr(entity, column.name)
        further = field < value if column.descending is forward else field > value
        condition = or_(further, and_(field == value, condition))
    return condition


def _parsed(cursor: str, order: Sequence[SortColumn]) -> list[Any]:
    names = _names(order)
    decoded = decode_cursor(cursor, len(names) + len(order))
    if decoded[: len(names)] != names:
        raise invalid_cursor()
    values = decoded[len(names) :]
    try:
        return [column.parse(value) for column, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, AttributeError) as broken:
        raise invalid_cursor() from broken
