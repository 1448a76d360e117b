"""Mailed links: confirming an address, choosing a new password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, update
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    UserVerified,
)
from trellis.subgraphs.accounts import proof_queries, queries
from trellis.subgraphs.accounts.errors import LinkRefused, UserNotFound
from trellis.subgraphs.accounts.events import state_of
from trellis.subgraphs.accounts.metrics import VERIFICATIONS
from trellis.subgraphs.accounts.models import LinkPurpose, MailedLink, User
from trellis.subgraphs.accounts.tokens import hash_of, new_secret
from trellis.subgraphs.accounts.use_cases.passwords import replace_password

_LIFETIMES = {
    LinkPurpose.VERIFY_EMAIL: timedelta(days=2),
    LinkPurpose.RESET_PASSWORD: timedelta(hours=1),
    LinkPurpose.CHANGE_EMAIL: timedelta(hours=1),
}
_MOST_AN_HOUR = 3


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be mailed; its token is only in the mail."""

    email: str
    token: str


async def make_link(
    uow: UnitOfWork, user: User, purpose: LinkPurpose, *, email: str | None = None
) -> NewLink | None:
    """A new link for the user's mailbox, or for another one that is to become it; None when there
    were three within the hour."""
    now = utc_now()
    since = now - timedelta(hours=1)
    if (
        await proof_queries.links_mailed_since(uow.session, user.id, purpose, since)
        >= _MOST_AN_HOUR
    ):
        return None
    token = new_secret()
    uow.session.add(
        MailedLink(
            token_hash=hash_of(token),
            user_id=user.id,
            purpose=purpose,
            email=email or user.email,
            created_at=now,
            expires_at=now + _LIFETIMES[purpose],
        )
    )
    return NewLink(email or user.email, token)


async def make_reset_link(uow: UnitOfWork, email: str) -> NewLink | None:
    """A link for the user with this address; None for unknown addresses and closed accounts."""
    found = await queries.user_by_login(uow.session, email) if "@" in email else None
    # Held, so that of many who ask at once only three are counted as the first.
    user = await queries.user_for_update(uow.session, found.id) if found else None
    if user is None or not user.is_active:
        return None
    return await make_link(uow, user, LinkPurpose.RESET_PASSWORD)


async def check_reset_token(storage: Storage, token: str) -> None:
    """Raises ``LinkRefused`` before a new password is hashed in vain."""
    async with storage.read() as session:
        link = await proof_queries.usable_link(
            session, hash_of(token), LinkPurpose.RESET_PASSWORD, utc_now()
        )
    if link is None:
        raise LinkRefused


async def reset_password(uow: UnitOfWork, token: str, password_hash: str) -> User:
    """Set a new password and end all sessions. Raises ``LinkRefused``."""
    user = await _use(uow, token, LinkPurpose.RESET_PASSWORD)
    await replace_password(uow, user, password_hash)
    return user


async def verify_email(uow: UnitOfWork, token: str, *, user_id: UUID | None = None) -> User:
    """Confirm the address that the link went to. Raises ``LinkRefused``, and ``UserNotFound`` if it
    is for another person, whether or not that person exists."""
    user = await _use(uow, token, LinkPurpose.VERIFY_EMAIL)
    if user_id is not None and user.id != user_id:
        raise UserNotFound
    if user.email_verified_at is None:
        user.email_verified_at = utc_now()
        await uow.session.flush()
        organization_ids = await queries.organization_ids_of(uow.session, user.id)
        uow.emit(UserVerified(**state_of(user, organization_ids)))
        uow.on_commit(VERIFICATIONS.inc)
    return user


async def _use(uow: UnitOfWork, token: str, purpose: LinkPurpose) -> User:
    link, user = await use_link(uow, token, purpose)
    if user.email != link.email:
        raise LinkRefused
    return user


async def use_link(uow: UnitOfWork, token: str, purpose: LinkPurpose) -> tuple[MailedLink, User]:
    """Spend a link of this purpose. Raises ``LinkRefused``."""
    now = utc_now()
    link = await proof_queries.usable_link(uow.session, hash_of(token), purpose, now)
    if link is None or not await _spend(uow, link, now):
        raise LinkRefused
    user = await queries.user_for_update(uow.session, link.user_id)
    if user is None or not user.is_active:
        raise LinkRefused
    return link, user


async def _spend(uow: UnitOfWork, link: MailedLink, now: datetime) -> bool:
    """Use up the link and every other one of its kind that the user has; one caller wins."""
    mine = (col(MailedLink.user_id) == link.user_id) & (col(MailedLink.purpose) == link.purpose)
    unused = col(MailedLink.used_at).is_(None)
    this = update(MailedLink).where(col(MailedLink.token_hash) == link.token_hash, unused)
    result = cast("CursorResult[Any]", await uow.session.execute(this.values(used_at=now)))
    if result.rowcount == 1:
        await uow.session.execute(update(MailedLink).where(mine, unused).values(used_at=now))
    return result.rowcount == 1
