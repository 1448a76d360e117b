"""Every SELECT about sessions, mailed links and second factors.

They are asked by those who prove something, not by those who look: nobody else's rows come back
because each is found by a secret or by the id of whoever has proved who they are.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from trellis.subgraphs.accounts.models import (
    ApiKey,
    Authenticator,
    LinkPurpose,
    MailedLink,
    RecoveryCode,
    RefreshToken,
    Session,
    User,
)


async def refresh_token_with_session(
    session: AsyncSession, token_hash: str
) -> tuple[RefreshToken, Session] | None:
    statement = (
        select(RefreshToken, Session)
        .join(Session, col(Session.id) == col(RefreshToken.session_id))
        .where(RefreshToken.token_hash == token_hash)
    )
    row = (await session.execute(statement)).first()
    return (row[0], row[1]) if row else None


async def open_sessions(session: AsyncSession, user_id: UUID, now: datetime) -> list[Session]:
    """The user's sessions that are not over, the latest used first."""
    statement = (
        select(Session)
        .where(
            Session.user_id == user_id, col(Session.ended_at).is_(None), Session.expires_at > now
        )
        .order_by(col(Session.last_used_at).desc(), col(Session.id))
    )
    return list(await session.scalars(statement))


async def surplus_sessions(
    session: AsyncSession, user_id: UUID, now: datetime, most: int
) -> list[Session]:
    """The user's open sessions beyond the ``most`` that were used last."""
    return (await open_sessions(session, user_id, now))[most:]


def session_ids_of(user_id: UUID) -> SelectOfScalar[UUID]:
    return select(Session.id).where(Session.user_id == user_id)


async def sessions_of(session: AsyncSession, user_id: UUID) -> list[Session]:
    """All sessions of the user, those that are over too."""
    return list(await session.scalars(select(Session).where(Session.user_id == user_id)))


async def sessions_ended_since(session: AsyncSession, moment: datetime) -> frozenset[UUID]:
    """The ids of the sessions that ended after ``moment``, the latest 100,000."""
    ended_at = col(Session.ended_at)
    statement = select(Session.id).where(ended_at >= moment)
    ids = await session.scalars(statement.order_by(ended_at.desc()).limit(100_000))
    return frozenset(ids)


async def api_keys_revoked_since(session: AsyncSession, moment: datetime) -> frozenset[str]:
    """The ids of the API keys that were revoked after ``moment``."""
    statement = select(ApiKey.id).where(col(ApiKey.revoked_at) >= moment).limit(100_000)
    return frozenset(str(id) for id in await session.scalars(statement))


async def users_changed_since(session: AsyncSession, moment: datetime) -> list[User]:
    """Whose rights changed after ``moment``, the latest 100,000."""
    changed_at = col(User.rights_changed_at)
    statement = select(User).where(changed_at >= moment).order_by(changed_at.desc())
    return list(await session.scalars(statement.limit(100_000)))


async def api_keys_of(session: AsyncSession, user_id: UUID) -> list[ApiKey]:
    """The user's API keys, the newest first, those that are over too."""
    statement = select(ApiKey).where(ApiKey.user_id == user_id)
    newest = statement.order_by(col(ApiKey.created_at).desc(), col(ApiKey.id))
    return list(await session.scalars(newest))


async def usable_api_key(
    session: AsyncSession, secret_hash: str, now: datetime
) -> tuple[ApiKey, User] | None:
    """The key and its owner. One statement, whether there is no such key or it is no good."""
    expires_at = col(ApiKey.expires_at)
    statement = (
        select(ApiKey, User)
        .join(User, col(User.id) == col(ApiKey.user_id))
        .where(
            ApiKey.secret_hash == secret_hash,
            col(ApiKey.revoked_at).is_(None),
            or_(expires_at.is_(None), expires_at > now),
            col(User.is_active).is_(True),
        )
    )
    row = (await session.execute(statement)).first()
    return (row[0], row[1]) if row else None


async def links_mailed_since(
    session: AsyncSession, user_id: UUID, purpose: LinkPurpose, moment: datetime
) -> int:
    """How many links of this kind the user was sent after ``moment``."""
    statement = select(func.count()).where(
        MailedLink.user_id == user_id,
        MailedLink.purpose == purpose,
        MailedLink.created_at >= moment,
    )
    return (await session.scalars(statement)).one()


async def usable_link(
    session: AsyncSession, token_hash: str, purpose: LinkPurpose, now: datetime
) -> MailedLink | None:
    statement = select(MailedLink).where(
        MailedLink.token_hash == token_hash,
        MailedLink.purpose == purpose,
        MailedLink.expires_at > now,
        col(MailedLink.used_at).is_(None),
    )
    return (await session.scalars(statement)).one_or_none()


async def authenticator_for_update(session: AsyncSession, user_id: UUID) -> Authenticator | None:
    """The second factor, held against other writers until the transaction ends."""
    statement = select(Authenticator).where(Authenticator.user_id == user_id).with_for_update()
    return (await session.scalars(statement)).one_or_none()


async def unused_recovery_codes(session: AsyncSession, user_id: UUID) -> int:
    statement = select(func.count()).where(
        RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None)
    )
    return (await session.scalars(statement)).one()
