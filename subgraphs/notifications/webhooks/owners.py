"""On whose behalf a webhook acts: every delivery contains only what its owner may see.

Rights are those of the token that made the webhook, less what its owner has lost since: a lost role
removes the scopes of administrators, a changed organization removes all.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.schema.identity import Identity
from trellis.subgraphs.notifications.models import Person, Project
from trellis.subgraphs.notifications.queries import PROJECTS
from trellis.subgraphs.notifications.webhooks.models import Reach, Webhook

_ADMINISTERS = "admin:projects"


def reach_of(caller: Identity) -> Reach:
    """Whose projects the caller sees beside those that they are a member of."""
    if caller.is_admin:
        return Reach.PLATFORM
    if caller.tenant_id is not None and caller.may(_ADMINISTERS):
        return Reach.ORGANIZATION
    return Reach.MEMBER


def lasting_roles(caller: Identity, known: Iterable[str]) -> list[str]:
    """The roles of the caller that events of accounts contain; others depend on the
    subscription."""
    return sorted(caller.roles & set(known))


def identity_of(hook: Webhook, person: Person | None) -> Identity | None:
    """The owner as a caller of today; None when they cannot be one."""
    if person is None or not person.is_active:
        return None
    if person.organization_id != hook.organization_id:
        return None
    has_lost = not set(hook.roles) <= set(person.roles)
    scopes = [one for one in hook.scopes if not (has_lost and one.startswith("admin:"))]
    return Identity(
        id=hook.owner_id,
        roles=frozenset(hook.roles) & frozenset(person.roles),
        scopes=frozenset(scopes),
        tenant_id=hook.organization_id,
    )


async def sees_project(session: AsyncSession, owner: Identity, project_id: UUID) -> bool:
    """Whether the project exists for them now, by the rule of all domains."""
    wanted = select(col(Project.id)).where(PROJECTS.may_see(owner), col(Project.id) == project_id)
    return (await session.scalars(wanted)).one_or_none() is not None
