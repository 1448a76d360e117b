"""Deletes rows that are no longer needed: expired proofs, sessions that ended long ago."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from trellis.subgraphs.accounts import history
from trellis.subgraphs.accounts.billing.models import PaymentEvent
from trellis.subgraphs.accounts.models import (
    NO_PASSWORD,
    ApiKey,
    MailedLink,
    RefreshToken,
    Session,
    User,
)
from trellis.subgraphs.accounts.providers.models import SignInCode
from trellis.subgraphs.accounts.use_cases.guesses import forget_old_guesses

# Longer than anybody needs to see that a session has ended and why.
_KEEP = timedelta(days=7)


async def clean(session: AsyncSession, now: datetime) -> None:
    """Delete what has been over for a week; the audit log and the events keep what happened."""
    before = now - _KEEP
    over = or_(col(Session.expires_at) < before, col(Session.ended_at) < before)
    old_sessions = select(col(Session.id)).where(over)
    await session.execute(
        delete(RefreshToken).where(
            or_(
                col(RefreshToken.expires_at) < before,
                col(RefreshToken.session_id).in_(old_sessions),
            )
        )
    )
    await session.execute(delete(Session).where(over))
    too_old = or_(col(ApiKey.revoked_at) < before, col(ApiKey.expires_at) < before)
    await session.execute(delete(ApiKey).where(too_old))
    for id in await session.scalars(_lately_deleted(before)):
        # Events that were not delivered yet when the person was forgotten.
        await history.forget(session, User.metadata, id)
    await session.execute(delete(MailedLink).where(col(MailedLink.expires_at) < before))
    await session.execute(delete(SignInCode).where(col(SignInCode.expires_at) < now))
    # Copies that come later have signatures that are too old.
    await session.execute(delete(PaymentEvent).where(col(PaymentEvent.received_at) < before))
    await forget_old_guesses(session, now)


def _lately_deleted(since: datetime) -> SelectOfScalar[UUID]:
    is_deleted = col(User.password_hash) == NO_PASSWORD
    return select(col(User.id)).where(is_deleted, col(User.rights_changed_at) >= since)
