"""Everything that accounts keeps about a person, for that person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.models import utc_now
from trellis.db.personal_data import MAX_ROWS, row_as_json
from trellis.subgraphs.accounts import audit, history, proof_queries
from trellis.subgraphs.accounts.models import AuditEntry, Base, User

# Hashes and keys are no data about anybody; a copy of them would only help an attacker.
_SECRET = frozenset(
    {
        "password_hash",
        "token_hash",
        "secret",
        "secret_hash",
        "code_hash",
        "challenge_hash",
        "entry_hash",
        "previous_hash",
        "details_salt",
        "details_hash",
    }
)


async def export_person(session: AsyncSession, user: User) -> dict[str, Any]:
    """The rows of every table that belong to the person, the newest 10,000 of each at most.

    A table that comes to refer to users is in it without anybody thinking of it.
    """
    exported: dict[str, Any] = {"exportedAt": utc_now().isoformat()}
    for table in Base.metadata.sorted_tables:
        condition = _belongs_to(table, user)
        if condition is not None:
            rows = await session.execute(select(table).where(condition).limit(MAX_ROWS))
            exported[table.name] = [_row(row) for row in rows.mappings()]
    entries = await audit.entries_about(session, user.id, MAX_ROWS)
    exported["audit_log"] = [_audit_row(entry, user.id) for entry in entries]
    exported["events"] = await history.all_events(session, Base.metadata, user.id, MAX_ROWS)
    return exported


def _belongs_to(table: Table, user: User) -> ColumnElement[bool] | None:
    """Which rows of the table are about the user; None when none can be."""
    if table.name == User.__tablename__:
        return table.c.id == user.id
    conditions = [
        column == user.id
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "users.id"
    ]
    if "session_id" in table.c:
        conditions.append(table.c.session_id.in_(proof_queries.session_ids_of(user.id)))
    if "email" in table.c:
        conditions.append(table.c.email == user.email)
    return or_(*conditions) if conditions else None


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    return row_as_json(row, without=_SECRET)


def _audit_row(entry: AuditEntry, user_id: UUID) -> dict[str, Any]:
    """An entry; where somebody else was when they did something is theirs, and with which key."""
    row = _row(entry.model_dump())
    # The place in the log tells how much happens to everybody.
    del row["sequence"]
    if entry.actor_id not in (None, user_id):
        row["origin"] = row["client_address"] = row["key_id"] = None
    if entry.result == audit.REFUSED and entry.target != str(user_id):
        # Whose account somebody tried to sign in to, and why in vain, shows who has one.
        row["target"] = row["reason"] = None
    return row
