"""A subgraph with tables: combines its schema, its storage and its replicas."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from sqlmodel import SQLModel

from trellis.db.bus import EventBus
from trellis.db.caller_context import CallerContext
from trellis.db.jobs import Job, RunningJob
from trellis.db.replica import Replica
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
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
) -> MakeSubgraph:
    """How to make the subgraph ``name``, any number of times: tests run many beside each other.

    ``base`` carries the metadata of its tables. Resolvers get a ``CallerContext`` with
    ``loaders``. ``seed`` writes demo data and does nothing where they are already. ``jobs`` are
    done while the subgraph runs; ``env_settings`` tell what it reads from the environment.
    """
    # Building it takes long, and it keeps nothing of whom it answers.
    schema = TrellisSchema(query=query, mutation=mutation, subscription=subscription)

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
            for job in running_jobs:
                job.start()

        async def stop() -> None:
            for job in running_jobs:
                await job.stop()
            await storage.stop()

        async def write_demo_data() -> None:
            if seed is not None:
                async with storage.begin() as uow:
                    await seed(uow)

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
        )

    return make_subgraph
