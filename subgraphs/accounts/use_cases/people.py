"""Changing users."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    UserDeactivated,
    UserUpdated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.errors import (
    AdministratorsOnly,
    NotYourself,
    UserChanged,
    UserNotFound,
)
from trellis.subgraphs.accounts.events import state_of
from trellis.subgraphs.accounts.models import NO_PASSWORD, SessionEnd, User
from trellis.subgraphs.accounts.permissions import with_single_role
from trellis.subgraphs.accounts.use_cases.registration import check_roles, derived_display_name
from trellis.subgraphs.accounts.use_cases.sessions import revoke_sessions
from trellis.subgraphs.accounts.use_cases.subscriptions import Terms, set_terms

_ADMINISTRATORS_ONLY = frozenset({"roles", "role", "is_active", "tier"})
# What a display name is derived from, in the order of ``derived_display_name``.
_NAMES = ("first_name", "last_name", "username")
# What an access token tells or stands for: older tokens must not outlive a change of it.
_RIGHTS = frozenset({"roles", "is_active", "tier"})


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
    changes = _with_derived_display_name(user, _with_single_role(user, changes))
    check_roles(changes.get("roles", ()))
    changed = tuple(sorted(name for name, new in changes.items() if getattr(user, name) != new))
    for name in changed:
        if name == "tier":
            set_terms(uow, user, Terms(changes[name]))
        else:
            setattr(user, name, changes[name])
    if _RIGHTS & set(changed):
        user.rights_changed_at = utc_now()
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
        user.rights_changed_at = utc_now()
        await uow.session.flush()
        await announce(uow, user, ("is_active",))
        await revoke_sessions(uow, user.id, SessionEnd.DEACTIVATED)
    return user


async def reactivate_user(uow: UnitOfWork, caller: Identity, id: UUID) -> User:
    """Open a closed account again; administrators only. Its sessions stay over.

    Raises ``UserNotFound``, for a deleted person too: nobody is left to come back.
    """
    if not caller.is_admin:
        raise AdministratorsOnly
    user = await _changeable(uow, caller, id)
    if not user.is_active:
        user.is_active = True
        await uow.session.flush()
        await announce(uow, user, ("is_active",))
    return user


async def announce(uow: UnitOfWork, user: User, changed: tuple[str, ...]) -> None:
    """Announce the current state of a user to the other subgraphs."""
    state = state_of(user, await queries.organization_ids_of(uow.session, user.id))
    uow.emit(UserUpdated(**state, changed=changed))
    if "is_active" in changed and not user.is_active:
        uow.emit(UserDeactivated(**state))


async def _changeable(uow: UnitOfWork, caller: Identity, id: UUID) -> User:
    if not caller.is_admin and id != caller.id:
        # Strangers are neither locked nor looked at longer than nobody.
        if not await queries.is_colleague(uow.session, caller, id):
            raise UserNotFound
        raise NotYourself
    user = await queries.user_for_update(uow.session, id)
    if user is None or user.password_hash == NO_PASSWORD:
        raise UserNotFound
    return user


def _with_single_role(user: User, changes: Mapping[str, Any]) -> dict[str, Any]:
    """``changes`` with ``role``, the only one that some dialects know, as ``roles``."""
    changes = dict(changes)
    role = changes.pop("role", None)
    if role is not None:
        changes["roles"] = with_single_role(changes.get("roles", user.roles), role)
    return changes


def _with_derived_display_name(user: User, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """``changes`` with the display name that follows from new names. One that somebody chose stays.

    Some dialects know first and last names only: who changes those there is renamed everywhere.
    """
    old = [getattr(user, name) for name in _NAMES]
    new = [changes.get(name, value) for name, value in zip(_NAMES, old, strict=True)]
    if "display_name" in changes or user.display_name != derived_display_name(*old):
        return changes
    return {**changes, "display_name": derived_display_name(*new)}
