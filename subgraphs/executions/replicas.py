"""What executions keep of other subgraphs: who there is, and what they have subscribed to."""

from datetime import datetime

from trellis.db.replica import Replica
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import STREAM, SubscriptionChanged
from trellis.schema.tiers import Tier
from trellis.subgraphs.executions import queries
from trellis.subgraphs.executions.models import ExecutionStatus, Person, Subscription
from trellis.subgraphs.executions.tiers import allowance_of
from trellis.subgraphs.executions.use_cases.purging import forget_person
from trellis.subgraphs.people_scope.people import people_replica

_CANCELLED, _EXPIRED = "cancelled", "expired"


async def apply_subscription(uow: UnitOfWork, event: SubscriptionChanged, at: datetime) -> None:
    """Keep what somebody may do from now on, which also moves what they have in the queue.

    Subscriptions of organizations arrive with the tokens of their people.
    """
    if event.user_id is None:
        return
    known = await uow.session.get(Subscription, event.user_id)
    if known is not None and known.changed_at >= at:
        return
    # As accounts count: what was paid for lasts to its end, without one nothing is left.
    is_over = event.status == _EXPIRED or (event.status == _CANCELLED and not event.expires_at)
    tier = Tier.FREE if is_over else event.tier
    await uow.session.merge(
        Subscription(user_id=event.user_id, tier=tier, ends_at=event.expires_at, changed_at=at)
    )
    allowance = allowance_of(tier)
    for execution in await queries.unfinished_of(uow.session, event.user_id):
        if execution.status is ExecutionStatus.QUEUED:
            execution.tier, execution.at_once = allowance.tier, allowance.at_once
            execution.due_at = execution.created_at - allowance.head_start


REPLICAS = (
    people_replica(Person, deleted=forget_person),
    Replica.dated(STREAM, (SubscriptionChanged,), apply_subscription, name="subscriptions"),
)
