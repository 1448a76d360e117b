"""Browsers that take push messages: adding and removing them."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications import queries
from trellis.subgraphs.notifications.errors import (
    PushSubscriptionNotFound,
    TooManyPushSubscriptions,
)
from trellis.subgraphs.notifications.models import Delivery, LastSent, PushSubscription
from trellis.subgraphs.notifications.push.keys import BrowserKeys
from trellis.subgraphs.secret_scope.vault import Vault

MOST_BROWSERS = 10


@dataclass(frozen=True, slots=True)
class NewBrowser:
    """A checked request: keys that are keys, and an address that requests may go to."""

    keys: BrowserKeys
    label: str | None


def purpose_of(user_id: UUID) -> str:
    """What the keys of a browser are sealed for: they are nothing to anybody else."""
    return f"push subscription of {user_id}"


async def add_browser(
    uow: UnitOfWork, caller: Identity, new: NewBrowser, vault: Vault
) -> PushSubscription:
    """Let a browser take the caller's messages. One that is known takes those of the caller from
    now on, and of nobody else: somebody has signed in with it. Raises
    ``TooManyPushSubscriptions`` beyond ``MOST_BROWSERS``."""
    assert caller.id is not None
    name = hashlib.sha256(new.keys.endpoint.encode()).hexdigest()
    await hold(uow.session, f"browser:{name}")
    await hold(uow.session, f"browsers:{caller.id}")
    same = col(PushSubscription.endpoint_hash) == name
    known = (await uow.session.scalars(select(PushSubscription).where(same))).one_or_none()
    if known is None or known.user_id != caller.id:
        await _check_number(uow, caller.id)
    if known is not None and known.user_id != caller.id:
        await remove(uow, known)
        known = None
    sealed = new.keys.sealed(vault, purpose_of(caller.id))
    row = known or PushSubscription(user_id=caller.id, endpoint_hash=name, sealed=sealed)
    row.sealed, row.label = sealed, new.label
    uow.session.add(row)
    await uow.session.flush()
    return row


async def remove_browser(uow: UnitOfWork, caller: Identity, id: UUID) -> UUID:
    """Stop push messages to a browser of the caller. Raises ``PushSubscriptionNotFound``."""
    wanted = queries.own_push_subscriptions(caller).where(col(PushSubscription.id) == id)
    row = (await uow.session.scalars(wanted.with_for_update())).one_or_none()
    if row is None:
        raise PushSubscriptionNotFound(id)
    await remove(uow, row)
    return id


async def remove(uow: UnitOfWork, row: PushSubscription) -> None:
    """Forget a browser, and what was still to be sent to it."""
    await uow.session.execute(delete(Delivery).where(col(Delivery.target_id) == row.id))
    await uow.session.execute(delete(LastSent).where(col(LastSent.target_id) == row.id))
    await uow.session.delete(row)
    await uow.session.flush()


async def _check_number(uow: UnitOfWork, user_id: UUID) -> None:
    mine = select(func.count()).where(col(PushSubscription.user_id) == user_id)
    if (await uow.session.execute(mine)).scalar_one() >= MOST_BROWSERS:
        raise TooManyPushSubscriptions(MOST_BROWSERS)
