"""Batch queries: one statement for many keys, with results in the order of the keys."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

Group = TypeVar("Group", bound=Hashable)
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Row = TypeVar("Row")


async def rows_by(
    session: AsyncSession, statement: Select[Row], key: Any, values: Sequence[Any]
) -> list[Row | None]:
    """The row for each value, in the same order; None where ``statement`` has none.

    ``key`` is a unique attribute of the entity that is selected, such as ``Issue.id``.
    """
    rows = await session.scalars(statement.where(col(key).in_(values)))
    found = {getattr(row, key.key): row for row in rows}
    return [found.get(value) for value in values]


async def lists_by(
    session: AsyncSession, statement: Select[Row], key: Any, values: Sequence[Any]
) -> list[list[Row]]:
    """All rows for each value, in the same order; each list has the order of ``statement``."""
    lists: dict[Any, list[Row]] = defaultdict(list)
    for row in await session.scalars(statement.where(col(key).in_(values))):
        lists[getattr(row, key.key)].append(row)
    return [lists[value] for value in values]


async def in_groups(
    keys: Sequence[tuple[Group, Key]],
    load: Callable[[Group, list[Key]], Awaitable[Mapping[Key, Value]]],
) -> list[Value]:
    """The values of ``(group, key)`` pairs in their order; ``load`` is called once per group."""
    groups: dict[Group, list[Key]] = defaultdict(list)
    for group, key in keys:
        groups[group].append(key)
    found: dict[Any, Value] = {}
    for group, wanted in groups.items():
        for key, value in (await load(group, wanted)).items():
            found[group, key] = value
    return [found[key] for key in keys]
