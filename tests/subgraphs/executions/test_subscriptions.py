"""What executions learn of accounts: what people have subscribed to, and that they are gone; and
what is too old goes by itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import SQLModel, col, func, select, update

from tests.subgraphs.executions.asking import Scripted, execute, of_tier, read, run_next
from tests.support.leaving import user_deleted
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.schema.events.accounts import SubscriptionChanged
from trellis.schema.events.event import Event
from trellis.subgraphs.executions.models import Execution, OutputChunk, Subscription
from trellis.subgraphs.executions.replicas import REPLICAS
from trellis.subgraphs.executions.use_cases.purging import purge

ADA = caller("ada")


async def happens(executions: Running, event: Event, at: datetime | None = None) -> None:
    envelope = Envelope(uuid4(), event.topic, event.key, event.payload(), at or utc_now())
    async with executions.context().storage.begin() as uow:
        for replica in REPLICAS:
            await replica.handle(uow, envelope)


def changed(tier: str, status: str = "active") -> SubscriptionChanged:
    return SubscriptionChanged(
        user_id=ADA.id,
        organization_id=None,
        previous_tier="free",
        tier=tier,
        status=status,
        expires_at=None,
    )


async def limit_of(executions: Running) -> int:
    reference = {"__typename": "User", "id": str(ADA.id)}
    wanted = "... on User { executionQuota { limit } }"
    [user] = await executions.entities(ADA, wanted, reference)
    return user["executionQuota"]["limit"]


async def count(executions: Running, table: type[SQLModel]) -> int:
    async with executions.context().storage.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_changed_subscription_holds_at_once_also_in_the_queue(executions: Running):
    other = caller("grace")
    await execute(executions, "out first", other)
    await execute(executions, "out ada")
    now = utc_now()
    await happens(executions, changed("pro"), now)
    assert await limit_of(executions) == 1_000
    runner = Scripted()
    await run_next(executions, runner)
    assert runner.started == ["out ada"]

    await happens(executions, changed("enterprise"), now - timedelta(minutes=1))
    assert await limit_of(executions) == 1_000
    await happens(executions, changed("pro", "expired"), now + timedelta(minutes=1))
    assert await limit_of(executions) == 5


async def test_a_token_that_is_newer_than_the_event_counts(executions: Running):
    await happens(executions, changed("pro"), utc_now() - timedelta(minutes=1))
    newer = replace(of_tier("ada", "basic"), issued_at=int(utc_now().timestamp()))
    reference = {"__typename": "User", "id": str(ADA.id)}
    wanted = "... on User { executionQuota { tier } }"
    [user] = await executions.entities(newer, wanted, reference)
    assert user["executionQuota"] == {"tier": "basic"}


async def test_with_an_account_everything_of_it_goes(executions: Running):
    await execute(executions, "out x")
    await run_next(executions, Scripted())
    await execute(executions, "out waiting")
    other = (await execute(executions, "out y", caller("grace")))["id"]
    before = await count(executions, Execution)
    await happens(executions, changed("pro"))
    gone = user_deleted(ADA.id)
    await happens(executions, gone)
    assert await count(executions, Execution) == before - 2
    assert await count(executions, OutputChunk) == 2  # those of the demo world
    assert await count(executions, Subscription) == 0
    assert (await read(executions, other, caller("grace")))["status"] == "QUEUED"


async def test_what_has_ended_long_ago_is_removed_and_nothing_else(executions: Running):
    old = (await execute(executions, "out old"))["id"]
    await run_next(executions, Scripted())
    waiting = (await execute(executions, "out waiting"))["id"]
    async with executions.context().storage.begin() as uow:
        past = {"finished_at": utc_now() - timedelta(days=31)}
        ended = col(Execution.code) == "out old"
        await uow.session.execute(update(Execution).where(ended).values(**past))
    await purge(executions.context().storage)
    assert await read(executions, old) is None
    assert (await read(executions, waiting))["status"] == "QUEUED"
