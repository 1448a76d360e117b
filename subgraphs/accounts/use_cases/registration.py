"""Making users."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    UserCreated,
)
from trellis.schema.identity import Identity
from trellis.schema.roles import ROLE_SCOPES
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.errors import (
    AdministratorsOnly,
    EmailTaken,
    UnknownRole,
    UsernameTaken,
)
from trellis.subgraphs.accounts.events import state_of
from trellis.subgraphs.accounts.metrics import REGISTRATIONS
from trellis.subgraphs.accounts.models import User
from trellis.subgraphs.accounts.settings import RESERVED_USERNAMES

_USERNAME_LENGTH = 50
_DISPLAY_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A checked wish for an account; without a username one is made from the e-mail address."""

    email: str
    password_hash: str
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    phone: str | None = None
    roles: tuple[str, ...] = ("user",)


async def register(uow: UnitOfWork, new: NewUser) -> User:
    """Create an account for the caller. Raises ``EmailTaken`` or ``UsernameTaken``."""
    username = new.username or await _free_username(uow, new.email)
    user = User(
        email=new.email,
        username=username,
        username_key=username.lower(),
        display_name=new.display_name
        or derived_display_name(new.first_name, new.last_name, username),
        first_name=new.first_name,
        last_name=new.last_name,
        phone=new.phone,
        roles=list(new.roles),
        password_hash=new.password_hash,
    )
    try:
        async with uow.session.begin_nested():
            uow.session.add(user)
    except IntegrityError:
        raise await _what_was_taken(uow, new) from None
    uow.emit(UserCreated(**state_of(user, ())))
    uow.on_commit(REGISTRATIONS.inc)
    return user


async def create_user(uow: UnitOfWork, caller: Identity, new: NewUser) -> User:
    """Create an account for another person, with any roles; administrators only."""
    if not caller.is_admin:
        raise AdministratorsOnly
    check_roles(new.roles)
    return await register(uow, new)


def check_roles(roles: Sequence[str]) -> None:
    """Raises ``UnknownRole`` for a role that nothing is attached to."""
    for role in roles:
        if role not in ROLE_SCOPES:
            raise UnknownRole(role)


async def _free_username(uow: UnitOfWork, email: str) -> str:
    """The local part of the address, with a number when that is taken."""
    base = re.sub(r"[^a-z0-9._-]", "", email.split("@")[0].lower())[: _USERNAME_LENGTH - 6]
    if len(base) < 3 or base in RESERVED_USERNAMES:
        base = f"user-{base}".rstrip("-")
    taken = await queries.usernames_like(uow.session, base)
    number = 1
    candidate = base
    while candidate in taken:
        number += 1
        candidate = f"{base}{number}"
    return candidate


def derived_display_name(first_name: str | None, last_name: str | None, username: str) -> str:
    """What those are called who chose no display name: by their names, else by the username."""
    names = " ".join(name for name in (first_name, last_name) if name)
    return (names or username)[:_DISPLAY_NAME_LENGTH].rstrip()


async def _what_was_taken(uow: UnitOfWork, new: NewUser) -> EmailTaken | UsernameTaken:
    taken = await queries.user_by_login(uow.session, new.email)
    return EmailTaken() if taken is not None else UsernameTaken()
