"""Who is there: leases that connections renew, and the status that is announced by them.

People are present while they have a subscription of chat, or after ``setPresence``. Each worker
renews the leases of those who are connected to it; one that ends, or dies, renews nothing, and the
leases run out. Nothing is done when a connection closes, so that one that comes back soon is not
announced as gone and as there again.

    connected ──lease of 30 s, renewed──> closed ──> lease runs out ──within 10 s──> offline
"""

from collections import Counter
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import update
from sqlmodel import col

from trellis.db.caller_context import CallerContext
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.db.upsert import insert_into
from trellis.schema.errors import Unauthenticated
from trellis.schema.events.chat import PresenceChanged
from trellis.schema.identity import Identity
from trellis.subgraphs.chat import presence_queries
from trellis.subgraphs.chat.leases import Leases, in_parts, leases_of
from trellis.subgraphs.chat.loaders import Loaders
from trellis.subgraphs.chat.models import Presence, PresenceStatus

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 10.0
"""A lease outlives two renewals that fail; who is gone is announced so within 40 seconds."""

_SAID_SO = "said so"
"""The holder of the leases of people who are there without a subscription."""


class Connected:
    """Who holds subscriptions of one worker, and how many."""

    def __init__(self) -> None:
        self.holder = str(uuid4())
        self.people: Counter[UUID] = Counter()


_connected: WeakKeyDictionary[Storage, Connected] = WeakKeyDictionary()


def connected_to(storage: Storage) -> Connected:
    return _connected.setdefault(storage, Connected())


@asynccontextmanager
async def being_there(storage: Storage, caller: Identity) -> AsyncGenerator[None]:
    """The caller is there as long as the block runs."""
    assert caller.id is not None
    connected = connected_to(storage)
    connected.people[caller.id] += 1
    try:
        if connected.people[caller.id] == 1:
            await leases_of(storage).renew(connected.holder, [caller.id], LEASE)
            async with storage.read() as session:
                known = await session.get(Presence, caller.id)
            if known is None or known.status is PresenceStatus.OFFLINE:
                async with storage.begin() as uow:
                    await announce_arrivals(uow, [caller.id])
        yield
    finally:
        connected.people[caller.id] -= 1
        if not connected.people[caller.id]:
            del connected.people[caller.id]


async def declare(context: CallerContext[Loaders], status: PresenceStatus) -> Presence:
    """Let the caller be there with a status, as long as a lease lasts; ``OFFLINE`` ends it.

    Raises ``Unauthenticated``, and ``Unavailable`` when leases cannot be kept now.
    """
    if context.caller.id is None:
        raise Unauthenticated("Log in to say that you are there.")
    context.end_dry_run()
    # First: a worker that looks meanwhile announces by leases.
    length = LEASE if status is not PresenceStatus.OFFLINE else timedelta(0)
    await leases_of(context.storage).renew(_SAID_SO, [context.caller.id], length)
    return await context.transact(_set_status, status)


async def _set_status(uow: UnitOfWork, caller: Identity, status: PresenceStatus) -> Presence:
    """Let others know that the caller is there, or away from the keyboard."""
    assert caller.id is not None
    await _insert_missing(uow, [caller.id])
    presence = await uow.session.get_one(Presence, caller.id, with_for_update=True)
    if presence.status is not status:
        presence.status, presence.since = status, utc_now()
        uow.emit(_changed(presence))
    return presence


async def keep_presence(storage: Storage) -> None:
    """Renew the leases of those who are connected here, and announce who has come and gone."""
    connected, leases = connected_to(storage), leases_of(storage)
    await leases.renew(connected.holder, list(connected.people), LEASE)
    await reconcile(storage, leases)


async def reconcile(storage: Storage, leases: Leases) -> None:
    """Announce as offline who has no lease any more, and as online who has one."""
    async with storage.read() as session:
        announced = await presence_queries.announced_as_there(session)
    there = await leases.living()
    for gone in in_parts(announced - there):
        async with storage.begin() as uow:
            await announce_departures(uow, gone)
    for come in in_parts(there - announced):
        async with storage.begin() as uow:
            await announce_arrivals(uow, come)


async def announce_arrivals(uow: UnitOfWork, ids: Collection[UUID]) -> None:
    """Those who were offline are online; who is away stays so."""
    await _insert_missing(uow, ids)
    is_offline = col(Presence.status) == PresenceStatus.OFFLINE
    await _set(uow, ids, PresenceStatus.ONLINE, is_offline)


async def announce_departures(uow: UnitOfWork, ids: Collection[UUID]) -> None:
    """Each by one worker, whichever is first."""
    was_there = col(Presence.status) != PresenceStatus.OFFLINE
    await _set(uow, ids, PresenceStatus.OFFLINE, was_there)


async def _insert_missing(uow: UnitOfWork, ids: Collection[UUID]) -> None:
    rows = [
        {"user_id": id, "status": PresenceStatus.OFFLINE, "since": utc_now()}
        for id in sorted(ids)  # in one order, so that workers do not wait for one another in turn
    ]
    missing = insert_into(uow.session, Presence).values(rows).on_conflict_do_nothing()
    await uow.session.execute(missing)


async def _set(
    uow: UnitOfWork, ids: Collection[UUID], status: PresenceStatus, condition: object
) -> None:
    now = utc_now()
    changed = (
        update(Presence)
        .where(col(Presence.user_id).in_(sorted(ids)), condition)  # type: ignore[arg-type]
        .values(status=status, since=now)
        .returning(col(Presence.user_id))
        .execution_options(synchronize_session=False)
    )
    for user_id in sorted((await uow.session.execute(changed)).scalars().all()):
        uow.emit(PresenceChanged(user_id=user_id, status=status.value, since=now))


def _changed(presence: Presence) -> PresenceChanged:
    return PresenceChanged(
        user_id=presence.user_id, status=presence.status.value, since=presence.since
    )
