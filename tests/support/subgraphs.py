"""A running subgraph with demo data, and the demo people as its callers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from trellis.db.bus import EventBus, MemoryBus
from trellis.db.outbox import Envelope
from trellis.db.seed.world import DemoUser, demo_world
from trellis.db.settings import DataSettings
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext
from trellis.schema.scopes import SCOPES
from trellis.schema.subgraph import Subgraph

_USER_SCOPES = frozenset(
    scope for scope in SCOPES if scope.split(":")[0] in ("read", "write", "execute")
)
_PEOPLE = {user.username: user for user in demo_world().users}


def caller(username: str, *, without: str | None = None) -> Identity:
    """A demo person as a verified token would show them."""
    user: DemoUser = _PEOPLE[username]
    extra = {"admin:projects", "delete:projects"} if "project_admin" in user.roles else set()
    return Identity(
        id=user.id,
        username=user.username,
        email=user.email,
        roles=frozenset(user.roles),
        scopes=(_USER_SCOPES | extra) - {without},
        tenant_id=user.organization_id,
    )


class EmptyLog:
    """The stream of a subgraph that has never announced anything."""

    async def read_after(self, cursor: str, limit: int) -> list[Envelope]:
        return []

    async def head(self) -> str:
        return "0"


@dataclass
class Running:
    """A subgraph that was started, and how to ask it."""

    subgraph: Subgraph
    bus: EventBus
    settings: DataSettings

    def context(self, who: Identity = ANONYMOUS, *, is_dry_run: bool = False) -> Any:
        request = RequestContext(identity=who, request_id="req-1", is_dry_run=is_dry_run)
        return self.subgraph.make_context(request)

    async def dry_run(self, query: str, who: Identity, **variables: Any) -> dict[str, Any]:
        """The extensions of the only error of a dry run, which ends with one."""
        context = self.context(who, is_dry_run=True)
        result = await self.subgraph.schema.execute(
            query, variable_values=variables, context_value=context
        )
        assert result.errors, result.data
        [error] = result.errors
        return dict(error.extensions or {})

    async def ask(self, query: str, who: Identity = ANONYMOUS, **variables: Any) -> dict[str, Any]:
        """Data of an operation that must go well."""
        result = await self.answer(query, who, **variables)
        assert not result.errors, result.errors
        assert result.data is not None
        return result.data

    async def refusal(
        self, query: str, who: Identity = ANONYMOUS, **variables: Any
    ) -> dict[str, Any]:
        """The extensions of the only error of an operation that must be refused."""
        result = await self.answer(query, who, **variables)
        assert result.errors, result.data
        [error] = result.errors
        return dict(error.extensions or {})

    async def answer(self, query: str, who: Identity = ANONYMOUS, **variables: Any) -> Any:
        return await self.subgraph.schema.execute(
            query, variable_values=variables, context_value=self.context(who)
        )

    async def answer_of_many(self, query: str, who: Identity = ANONYMOUS, **variables: Any) -> Any:
        """As ``answer``, for one of many at once: where the database was busy for too long, the
        operation is asked for again, as its error says."""
        for _ in range(_TRIES_OF_MANY):
            result = await self.answer(query, who, **variables)
            extensions = (result.errors[0].extensions or {}) if result.errors else {}
            if extensions.get("reason") != "DATABASE":
                return result
        raise TimeoutError(f"the database was busy {_TRIES_OF_MANY} times")

    async def entities(
        self, who: Identity, selection: str, *representations: dict[str, Any]
    ) -> list[Any]:
        query = f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ {selection} }} }}"
        return (await self.ask(query, who, r=list(representations)))["_entities"]


_TRIES_OF_MANY = 10


@asynccontextmanager
async def running(
    make_subgraph: Callable[[DataSettings, EventBus], Subgraph],
    settings: DataSettings,
    beside: Sequence[str] = (),
    *,
    bus: EventBus | None = None,
    fresh: bool = True,
) -> AsyncIterator[Running]:
    """Start, seed and at the end stop a subgraph; on PostgreSQL its schema is new if ``fresh``.

    ``beside`` names subgraphs whose streams it reads and that do not run.
    """
    own_bus = bus is None
    bus = bus or MemoryBus()
    if own_bus:
        await bus.connect()
    for absent in beside:
        bus.attach(absent, EmptyLog())
    subgraph = make_subgraph(settings, bus)
    if settings.database_url and fresh:
        await _drop_schema(settings.database_url, subgraph.name)
    await subgraph.start()
    try:
        await subgraph.seed()
        yield Running(subgraph, bus, settings)
    finally:
        await subgraph.stop()
        if own_bus:
            await bus.close()


async def _drop_schema(url: str, name: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(f'drop schema if exists "{name}" cascade'))
    await engine.dispose()
