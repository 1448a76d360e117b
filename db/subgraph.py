"""A subgraph with tables: combines its schema, its storage and its replicas."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from sqlmodel import SQLModel

from trellis.db.bus import EventBus
from trellis.db.caller_context import CallerContext
from trellis.db.changes import read_changes
from trellis.db.jobs import Job, RunningJob
from trellis.db.personal_data import personal_data_type
from trellis.db.replica import Replica
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.content import Content
from trellis.schema.dialects import Tags
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import Identity
from trellis.schema.policy import Policy
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Setting, Subgraph


class MakeSubgraph(Protocol):
    """Creates a subgraph that is not started; missing arguments are read from the environment."""

    def __call__(
        self, settings: DataSettings | None = None, bus: EventBus | None = None
    ) -> Subgraph: ...


class _Lifecycle:
    """The start, the demo data and the end of one subgraph; see ``define_subgraph``."""

    def __init__(
        self,
        storage: Storage,
        jobs: Sequence[Job],
        *,
        check: Callable[[Storage], Awaitable[None]] | None,
        seed: Callable[[UnitOfWork], Awaitable[None]] | None,
        seeded: Callable[[Storage], Awaitable[None]] | None,
    ) -> None:
        self._storage, self._jobs = storage, jobs
        self._check, self._seed, self._seeded = check, seed, seeded
        self._running_jobs = [RunningJob(job, storage) for job in jobs]

    async def start(self) -> None:
        for job in self._jobs:
            job.check()
        await self._storage.start()
        if self._check is not None:
            await self._check(self._storage)
        for job in self._jobs:
            if job.at_start:
                await job.work(self._storage)
        for running in self._running_jobs:
            running.start()

    async def stop(self) -> None:
        for job in self._running_jobs:
            await job.stop()
        await self._storage.stop()

    async def write_demo_data(self) -> None:
        if self._seed is not None:
            async with self._storage.begin() as uow:
                await self._seed(uow)
        if self._seeded is not None:
            await self._seeded(self._storage)


def define_subgraph(
    name: str,
    base: type[SQLModel],
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    *,
    loaders: Callable[[Storage, Identity], Any],
    replicas: Sequence[Replica[Any]] = (),
    seed: Callable[[UnitOfWork], Awaitable[None]] | None = None,
    policies: Callable[[Storage], Mapping[str, Policy]] | None = None,
    jobs: Sequence[Job] = (),
    env_settings: Sequence[Setting] = (),
    seeded: Callable[[Storage], Awaitable[None]] | None = None,
    open_content: Callable[[Storage, str], Awaitable[Content]] | None = None,
    types: Sequence[type] = (),
    tags: Tags = MappingProxyType({}),
    check: Callable[[Storage], Awaitable[None]] | None = None,
    unfit_for_production: Callable[[], Sequence[str]] = tuple,
) -> MakeSubgraph:
    """How to make the subgraph ``name``, any number of times: tests run many at the same time.

    ``base`` carries the metadata of its tables; those with columns of type ``PersonId`` are in the
    export of personal data. Resolvers get a ``CallerContext`` with ``loaders``. ``seed`` writes
    demo data and does nothing where they are already. ``jobs`` run while the subgraph runs;
    ``env_settings`` describe what it reads from the environment. ``types`` are entities that are
    only reachable through a union; ``tags`` are the ``@tag`` of fields by coordinate.

    ``unfit_for_production`` is that of ``Subgraph``.

    For data outside of the database: ``check`` is called at the start, which fails if it raises;
    ``seeded`` writes the demo data there, ``open_content`` finds the content of a ticket
    (``trellis.schema.subgraph``).
    """
    # Building it takes long, and it keeps nothing of whom it answers.
    personal_data = personal_data_type(name, base)
    schema = TrellisSchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[*types, *([personal_data] if personal_data else [])],
        tags=tags,
    )

    def make_subgraph(
        settings: DataSettings | None = None, bus: EventBus | None = None
    ) -> Subgraph:
        consumers = [replica.consumer() for replica in replicas]
        storage = Storage(name, base.metadata, consumers=consumers, settings=settings, bus=bus)

        def make_context(request: RequestContext) -> CallerContext[Any]:
            return CallerContext(request, storage, loaders)

        lifecycle = _Lifecycle(storage, jobs, check=check, seed=seed, seeded=seeded)
        return Subgraph(
            name=name,
            schema=schema,
            make_context=make_context,
            start=lifecycle.start,
            stop=lifecycle.stop,
            seed=lifecycle.write_demo_data,
            is_ready=storage.ping,
            policies=policies(storage) if policies else {},
            settings=tuple(env_settings),
            changes=partial(read_changes, storage),
            open_content=partial(open_content, storage) if open_content else None,
            unfit_for_production=unfit_for_production,
            supports_dry_run=True,  # its resolvers change things by the context alone
        )

    return make_subgraph
