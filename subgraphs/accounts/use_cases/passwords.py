"""Changing passwords. A new one ends the sessions that the old one opened."""

from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    PasswordChanged,
)
from trellis.subgraphs.accounts.errors import WrongCredentials, WrongPassword
from trellis.subgraphs.accounts.models import LinkPurpose, MailedLink, SessionEnd, User
from trellis.subgraphs.accounts.passwords import Passwords
from trellis.subgraphs.accounts.use_cases.guesses import forget_guesses
from trellis.subgraphs.accounts.use_cases.sessions import revoke_sessions
from trellis.subgraphs.accounts.use_cases.sign_in import prove_password, take_back_guess
from trellis.subgraphs.secret_scope.vault import Vault


async def confirm_password(
    storage: Storage, passwords: Passwords, vault: Vault, email: str, password: str
) -> None:
    """Make sure that it is still the same person. Raises ``WrongPassword``, ``TooManyGuesses``."""
    try:
        proof = await prove_password(storage, passwords, vault, email, password)
    except WrongCredentials:
        raise WrongPassword from None
    async with storage.begin() as uow:
        await take_back_guess(uow, proof)


async def replace_password(
    uow: UnitOfWork, user: User, password_hash: str, *, keep: UUID | None = None
) -> int:
    """Keep a new hash and end the user's sessions but one; how many ended.

    Links that were requested with the old password become invalid.
    """
    user.password_hash = password_hash
    await forget_guesses(uow.session, str(user.id))
    theirs = (col(MailedLink.user_id) == user.id) & col(MailedLink.used_at).is_(None)
    of_password = col(MailedLink.purpose) != LinkPurpose.VERIFY_EMAIL
    voided = update(MailedLink).where(theirs, of_password).values(used_at=utc_now())
    await uow.session.execute(voided)
    user.updated_at = utc_now()
    await uow.session.flush()
    uow.emit(PasswordChanged(user_id=user.id))
    return await revoke_sessions(uow, user.id, SessionEnd.PASSWORD_CHANGED, keep=keep)
