"""What people and organizations pay for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    SubscriptionChanged,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.errors import AdministratorsOnly, OrganizationNotFound, UserNotFound
from trellis.subgraphs.accounts.models import Organization, SubscriptionStatus, Tier, User


@dataclass(frozen=True, slots=True)
class Terms:
    """The new subscription of a user; without ``expires_at`` it does not end."""

    tier: Tier
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    expires_at: datetime | None = None


async def subscribe_user(uow: UnitOfWork, caller: Identity, id: UUID, terms: Terms) -> User:
    """Change a person's subscription; administrators only. Raises ``UserNotFound``."""
    if not caller.is_admin:
        raise AdministratorsOnly
    user = await queries.user_for_update(uow.session, id)
    if user is None:
        raise UserNotFound
    if set_terms(uow, user, terms):
        await uow.session.flush()
    return user


async def subscribe_organization(
    uow: UnitOfWork, caller: Identity, id: UUID, terms: Terms
) -> Organization:
    """Like ``subscribe_user``; what the members may do changes with it.

    Raises ``OrganizationNotFound``.
    """
    if not caller.is_admin:
        raise AdministratorsOnly
    organization = await queries.organization_for_update(uow.session, id)
    if organization is None:
        raise OrganizationNotFound
    await set_terms_of_organization(uow, organization, terms)
    return organization


async def set_terms_of_organization(
    uow: UnitOfWork, organization: Organization, terms: Terms
) -> None:
    """Like ``set_terms``; access tokens of all members are to be renewed."""
    if set_terms(uow, organization, terms):
        await uow.session.flush()
        await _renew_tokens_of_members(uow, organization.id)


def set_terms(uow: UnitOfWork, subscribed: User | Organization, terms: Terms) -> bool:
    """Change a subscription and announce it; whether anything was new."""
    old = Terms(subscribed.tier, subscribed.subscription_status, subscribed.subscription_expires_at)
    if old == terms:
        return False
    subscribed.tier = terms.tier
    subscribed.subscription_status = terms.status
    subscribed.subscription_expires_at = terms.expires_at
    is_user = isinstance(subscribed, User)
    if is_user:
        subscribed.rights_changed_at = utc_now()
    uow.emit(
        SubscriptionChanged(
            user_id=subscribed.id if is_user else None,
            organization_id=None if is_user else subscribed.id,
            previous_tier=old.tier,
            tier=terms.tier,
            status=terms.status,
            expires_at=terms.expires_at,
        )
    )
    return True


async def _renew_tokens_of_members(uow: UnitOfWork, organization_id: UUID) -> None:
    # One statement: there may be thousands of members, and nothing else of theirs changes.
    theirs = col(User.id).in_(queries.member_ids(organization_id))
    values = {"rights_changed_at": utc_now(), "updated_at": col(User.updated_at)}
    statement = update(User).where(theirs).values(values)
    await uow.session.execute(statement.execution_options(synchronize_session=False))
