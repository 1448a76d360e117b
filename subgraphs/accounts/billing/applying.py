"""Takes in what the payment service reports: each event once, in whatever order they come.

event ──> known id? ──> owner of ours? ──> older than what is known? ──> row ──> owner's terms
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.tiers import Tier
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.billing.events import ForeignEvent, Owner, SubscriptionEvent
from trellis.subgraphs.accounts.billing.models import PaidSubscription, PaymentEvent
from trellis.subgraphs.accounts.billing.queries import paid_subscription, subscriptions_beside
from trellis.subgraphs.accounts.models import Organization, User
from trellis.subgraphs.accounts.subscriptions import tier_of
from trellis.subgraphs.accounts.use_cases.subscriptions import (
    Terms,
    set_terms,
    set_terms_of_organization,
)

_LOWEST_FIRST = tuple(Tier)


async def apply(uow: UnitOfWork, event: SubscriptionEvent, now: datetime) -> bool:
    """Change the subscription of its owner; whether the event was new and newer than what is known.

    Raises ForeignEvent for an owner that there is not (any more), and for one other than the
    subscription has.
    """
    if not await _is_new(uow, event.id, now):
        return False
    owner = await _hold_owner(uow, event.owner)
    row = await paid_subscription(uow.session, event.subscription)
    if row is None:
        row = PaidSubscription(
            id=event.subscription,
            user_id=event.owner.user_id,
            organization_id=event.owner.organization_id,
            changed_at=event.at,
        )
        uow.session.add(row)
    elif Owner(row.user_id, row.organization_id) != event.owner:
        raise ForeignEvent("of a subscription of somebody else")
    elif _is_late(event, row):
        return False
    row.changed_at, row.is_over = event.at, event.is_over
    row.tier, row.subscription_status = event.terms.tier, event.terms.status
    row.subscription_expires_at = event.terms.expires_at
    await uow.session.flush()
    terms = best_of(await subscriptions_beside(uow.session, row), now)
    if isinstance(owner, User):
        set_terms(uow, owner, terms)
    else:
        await set_terms_of_organization(uow, owner, terms)
    return True


def best_of(subscriptions: Sequence[PaidSubscription], now: datetime) -> Terms:
    """What several subscriptions of one owner give together: the highest tier in force, of equal
    ones that which changed last. They are ordered by change, the last first."""
    best = max(subscriptions, key=lambda one: _LOWEST_FIRST.index(tier_of(one, now)))
    return Terms(best.tier, best.subscription_status, best.subscription_expires_at)


async def _is_new(uow: UnitOfWork, id: str, now: datetime) -> bool:
    """Note the id of an event; of several deliveries at a time one wins."""
    try:
        async with uow.session.begin_nested():
            uow.session.add(PaymentEvent(id=id, received_at=now))
    except IntegrityError:
        return False
    return True


async def _hold_owner(uow: UnitOfWork, owner: Owner) -> User | Organization:
    if owner.user_id is not None:
        user = await queries.user_for_update(uow.session, owner.user_id)
        if user is None or user.is_forgotten:
            raise ForeignEvent("of a person who is not here")
        return user
    assert owner.organization_id is not None
    organization = await queries.organization_for_update(uow.session, owner.organization_id)
    if organization is None:
        raise ForeignEvent("of an organization that is not here")
    return organization


def _is_late(event: SubscriptionEvent, row: PaidSubscription) -> bool:
    """Whether it happened before what is known. Times are in whole seconds: within one the first
    event of a subscription never follows another, and its end never precedes one."""
    if row.is_over or event.at < row.changed_at:
        return True
    return event.at == row.changed_at and event.is_first
