"""A subgraph with tables: combines its schema, its storage and its replicas."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
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
from trellis.schema.dialects import dialect_tags
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
    check: Callable[[Storage], Awaitable[None]] | None = None,
    unfit_for_production: Callable[[], Sequence[str]] = tuple,
) -> MakeSubgraph:
    """How to make the subgraph ``name``, any number of times: tests run many at the same time.

    ``base`` carries the metadata of its tables; those with columns of type ``PersonId`` are in the
    export of personal data. Resolvers get a ``CallerContext`` with ``loaders``. ``seed`` writes
    demo data and does nothing where they are already. ``jobs`` run while the subgraph runs;
    ``env_settings`` describe what it reads from the environment. ``types`` are entities that are
    only reachable through a union.

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
        tags=dialect_tags(),
    )

    def make_subgraph(
        settings: DataSettings | None = None, bus: EventBus | None = None
    ) -> Subgraph:
        consumers = [replica.consumer() for replica in replicas]
        storage = Storage(name, base.metadata, consumers=consumers, settings=settings, bus=bus)

        def make_context(request: RequestContext) -> CallerContext[Any]:
            return CallerContext(request, storage, loaders)

        running_jobs = [RunningJob(job, storage) for job in jobs]

        async def start() -> None:
            for job in jobs:
                job.check()
            await storage.start()
            if check is not None:
                await check(storage)
            for job in jobs:
                if job.at_start:
                    await job.work(storage)
            for running in running_jobs:
                running.start()

        async def stop() -> None:
            for job in running_jobs:
                await job.stop()
            await storage.stop()

        async def write_demo_data() -> None:
            if seed is not None:
                async with storage.begin() as uow:
                    await seed(uow)
            if seeded is not None:
                await seeded(storage)

        return Subgraph(
            name=name,
            schema=schema,
            make_context=make_context,
            start=start,
            stop=stop,
            seed=write_demo_data,
            is_ready=storage.ping,
            policies=policies(storage) if policies else {},
            settings=tuple(env_settings),
            changes=partial(read_changes, storage),
            open_content=partial(open_content, storage) if open_content else None,
            unfit_for_production=unfit_for_production,
            supports_dry_run=True,  # its resolvers change things by the context alone
        )

    return make_subgraph
