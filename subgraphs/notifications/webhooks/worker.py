"""Sends what is due: each webhook has a queue of its own, served by one task at a time.

So many queues are served at once, so many of them of one target and so many of one organization:
a target that does not answer holds its own places and nobody else's.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.schema.errors import Unavailable
from trellis.subgraphs.notifications.outbound import Outbound
from trellis.subgraphs.notifications.webhooks import queries
from trellis.subgraphs.notifications.webhooks.models import WebhookQueue
from trellis.subgraphs.notifications.webhooks.schedule import Schedule
from trellis.subgraphs.notifications.webhooks.sending import claim_next, give_back, send, settle
from trellis.subgraphs.secret_scope.vault import Vault

logger = logging.getLogger("trellis.webhooks")

Place = TypeVar("Place")

_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Served:
    """What a queue that is being served takes a place of."""

    target: str
    organization_id: UUID | None


class Worker:
    """``run`` until it is cancelled; several may work on one database."""

    def __init__(
        self, storage: Storage, outbound: Outbound, vault: Vault, schedule: Schedule
    ) -> None:
        self._storage = storage
        self._outbound = outbound
        self._vault = vault
        self._schedule = schedule
        self._served: dict[UUID, _Served] = {}
        self._is_free = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._is_free.clear()
                for queue in await self._find_due():
                    self._start(group, queue)
                try:
                    async with asyncio.timeout(self._schedule.poll):
                        await self._is_free.wait()
                except TimeoutError:
                    pass

    async def _find_due(self) -> list[WebhookQueue]:
        """Queues to be served now, as many as there are places for."""
        schedule, served = self._schedule, self._served.values()
        free = schedule.places - len(served)
        if free <= 0:
            return []
        targets = Counter(one.target for one in served)
        homes = Counter(one.organization_id for one in served if one.organization_id)
        statement = queries.due(
            utc_now(),
            free,
            running=list(self._served),
            full_targets=_full(targets, schedule.places_of_target),
            full_organizations=_full(homes, schedule.places_of_organization),
        )
        try:
            async with self._storage.read() as session:
                found = list(await session.scalars(statement))
        except Unavailable:
            return []
        return [queue for queue in found if self._has_places(queue, targets, homes)]

    def _has_places(self, queue: WebhookQueue, targets: Counter[str], homes: Counter[UUID]) -> bool:
        """Counts the queue in, if its target and its organization have a place for it."""
        home = queue.organization_id
        if targets[queue.target] >= self._schedule.places_of_target:
            return False
        if home is not None and homes[home] >= self._schedule.places_of_organization:
            return False
        targets[queue.target] += 1
        if home is not None:
            homes[home] += 1
        return True

    def _start(self, group: asyncio.TaskGroup, queue: WebhookQueue) -> None:
        id = queue.webhook_id
        self._served[id] = _Served(queue.target, queue.organization_id)

        def ended(_task: asyncio.Task[None]) -> None:
            del self._served[id]
            self._is_free.set()

        group.create_task(self._serve(id)).add_done_callback(ended)

    async def _serve(self, webhook_id: UUID) -> None:
        """Send what is due in one queue, one delivery after the other."""
        storage, schedule = self._storage, self._schedule
        try:
            while attempt := await claim_next(storage, self._vault, webhook_id, schedule):
                try:
                    outcome = await send(self._outbound, attempt, schedule)
                except asyncio.CancelledError:
                    await give_back(storage, attempt)
                    raise
                await settle(storage, attempt, outcome, schedule)
        except Unavailable:
            await asyncio.sleep(_PAUSE_SECONDS)
        except Exception:
            # The boundary of a queue: others go on, and this one is tried again.
            logger.exception("the queue of webhook %s failed; trying again", webhook_id)
            await asyncio.sleep(_PAUSE_SECONDS)


def _full(used: Mapping[Place, int], places: int) -> Collection[Place]:
    return [one for one, number in used.items() if number >= places]
