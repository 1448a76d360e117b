"""API keys: how programs prove in whose name they act, and within which scopes.

trk_ + 256 random bits      shown once, kept as a hash
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    ApiKeyCreated,
    ApiKeyRevoked,
)
from trellis.schema.identity import Identity
from trellis.schema.scopes import SCOPES, with_implied
from trellis.subgraphs.accounts import proof_queries, queries
from trellis.subgraphs.accounts.errors import (
    ApiKeyNotFound,
    ScopesBeyondYours,
    TooManyApiKeys,
    UnknownScope,
    UserNotFound,
)
from trellis.subgraphs.accounts.models import ApiKey, User
from trellis.subgraphs.accounts.queries import Belonging
from trellis.subgraphs.accounts.subscriptions import highest, tier_of
from trellis.subgraphs.accounts.tokens import good_from, hash_of, new_secret, permissions_of

MOST_KEYS = 50
_MARK = "trk_"
_PREFIX_LENGTH = 12
_MAX_LENGTH = 256
_NOTE_USE_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key and its secret, which is returned only once."""

    key: ApiKey
    owner: User
    secret: str


@dataclass(frozen=True, slots=True)
class KnownApiKey:
    """A valid key and the caller that it authenticates."""

    key: ApiKey
    identity: Identity


async def create_api_key(
    uow: UnitOfWork,
    caller: Identity,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> NewApiKey:
    """Make a key that acts in the caller's name.

    Raises ``UnknownScope``, ``ScopesBeyondYours`` and ``TooManyApiKeys``.
    """
    assert caller.id is not None
    user = await queries.user_for_update(uow.session, caller.id)
    if user is None or not user.is_active:
        raise UserNotFound
    now = utc_now()
    wanted = _checked(caller, scopes, await _scopes_now(uow.session, user, now))
    keys = await proof_queries.api_keys_of(uow.session, user.id)
    if sum(is_usable(key, now) for key in keys) >= MOST_KEYS:
        raise TooManyApiKeys(MOST_KEYS)
    secret = _MARK + new_secret()
    key = ApiKey(
        user_id=user.id,
        name=name,
        prefix=secret[:_PREFIX_LENGTH],
        secret_hash=hash_of(secret),
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
    )
    uow.session.add(key)
    event = ApiKeyCreated(
        user_id=user.id,
        api_key_id=key.id,
        name=name,
        scopes=tuple(wanted),
        expires_at=expires_at,
    )
    uow.emit(event)
    return NewApiKey(key, user, secret)


async def revoke_api_key(uow: UnitOfWork, caller: Identity, id: UUID) -> ApiKey:
    """End a key of one's own, or as an administrator anybody's; twice does no harm.

    Raises ``ApiKeyNotFound``.
    """
    key = await uow.session.get(ApiKey, id)
    if key is None or (key.user_id != caller.id and not caller.is_admin):
        raise ApiKeyNotFound
    if key.revoked_at is None:
        key.revoked_at = utc_now()
        uow.emit(ApiKeyRevoked(user_id=key.user_id, api_key_id=key.id, name=key.name))
    return key


async def identify(session: AsyncSession, text: str, now: datetime) -> KnownApiKey | None:
    """The caller that the text proves, with no more than its owner may do by now."""
    found = await proof_queries.usable_api_key(session, hash_of(text[:_MAX_LENGTH]), now)
    if found is None:
        return None
    key, owner = found
    belonging = await queries.belonging_of(session, owner.id)
    expires_at = int(key.expires_at.timestamp()) if key.expires_at is not None else None
    identity = Identity(
        id=owner.id,
        username=owner.username,
        scopes=with_implied(key.scopes) & _scopes_of(owner, belonging, now),
        tenant_id=belonging.organization_id,
        team_id=belonging.team_id,
        tier=highest((tier_of(owner, now), belonging.tier)).value,
        expires_at=expires_at,
        issued_at=max(int(now.timestamp()), good_from(owner)),
        kind="service",
        key_id=str(key.id),
    )
    return KnownApiKey(key, identity)


def is_usable(key: ApiKey, now: datetime) -> bool:
    """Whether the key opens anything yet."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def was_long_unused(key: ApiKey, now: datetime) -> bool:
    """Whether it is time to note that the key is in use."""
    return key.last_used_at is None or now - key.last_used_at >= _NOTE_USE_EVERY


async def note_use(session: AsyncSession, id: UUID, now: datetime) -> None:
    """Remember the hour in which the key was used."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    await session.execute(update(ApiKey).where(col(ApiKey.id) == id).values(last_used_at=hour))


async def _scopes_now(session: AsyncSession, user: User, now: datetime) -> frozenset[str]:
    return _scopes_of(user, await queries.belonging_of(session, user.id), now)


def _scopes_of(user: User, belonging: Belonging, now: datetime) -> frozenset[str]:
    return permissions_of(user.roles, highest((tier_of(user, now), belonging.tier)))


def _checked(caller: Identity, scopes: Sequence[str], held: frozenset[str]) -> list[str]:
    """The scopes, each once: what the creator holds in the database and in the token."""
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise UnknownScope(scope)
    beyond = [scope for scope in wanted if scope not in held or not caller.may(scope)]
    if beyond:
        raise ScopesBeyondYours(beyond)
    return wanted
