"""Ending sessions. An ended session refreshes nothing any more."""

from datetime import datetime
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    UserLoggedOut,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import proof_queries
from trellis.subgraphs.accounts.errors import SessionNotFound
from trellis.subgraphs.accounts.models import Session, SessionEnd


def end_session(uow: UnitOfWork, session: Session, reason: SessionEnd, now: datetime) -> None:
    """End one session, of any user."""
    session.ended_at, session.end_reason = now, reason
    uow.emit(UserLoggedOut(user_id=session.user_id, session_id=session.id, reason=reason))


async def log_out(uow: UnitOfWork, caller: Identity) -> None:
    """End the session that the caller's access token belongs to; twice does no harm."""
    session = await uow.session.get(Session, caller.session_id) if caller.session_id else None
    if session is not None and session.user_id == caller.id and session.ended_at is None:
        end_session(uow, session, SessionEnd.SIGNED_OUT, utc_now())


async def revoke_session(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """End one of the caller's own sessions. Raises ``SessionNotFound``."""
    session = await uow.session.get(Session, id)
    if session is None or session.user_id != caller.id or session.ended_at is not None:
        raise SessionNotFound
    end_session(uow, session, SessionEnd.ENDED_BY_USER, utc_now())


async def revoke_sessions(
    uow: UnitOfWork, user_id: UUID, reason: SessionEnd, *, keep: UUID | None = None
) -> int:
    """End all sessions of a user but the one to keep; how many there were."""
    now = utc_now()
    sessions = await proof_queries.open_sessions(uow.session, user_id, now)
    ended = [session for session in sessions if session.id != keep]
    for session in ended:
        end_session(uow, session, reason, now)
    return len(ended)
