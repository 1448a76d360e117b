"""The one rule of who sees a project and what belongs to it; the projects subgraph has it too."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from trellis.schema.identity import Identity


def may_see_project(
    caller: Identity,
    project: type[SQLModel],
    member: type[SQLModel],
    *admin_scopes: str,
    roles: Collection[str] | None = None,
) -> ColumnElement[bool]:
    """Members see their projects, administrators all of their organization.

    Nobody but a platform administrator sees over the border of an organization: a membership left
    behind by somebody who has moved to another one no longer counts. ``project`` and ``member``
    are the caller's tables with ``id`` and ``organization_id``, ``project_id`` and ``user_id``;
    who holds ``admin:projects`` or one of ``admin_scopes`` administers. With ``roles`` only
    members with one of these count.
    """
    if caller.id is None:
        return false()
    if caller.is_admin:
        return true()
    home = _column(project, "organization_id")
    homeless = home.is_(None)
    at_home = home == caller.tenant_id if caller.tenant_id else false()
    mine = aliased(member)
    membership = exists().where(
        _column(mine, "project_id") == _column(project, "id"), _column(mine, "user_id") == caller.id
    )
    if roles is not None:
        membership = membership.where(_column(mine, "role").in_(roles))
    if administers(caller, caller.tenant_id, *admin_scopes):
        return or_(at_home, and_(homeless, membership))
    return and_(or_(at_home, homeless), membership)


def administers(caller: Identity, organization_id: UUID | None, *admin_scopes: str) -> bool:
    """Whether the caller looks after all projects of that organization."""
    if caller.is_admin:
        return True
    own = organization_id is not None and organization_id == caller.tenant_id
    return own and any(caller.may(scope) for scope in ("admin:projects", *admin_scopes))


def _column(table: Any, name: str) -> Any:
    return col(getattr(table, name))
