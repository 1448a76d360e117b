"""Every SELECT about subscriptions that are paid elsewhere; only the payment service causes any."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.subgraphs.accounts.billing.models import PaidSubscription


async def paid_subscription(session: AsyncSession, id: str) -> PaidSubscription | None:
    """The one with this id; writers must hold its owner."""
    return await session.get(PaidSubscription, id, populate_existing=True)


async def subscriptions_beside(
    session: AsyncSession, one: PaidSubscription
) -> Sequence[PaidSubscription]:
    """All subscriptions of its owner, itself included, those that changed last first."""
    column, owner = (
        (PaidSubscription.user_id, one.user_id)
        if one.user_id is not None
        else (PaidSubscription.organization_id, one.organization_id)
    )
    statement = select(PaidSubscription).where(col(column) == owner)
    newest = col(PaidSubscription.changed_at).desc()
    return (await session.scalars(statement.order_by(newest, col(PaidSubscription.id)))).all()
