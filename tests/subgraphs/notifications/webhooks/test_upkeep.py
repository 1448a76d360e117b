"""What goes by itself: old deliveries, replaced secrets, older keys."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, update
from sqlmodel import col, select

from tests.subgraphs.notifications.webhooks.world import ROTATE, World
from tests.support.subgraphs import caller
from trellis.db.models import utc_now
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    Webhook,
    WebhookDelivery,
)
from trellis.subgraphs.notifications.webhooks.sealing import open_secret, seal, seal_everything
from trellis.subgraphs.notifications.webhooks.upkeep import KEEP, KEEP_NUMBER, forget_what_is_old
from trellis.subgraphs.secret_scope.vault import Vault, WrongSecretKey

OLD, NEW = "o" * 32, "n" * 32
URL = "https://example.com/"


def delivery(webhook_id: str, **members: object) -> WebhookDelivery:
    given = {
        "webhook_id": UUID(webhook_id),
        "message_id": uuid4(),
        "event_id": uuid4(),
        "event": "issue.created",
        "key": "k",
        "occurred_at": utc_now(),
        "data": {},
        "status": DeliveryStatus.DELIVERED,
        "finished_at": utc_now(),
    }
    return WebhookDelivery(**{**given, **members})


async def test_logs_are_kept_for_two_weeks_and_to_a_length(both: World):
    hook, other = (await both.make(URL))["id"], (await both.make(URL))["id"]
    long_ago = utc_now() - KEEP - timedelta(minutes=1)
    async with both.storage.begin() as uow:
        many = [delivery(hook, key=str(n)).model_dump() for n in range(KEEP_NUMBER + 7)]
        for row in many:
            del row["number"]
        await uow.session.execute(insert(WebhookDelivery), many)
        uow.session.add(delivery(other, finished_at=long_ago))
        waits = {"status": DeliveryStatus.PENDING, "finished_at": None, "created_at": long_ago}
        uow.session.add(delivery(other, **waits))
        uow.session.add(delivery(other))
    await forget_what_is_old(both.storage)
    async with both.storage.read() as session:
        ids = col(WebhookDelivery.webhook_id)
        counted = await session.execute(select(ids, func.count()).group_by(ids))
        assert {str(row[0]): row[1] for row in counted} == {hook: KEEP_NUMBER, other: 2}
        kept = await session.scalars(select(WebhookDelivery.key).where(ids == UUID(hook)))
        assert "6" not in (keys := set(kept.all()))
        assert "7" in keys


async def test_a_replaced_secret_is_forgotten_when_its_time_is_over(world: World):
    hook = await world.make(URL)
    await world.running.ask(ROTATE, caller("grace"), id=hook["id"], i={"overlapHours": 1})
    await forget_what_is_old(world.storage)
    before = await row_of(world, hook["id"])
    assert before.previous_secret is not None
    async with world.storage.begin() as uow:
        expired = {"previous_expires_at": utc_now() - timedelta(seconds=1)}
        await uow.session.execute(
            update(Webhook).values(**expired, updated_at=col(Webhook.updated_at))
        )
    await forget_what_is_old(world.storage)
    after = await row_of(world, hook["id"])
    assert (after.previous_secret, after.previous_expires_at) == (None, None)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


async def test_secrets_follow_the_newest_key(both: World):
    old, two, new = (Vault("webhooks", lambda k=keys: k) for keys in ([OLD], [NEW, OLD], [NEW]))
    hook = await both.make(URL)
    row = await row_of(both, hook["id"])
    async with both.storage.begin() as uow:
        sealed = {"secret": seal(old, row, "my secret"), "previous_secret": b"in clear"}
        await uow.session.execute(update(Webhook).values(**sealed))
    with pytest.raises(WrongSecretKey):
        async with both.storage.begin() as uow:
            await seal_everything(uow, new)
    async with both.storage.begin() as uow:
        assert await seal_everything(uow, two)
    row = await row_of(both, hook["id"])
    assert open_secret(new, row, row.secret) == "my secret"
    assert row.previous_secret is not None
    assert row.previous_secret.startswith(new.current_mark.encode())
    assert open_secret(new, row, row.previous_secret) == "in clear"


async def row_of(world: World, id: str) -> Webhook:
    async with world.storage.read() as session:
        return await session.get_one(Webhook, UUID(id))
