"""Whose account it is that somebody signs in to whom a provider has proved.

known identity ────────────────────────────────────> its account
address, verified by the provider ─┬─ nobody has it ──> a new account
                                   ├─ its account has confirmed it ──> linked
                                   └─ not confirmed ──> refused: whoever registered it may be
                                                        somebody else, and knows the password
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import BadUserInput
from trellis.schema.events.accounts import UserVerified
from trellis.schema.inputs import InputProblems, is_storable
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.checks import check_email
from trellis.subgraphs.accounts.errors import EmailTaken, UsernameTaken
from trellis.subgraphs.accounts.events import state_of
from trellis.subgraphs.accounts.models import User
from trellis.subgraphs.accounts.passwords import Passwords
from trellis.subgraphs.accounts.providers.models import OutsideIdentity, SignInCode
from trellis.subgraphs.accounts.providers.proof import ProvedIdentity
from trellis.subgraphs.accounts.providers.queries import code_for_update, identity_for_update
from trellis.subgraphs.accounts.tokens import hash_of, new_secret
from trellis.subgraphs.accounts.use_cases.registration import NewUser, register

# A page exchanges its code at once; who has a second factor types it first.
CODE_LIFETIME = timedelta(minutes=5)
_NAME_CHARACTERS = 100  # of ``User.display_name``


class AccountRefused(Exception):
    """No account may be signed in to; ``reason`` is for the page that the browser returns to."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def password_for_new(
    storage: Storage, passwords: Passwords, proved: ProvedIdentity
) -> str | None:
    """The hash of a password that nobody knows, if an account is to be made; None otherwise.
    Hashing takes long and must not hold a lock, so it comes before the transaction."""
    email = _address_of(proved)
    async with storage.read() as session:
        if email is None or await queries.user_by_login(session, email) is not None:
            return None
    return await passwords.hash(new_secret())


async def account_of(
    uow: UnitOfWork, proved: ProvedIdentity, password_hash: str | None, now: datetime
) -> tuple[User, bool]:
    """The account, linked or made if need be, and whether it was there before and is linked now.
    Raises AccountRefused."""
    known = await identity_for_update(uow.session, proved.issuer, proved.subject)
    if known is not None:
        known.last_used_at = now
        return await _open_account(uow, known.user_id), False
    email = _address_of(proved)
    if email is None:
        raise AccountRefused("unverified_address")
    found = await queries.user_by_login(uow.session, email)
    if found is None:
        user = await _new_account(uow, email, proved, password_hash, now)
    else:
        user = await _open_account(uow, found.id)
        if user.email_verified_at is None or user.email != email:
            raise AccountRefused("address_not_confirmed")
    try:
        async with uow.session.begin_nested():
            uow.session.add(
                OutsideIdentity(
                    issuer=proved.issuer,
                    subject=proved.subject,
                    user_id=user.id,
                    linked_at=now,
                    last_used_at=now,
                )
            )
    except IntegrityError:  # the same person, at the same time
        raise AccountRefused("failed") from None
    return user, found is not None


def _address_of(proved: ProvedIdentity) -> str | None:
    """The address as accounts have it; None for none, and for what accounts do not take."""
    if proved.email is None:
        return None
    problems = InputProblems()
    email = check_email(problems, proved.email)
    try:
        problems.raise_any()
    except BadUserInput:
        return None
    return email


async def _open_account(uow: UnitOfWork, id: UUID) -> User:
    user = await queries.user_for_update(uow.session, id)
    if user is None or not user.is_active:
        raise AccountRefused("failed")
    return user


async def _new_account(
    uow: UnitOfWork,
    email: str,
    proved: ProvedIdentity,
    password_hash: str | None,
    now: datetime,
) -> User:
    if password_hash is None:  # somebody had the address a moment ago
        raise AccountRefused("failed")
    name = proved.name.strip()[:_NAME_CHARACTERS] if proved.name else ""
    display_name = name if name and is_storable(name) else None
    new = NewUser(email=email, password_hash=password_hash, display_name=display_name)
    try:
        user = await register(uow, new)
    except (EmailTaken, UsernameTaken):  # by the same person, or another one, at the same time
        raise AccountRefused("failed") from None
    user.email_verified_at = now
    await uow.session.flush()
    uow.emit(UserVerified(**state_of(user, ())))
    return user


# -- the code ------------------------------------------------------------------------------------


def make_code(uow: UnitOfWork, user: User, provider: str, challenge: str, now: datetime) -> str:
    """A code for tokens, for the client that knows the preimage of ``challenge``."""
    code = new_secret()
    uow.session.add(
        SignInCode(
            code_hash=hash_of(code),
            challenge_hash=challenge,
            user_id=user.id,
            provider=provider,
            expires_at=now + CODE_LIFETIME,
        )
    )
    return code


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636, section 4.2."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def usable_code(
    uow: UnitOfWork, code: str, verifier: str, now: datetime
) -> SignInCode | None:
    """The code, if ``verifier`` matches its challenge. The user of a code deletes it."""
    found = await code_for_update(uow.session, hash_of(code))
    if found is None or found.expires_at <= now:
        return None
    is_theirs = hmac.compare_digest(found.challenge_hash, challenge_of(verifier))
    return found if is_theirs else None
