"""The subgraph without its jobs, streams of others that a test writes, and a worker in a hurry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.subgraphs.notifications.receiver import Receiver
from tests.subgraphs.notifications.telling import ENG, OpenLog, envelope_of, stream_of, user
from tests.subgraphs.notifications.webhooks.settings import FAST, HERE
from tests.support.subgraphs import Running, caller, running
from trellis.db.bus import MemoryBus
from trellis.db.models import utc_now
from trellis.db.replica import Replica
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.db.subgraph import define_subgraph
from trellis.db.tasks import end_tasks
from trellis.schema.events import accounts, issues, projects
from trellis.schema.events.event import Event
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications import models, people, seed
from trellis.subgraphs.notifications.graph import Mutation, Query
from trellis.subgraphs.notifications.loaders import Loaders
from trellis.subgraphs.notifications.outbound import Outbound
from trellis.subgraphs.notifications.queries import PROJECTS
from trellis.subgraphs.notifications.webhooks.listening import REPLICAS
from trellis.subgraphs.notifications.webhooks.schedule import Schedule
from trellis.subgraphs.notifications.webhooks.sealing import vault_of
from trellis.subgraphs.notifications.webhooks.worker import Worker

STREAMS = ("accounts", "issues", "projects", "workflows")

PEOPLE = Replica(accounts.STREAM, accounts.USER_STATES, people.keep_person)

make_quiet = define_subgraph(
    "notifications",
    models.Base,
    Query,
    Mutation,
    loaders=Loaders,
    replicas=[PROJECTS.replica(), PEOPLE, *REPLICAS],
    seed=seed.write_demo_data,
)

CREATE = """mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { secret webhook {
  id url events active disabledReason filters { projectId } previousSecretExpiresAt version } } }"""
UPDATE = """mutation($id: ID!, $i: UpdateWebhookInput!) { updateWebhook(id: $id, input: $i) {
  webhook { id url events active disabledReason filters { projectId } version } } }"""
DELETE = "mutation($id: ID!) { deleteWebhook(id: $id) { deletedWebhookId } }"
ROTATE = """mutation($id: ID!, $i: RotateWebhookSecretInput!) {
  rotateWebhookSecret(id: $id, input: $i) { secret webhook { previousSecretExpiresAt } } }"""
PING = "mutation($id: ID!) { pingWebhook(id: $id) { delivery { id messageId event status } } }"
REDELIVER = """mutation($id: ID!) { redeliverWebhook(deliveryId: $id) {
  delivery { id messageId event status redeliveryOf } } }"""
ONE = "query($id: ID!) { webhook(id: $id) { active disabledReason events version } }"
LOG = """query($id: ID!, $first: Int, $f: WebhookDeliveryFilters) { webhook(id: $id) {
  deliveries(first: $first, filters: $f) { totalCount edges { node { id messageId event status
    attempts { at status error milliseconds } nextAttemptAt finishedAt redeliveryOf } } } } }"""


@dataclass
class World:
    """The running subgraph, with everything that tests of webhooks ask of it."""

    running: Running
    streams: dict[str, OpenLog]
    _workers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def storage(self) -> Storage:
        return self.running.context().storage

    async def hear(self, event: Event, *, by: str | None = "grace", at: datetime | None = None):
        """Let an event come from its stream, and wait until everybody has read it."""
        stream = stream_of(event)
        self.streams[stream].append(envelope_of(event, user(by) if by else None, at))
        self.running.bus.log_grew(stream)
        await self.storage.catch_up(stream, timeout=10)

    async def make(self, receiver: Receiver | str, who: Identity | str = "grace", **members: Any):
        """A new webhook of issue.created, unless it says otherwise."""
        url = receiver if isinstance(receiver, str) else receiver.url
        given = {"url": url, "events": ["ISSUE_CREATED"], "secret": "webhook-secret", **members}
        identity = who if isinstance(who, Identity) else caller(who)
        made = await self.running.ask(CREATE, identity, i=given)
        return made["createWebhook"]["webhook"]

    async def log_of(self, id: str, who: str = "grace", **variables: Any) -> list[dict[str, Any]]:
        """Its deliveries, the latest first."""
        found = await self.running.ask(LOG, caller(who), id=id, first=100, **variables)
        return [edge["node"] for edge in found["webhook"]["deliveries"]["edges"]]

    async def ended(self, id: str, number: int = 1, who: str = "grace") -> list[dict[str, Any]]:
        """Its deliveries, once so many have ended."""
        return await self._once(
            id, who, lambda log: sum(one["status"] != "PENDING" for one in log) >= number
        )

    async def dropped(self, id: str, who: str, left: int = 0) -> list[dict[str, Any]]:
        """Its deliveries, once there are no more than that many."""
        return await self._once(id, who, lambda log: len(log) <= left)

    async def tried(self, id: str) -> list[dict[str, Any]]:
        """Its deliveries, once each was tried."""
        return await self._once(id, "grace", lambda log: all(one["attempts"] for one in log))

    async def _once(
        self, id: str, who: str, holds: Callable[[list[dict[str, Any]]], bool]
    ) -> list[dict[str, Any]]:
        log = await self.log_of(id, who)
        for _ in range(1_500):
            if holds(log):
                return log
            await asyncio.sleep(0.01)
            log = await self.log_of(id, who)
        raise AssertionError(f"it does not come to it: {log}")

    def work(self, schedule: Schedule = FAST, outbound: Outbound | None = None) -> None:
        """Send what is due from now on."""
        vault = vault_of(self.storage)
        worker = Worker(self.storage, outbound or Outbound(HERE), vault, schedule)
        self._workers.append(asyncio.create_task(worker.run()))

    async def rest(self) -> None:
        """End all workers."""
        await end_tasks(*self._workers)
        self._workers.clear()


@asynccontextmanager
async def running_world(settings: DataSettings, *, fresh: bool = False) -> AsyncIterator[World]:
    bus = MemoryBus()
    await bus.connect()
    streams = {name: OpenLog() for name in STREAMS}
    for name, stream in streams.items():
        bus.attach(name, stream)
    try:
        async with running(make_quiet, settings, bus=bus, fresh=fresh) as subgraph:
            world = World(subgraph, streams)
            try:
                yield world
            finally:
                await world.rest()
    finally:
        await bus.close()


# -- events ----------------------------------------------------------------------------------------


def issue_created(number: int = 1, project_id: UUID = ENG, **state: Any) -> issues.IssueCreated:
    return issues.IssueCreated(**about_issue(number, project_id), state=issue_state(**state))


def about_issue(number: int = 1, project_id: UUID = ENG, version: int = 1) -> dict[str, Any]:
    return {
        "issue_id": demo_id("issue", f"new-{number}"),
        "issue_key": f"ENG-{number}",
        "project_id": project_id,
        "version": version,
    }


def issue_state(**members: Any) -> issues.IssueState:
    given = {
        "summary": "New issue created",
        "description": None,
        "issue_type": "Bug",
        "status": "Open",
        "priority": "High",
        "assignee_id": user("alan"),
        "reporter_id": user("grace"),
    }
    return issues.IssueState(**{**given, **members})


def project_state(organization_id: UUID, **members: str) -> projects.ProjectState:
    """``members`` are roles by user name."""
    return projects.ProjectState(
        key="ENG",
        name="Engine",
        status="active",
        organization_id=organization_id,
        lead_id=user("ada"),
        settings={},
        members={user(name): role for name, role in members.items()},
    )


def user_state(name: str, version: int = 5, **members: Any) -> dict[str, Any]:
    who = caller(name)
    given = {
        "user_id": who.id,
        "version": version,
        "username": name,
        "display_name": name.title(),
        "avatar_url": None,
        "organization_id": who.tenant_id,
        "roles": tuple(who.roles),
        "is_active": True,
    }
    return {**given, **members}


def later(seconds: float) -> datetime:
    return utc_now() + timedelta(seconds=seconds)
