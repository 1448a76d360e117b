"""What a subgraph stores about a person, for that person.

Columns that say who did or has something are of the type ``PersonId``. By them each subgraph with
tables adds a field of its own name to the entity ``PersonalData``, so that one operation exports
what all subgraphs store.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Annotated, Any
from uuid import UUID

import strawberry
import strawberry.federation
from sqlalchemy import LargeBinary, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.events.event import json_value
from trellis.schema.scalars import JSON

# Rows of one table in an export: more than a person makes by hand in years, and an answer of some
# megabytes at most.
MAX_ROWS = 10_000


class _Person:
    """Marks a column that holds the id of a user."""


PersonId = Annotated[UUID, _Person()]


def person_columns(base: type[SQLModel]) -> dict[type[SQLModel], tuple[str, ...]]:
    """The columns of type ``PersonId`` of the tables below ``base``, by model."""
    found = {
        model: tuple(name for name in model.model_fields if _is_person(model, name))
        for model in _tables(base)
    }
    return {model: names for model, names in found.items() if names}


def _tables(base: type[SQLModel]) -> Iterator[type[SQLModel]]:
    for model in base.__subclasses__():
        if hasattr(model, "__table__"):
            yield model
        yield from _tables(model)


def _is_person(model: type[SQLModel], name: str) -> bool:
    field = model.model_fields[name]
    # In an optional column the marker is inside the union.
    inner = [
        mark
        for member in getattr(field.annotation, "__args__", ())
        for mark in getattr(member, "__metadata__", ())
    ]
    return any(isinstance(mark, _Person) for mark in (*field.metadata, *inner))


async def rows_about(
    session: AsyncSession, columns: Mapping[type[SQLModel], Sequence[str]], person_id: UUID
) -> dict[str, list[dict[str, Any]]]:
    """The rows that refer to the person in one of their ``person_columns``, as JSON by table: the
    newest ``MAX_ROWS`` of each.

    Bytes are left out: where they are stored they are sealed secrets.
    """
    exported = {}
    for model, names in columns.items():
        table: Table = model.__table__  # type: ignore[attr-defined]
        conditions = [table.c[name] == person_id for name in names]
        statement = select(table).where(or_(*conditions)).limit(MAX_ROWS)
        if "created_at" in table.c:
            statement = statement.order_by(table.c.created_at.desc())
        secret = {c.name for c in table.columns if isinstance(c.type, LargeBinary)}
        rows = (await session.execute(statement)).mappings()
        exported[table.name] = [row_as_json(row, without=secret) for row in rows]
    return exported


def row_as_json(row: Mapping[Any, Any], without: Set[str] = frozenset()) -> dict[str, Any]:
    """The row as JSON values by column, except for the columns ``without``."""
    return {name: json_value(value) for name, value in row.items() if name not in without}


def personal_data_type(subgraph: str, base: type[SQLModel]) -> type | None:
    """The entity ``PersonalData`` with the field that the subgraph adds to it; None when its
    tables refer to nobody."""
    columns = person_columns(base)
    if not columns:
        return None

    async def export(self: Any, info: Info[CallerContext[Any], None]) -> JSON | None:
        async with info.context.storage.read() as session:
            return JSON(await rows_about(session, columns, UUID(self.user_id)))

    async def resolve_reference(
        cls: Any, info: Info[CallerContext[Any], None], user_id: str
    ) -> Any | None:
        """Nobody but the person themselves."""
        return cls(user_id=user_id) if str(info.context.caller.id) == user_id else None

    field = strawberry.federation.field(
        resolver=export,
        name=subgraph,
        authenticated=True,
        description=f"What {subgraph} stores about the caller, rows by table.",
    )
    members = {
        "__annotations__": {"user_id": ID},
        "__module__": __name__,
        "exported": field,
        "resolve_reference": classmethod(resolve_reference),
    }
    return strawberry.federation.type(keys=["userId"], name="PersonalData")(
        type("PersonalData", (), members)
    )
