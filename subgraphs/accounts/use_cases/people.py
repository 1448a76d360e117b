"""Changing users."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from db.unit_of_work import UnitOfWork
from schema.identity import Identity
from subgraphs.accounts import queries
from subgraphs.accounts.errors import (
    AdministratorsOnly,
    NotYourself,
    UserChanged,
    UserNotFound,
)
from subgraphs.accounts.events import UserDeactivated, UserUpdated, state_of
from subgraphs.accounts.models import SessionEnd, User
from subgraphs.accounts.use_cases.registration import check_roles
from subgraphs.accounts.use_cases.sessions import revoke_sessions

_ADMINISTRATORS_ONLY = frozenset({"roles", "is_active", "tier"})


async def update_user(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> User:
    """Set the given members of a user's profile. With ``version`` the user must still have it.

    People change their own profile, administrators anybody's, and only they roles, tier and
    whether the account is active. Raises ``UserNotFound``, ``NotYourself``,
    ``AdministratorsOnly``, ``UserChanged``.
    """
    user = await _changeable(uow, caller, id)
    if not caller.is_admin and _ADMINISTRATORS_ONLY & changes.keys():
        raise AdministratorsOnly
    if version is not None and user.version != version:
        raise UserChanged(user.version)
    check_roles(changes.get("roles", ()))
    changed = tuple(sorted(name for name, new in changes.items() if getattr(user, name) != new))
    for name in changed:
        setattr(user, name, changes[name])
    if changed:
        await uow.session.flush()
        await announce(uow, user, changed)
    if "is_active" in changed and not user.is_active:
        await revoke_sessions(uow, user.id, SessionEnd.DEACTIVATED)
    return user


async def deactivate_user(uow: UnitOfWork, caller: Identity, id: UUID) -> User:
    """Close an account: its own person or an administrator may. It can be opened again."""
    user = await _changeable(uow, caller, id)
    if user.is_active:
        user.is_active = False
        await uow.session.flush()
        await announce(uow, user, ("is_active",))
        await revoke_sessions(uow, user.id, SessionEnd.DEACTIVATED)
    return user


async def announce(uow: UnitOfWork, user: User, changed: tuple[str, ...]) -> None:
    """Tell the other subgraphs what a user is now."""
    organization_id = await queries.first_organization_of(uow.session, user.id)
    news = state_of(user, organization_id)
    uow.emit(UserUpdated(**news, changed=changed))
    if "is_active" in changed and not user.is_active:
        uow.emit(UserDeactivated(**news))


async def _changeable(uow: UnitOfWork, caller: Identity, id: UUID) -> User:
    user = await queries.user_for_update(uow.session, id)
    if user is None:
        raise UserNotFound
    if not caller.is_admin and user.id != caller.id:
        if not await queries.is_colleague(uow.session, caller, id):
            raise UserNotFound
        raise NotYourself
    return user
