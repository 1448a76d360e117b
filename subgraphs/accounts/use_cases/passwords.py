"""Changing passwords. A new one ends the sessions that the old one opened."""

from uuid import UUID

from db.models import utc_now
from db.storage import Storage
from db.unit_of_work import UnitOfWork
from subgraphs.accounts.errors import WrongCredentials, WrongPassword
from subgraphs.accounts.events import PasswordChanged
from subgraphs.accounts.models import SessionEnd, User
from subgraphs.accounts.passwords import Passwords
from subgraphs.accounts.use_cases.sessions import revoke_sessions
from subgraphs.accounts.use_cases.sign_in import prove_password


async def confirm_password(
    storage: Storage, passwords: Passwords, email: str, password: str
) -> None:
    """Make sure that it is still the same person. Raises ``WrongPassword``."""
    try:
        await prove_password(storage, passwords, email, password)
    except WrongCredentials:
        raise WrongPassword from None


async def replace_password(
    uow: UnitOfWork, user: User, password_hash: str, *, keep: UUID | None = None
) -> int:
    """Keep a new hash and end the user's sessions but one; how many ended."""
    user.password_hash = password_hash
    user.updated_at = utc_now()
    await uow.session.flush()
    uow.emit(PasswordChanged(user_id=user.id))
    return await revoke_sessions(uow, user.id, SessionEnd.PASSWORD_CHANGED, keep=keep)
