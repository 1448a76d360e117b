"""Signing in: proving a password, opening a session, keeping it alive.

login ----> session, refresh token 1
refresh --> token 1 is spent, token 2 (rotating dialects), or token 1 stays (the others)
reuse ----> a spent token comes again: it was stolen, so the session ends
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, update
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    UserLoggedIn,
)
from trellis.subgraphs.accounts import proof_queries, queries
from trellis.subgraphs.accounts.alerts import alert
from trellis.subgraphs.accounts.errors import WrongCredentials
from trellis.subgraphs.accounts.models import Profile, RefreshToken, Session, SessionEnd, User
from trellis.subgraphs.accounts.passwords import Passwords
from trellis.subgraphs.accounts.queries import Belonging
from trellis.subgraphs.accounts.settings import rotates
from trellis.subgraphs.accounts.tokens import hash_of, new_secret
from trellis.subgraphs.accounts.use_cases import guesses
from trellis.subgraphs.accounts.use_cases.sessions import end_session
from trellis.subgraphs.secret_scope.vault import Vault

REFRESH_LIFETIME = timedelta(days=30)
SESSION_LIFETIME = timedelta(days=90)
# Scripts that sign in with every run and never out: the sessions used longest ago give way.
MOST_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class Proof:
    """A password that was right; ``renewed_hash`` when the kept one has outdated parameters."""

    user_id: UUID
    renewed_hash: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """What with and where from somebody comes."""

    user_agent: str | None = None
    client_address: str | None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """What tokens are made from; ``refresh_token`` is shown once and stored only as a hash."""

    user: User
    session: Session
    belonging: Belonging
    refresh_token: str | None


async def prove_password(
    storage: Storage, passwords: Passwords, vault: Vault, login: str, password: str
) -> Proof:
    """Check a password outside of any transaction: hashing must not hold a lock.

    Counts as a guess until ``take_back_guess``. Raises ``WrongCredentials``, as late for an unknown
    login as for a known one, and ``TooManyGuesses``.
    """
    async with storage.read() as session:
        user = await queries.user_by_login(session, login)
    async with storage.begin() as uow:
        subject = guesses.subject_of(vault, user, login)
        await guesses.count_guess(uow.session, subject, utc_now())
    fits, renewed = await passwords.check(password, user.password_hash if user else None)
    if user is None:
        raise WrongCredentials("unknown_login")
    if not fits or not user.is_active:
        raise WrongCredentials("inactive" if fits else "wrong_password", user.id)
    return Proof(user.id, renewed)


async def take_back_guess(uow: UnitOfWork, proof: Proof) -> None:
    """A password that was right was no guess, whatever else is wrong."""
    await guesses.take_back(uow.session, str(proof.user_id))


async def open_session(
    uow: UnitOfWork, proof: Proof, *, profile: Profile, visit: Visit
) -> OpenSession:
    """Begin a session of somebody who has proved to be themselves."""
    user = await queries.user_for_update(uow.session, proof.user_id)
    if user is None or not user.is_active:
        raise WrongCredentials("inactive", proof.user_id)
    now = utc_now()
    user.last_login_at = now
    flag_modified(user, "updated_at")  # kept as it is: a visit changes nothing that people show
    if proof.renewed_hash is not None:
        user.password_hash = proof.renewed_hash
    session = Session(
        user_id=user.id,
        profile=profile,
        user_agent=visit.user_agent[:300] if visit.user_agent else None,
        client_address=visit.client_address[:64] if visit.client_address else None,
        created_at=now,
        last_used_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    uow.session.add(session)
    await uow.session.flush()
    secret = _next_refresh_token(uow, session, now)
    for surplus in await proof_queries.surplus_sessions(uow.session, user.id, now, MOST_SESSIONS):
        end_session(uow, surplus, SessionEnd.TOO_MANY, now)
    uow.emit(UserLoggedIn(user_id=user.id, session_id=session.id, profile=profile))
    belonging = await queries.belonging_of(uow.session, user.id)
    return OpenSession(user, session, belonging, secret)


async def use_refresh_token(uow: UnitOfWork, secret: str, profile: Profile) -> OpenSession | None:
    """Keep a session alive with one of its refresh tokens; None when the token is no longer valid
    or was issued in another dialect. There it would live by other rules, and where tokens rotate
    its client would never learn of the successor; so it stays as it is.

    The transaction must commit in both cases: a token that comes a second time ends the session.
    """
    now = utc_now()
    found = await proof_queries.refresh_token_with_session(uow.session, hash_of(secret))
    if found is None:
        return None
    token, session = found
    if session.profile is not profile:
        return None
    user = await queries.user_for_update(uow.session, session.user_id)
    is_over = session.ended_at is not None or session.expires_at <= now
    if is_over or token.expires_at <= now or user is None or not user.is_active:
        return None
    successor = None
    if rotates(session.profile):
        if not await _spend(uow, token, now):
            end_session(uow, session, SessionEnd.TOKEN_REUSED, now)
            alert("refresh_token_reused", user=str(user.id), session=str(session.id))
            return None
        successor = _next_refresh_token(uow, session, now)
    session.last_used_at = now
    belonging = await queries.belonging_of(uow.session, user.id)
    return OpenSession(user, session, belonging, successor)


async def _spend(uow: UnitOfWork, token: RefreshToken, now: datetime) -> bool:
    """Use the token up; one statement decides which of several concurrent users it was."""
    statement = (
        update(RefreshToken)
        .where(
            col(RefreshToken.token_hash) == token.token_hash, col(RefreshToken.used_at).is_(None)
        )
        .values(used_at=now)
    )
    result = cast("CursorResult[Any]", await uow.session.execute(statement))
    return result.rowcount == 1


def _next_refresh_token(uow: UnitOfWork, session: Session, now: datetime) -> str:
    secret = new_secret()
    uow.session.add(
        RefreshToken(
            token_hash=hash_of(secret),
            session_id=session.id,
            issued_at=now,
            expires_at=min(now + REFRESH_LIFETIME, session.expires_at),
        )
    )
    return secret
