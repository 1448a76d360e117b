"""A small domain put together by ``define_subgraph``: what its resolvers can rely on."""

from asyncio import gather
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col, select
from strawberry import Info

from tests.support.statements import statements
from trellis.db.batching import rows_by
from trellis.db.bus import MemoryBus
from trellis.db.caller_context import CallerContext
from trellis.db.engine import Database
from trellis.db.loaders import BatchLoaders
from trellis.db.models import new_metadata, utc_now
from trellis.db.outbox import Envelope
from trellis.db.paging import ChildRows, SortColumn
from trellis.db.replica import MissingInReplica, Replica
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.db.subgraph import define_subgraph
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import NotFound, Unauthenticated
from trellis.schema.events.accounts import TeamCreated
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.paging import PageRequest
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

BY_ID = (SortColumn("id", UUID),)
CALLER = Identity(id=UUID(int=1))
TREE, OTHER = UUID(int=70), UUID(int=80)
LEAVES = [UUID(int=n) for n in (71, 72, 73)]


class Base(SQLModel):
    metadata = new_metadata()


class Leaf(Base, table=True):
    id: UUID = Field(primary_key=True)
    tree_id: UUID


class Team(Base, table=True):
    id: UUID = Field(primary_key=True)


async def leaves_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Leaf | None]:
    statement = select(Leaf) if caller.is_authenticated else select(Leaf).where(False)
    return await rows_by(session, statement, Leaf.id, ids)


def leaves_of(_caller: Identity, order: Sequence[SortColumn]) -> ChildRows[Leaf]:
    return ChildRows(select(Leaf), Leaf, col(Leaf.tree_id), order)


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.leaf = self.rows(leaves_by_id)
        self.leaves = self.lists(leaves_of)


Ctx = CallerContext[Loaders]


@strawberry.type
class Query:
    @strawberry.field
    async def leaf(self, info: Info[Ctx, None], id: strawberry.ID) -> str | None:
        row = await info.context.loaders.leaf.load(UUID(id))
        return str(row.id) if row else None


async def seed(uow: UnitOfWork) -> None:
    uow.session.add_all(Leaf(id=id, tree_id=TREE) for id in LEAVES)


async def take_team(uow: UnitOfWork, event: TeamCreated) -> None:
    uow.session.add(Team(id=event.team_id))


class TeamNotFound(MissingInReplica, NotFound):
    stream = "accounts"


class Accounts:
    """The stream of accounts, which tells of one team once it is announced and counts who asks
    how far it is."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        event = TeamCreated(team_id=uuid4(), organization_id=uuid4(), name="New")
        self.team = event.team_id
        payload = event.payload()
        self._news = Envelope(uuid4(), event.topic, event.key, payload, utc_now(), cursor="1")
        self._is_announced = False
        self.asked = 0

    async def announce(self) -> None:
        self._is_announced = True
        await self._bus.publish("accounts", [self._news])

    async def read_after(self, cursor: str, limit: int) -> list[Envelope]:
        return [self._news] if self._is_announced and cursor == "0" else []

    async def head(self) -> str:
        self.asked += 1
        return "1" if self._is_announced else "0"


class Tries:
    """Use cases that fail for want of a team, or in another way; counts how often."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.count = 0

    async def require(self, uow: UnitOfWork, caller: Identity, id: UUID) -> UUID:
        assert caller == CALLER
        self.count += 1
        uow.session.add(Leaf(id=uuid4(), tree_id=OTHER))
        if await uow.session.get(Team, id) is None:
            raise TeamNotFound("There is no such team.")
        return id

    async def require_too_early(self, uow: UnitOfWork, caller: Identity, id: UUID) -> UUID:
        try:
            return await self.require(uow, caller, id)
        except TeamNotFound:
            await self._accounts.announce()
            raise

    async def fail(self, uow: UnitOfWork, caller: Identity) -> None:
        self.count += 1
        raise NotFound("There is no such thing.")


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    bus = MemoryBus()
    await bus.connect()
    yield bus
    await bus.close()


@pytest.fixture
def accounts(bus: MemoryBus) -> Accounts:
    stream = Accounts(bus)
    bus.attach("accounts", stream)
    return stream


@pytest.fixture
async def leaves(tmp_path: Path, bus: MemoryBus, accounts: Accounts) -> AsyncIterator[Subgraph]:
    settings = DataSettings(data_dir=tmp_path)
    # Before anything reads them: this domain has no migrations.
    database = Database("leaves", settings.url_for("leaves"))
    async with database.engine.execution_options(write=True).begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await database.close()
    subgraph = make_subgraph(settings, bus)
    await subgraph.start()
    await subgraph.seed()
    yield subgraph
    await subgraph.stop()


make_subgraph = define_subgraph(
    "leaves",
    Base,
    Query,
    loaders=Loaders,
    replicas=[Replica("accounts", [TeamCreated], take_team)],
    seed=seed,
)


def context_of(subgraph: Subgraph, who: Identity = CALLER) -> Any:
    return subgraph.make_context(RequestContext(identity=who, request_id="req-1"))


async def test_resolvers_load_what_the_caller_sees_in_one_statement(leaves: Subgraph):
    query = "{" + " ".join(f'l{n}: leaf(id: "{id}")' for n, id in enumerate(LEAVES)) + "}"
    with statements() as asked:
        mine = await leaves.schema.execute(query, context_value=context_of(leaves))
        theirs = await leaves.schema.execute(query, context_value=context_of(leaves, ANONYMOUS))

    assert mine.data == {f"l{n}": str(id) for n, id in enumerate(LEAVES)}
    assert theirs.data == {f"l{n}": None for n in range(3)}
    assert len(asked) == 2


async def test_lists_of_a_page_are_loaded_and_counted_together(leaves: Subgraph):
    lists = context_of(leaves).loaders.leaves
    with statements() as asked:
        pages = await gather(*(lists.load(BY_ID, id, PageRequest.of(2)) for id in (TREE, OTHER)))
        assert len(asked) == 1
        assert await gather(*(page.count() for page in pages)) == [3, 0]
        assert len(asked) == 2

    assert [[leaf.id for leaf in page.rows] for page in pages] == [LEAVES[:2], []]
    assert [page.has_next for page in pages] == [True, False]


async def test_a_page_is_counted_only_when_the_total_is_asked_for(leaves: Subgraph):
    with statements() as asked:
        page = await context_of(leaves).page(select(Leaf), Leaf, PageRequest.of(2), BY_ID)
        assert len(asked) == 1
        assert await page.count() == 3

    assert [leaf.id for leaf in page.rows] == LEAVES[:2]


async def made_leaves(context: Ctx) -> int:
    async with context.storage.read() as session:
        return len((await session.scalars(select(Leaf).where(Leaf.tree_id == OTHER))).all())


async def test_a_use_case_that_misses_what_is_on_its_way_finds_it_at_the_second_try(
    leaves: Subgraph, accounts: Accounts
):
    context, tries = context_of(leaves), Tries(accounts)

    assert await context.transact(tries.require_too_early, accounts.team) == accounts.team
    assert tries.count == 2
    assert await made_leaves(context) == 1  # nothing is left of the first try


async def test_what_there_is_not_is_waited_for_once_and_what_there_is_never(
    leaves: Subgraph, accounts: Accounts
):
    context, tries = context_of(leaves), Tries(accounts)
    await accounts.announce()
    await context.storage.catch_up("accounts", 10)
    accounts.asked = 0

    assert await context.transact(tries.require, accounts.team) == accounts.team
    assert (tries.count, accounts.asked) == (1, 0)
    with pytest.raises(TeamNotFound):
        await context.transact(tries.require, uuid4())
    assert (tries.count, accounts.asked) == (3, 1)
    assert await made_leaves(context) == 1


async def test_other_refusals_are_final(leaves: Subgraph, accounts: Accounts):
    context, tries = context_of(leaves), Tries(accounts)

    with pytest.raises(NotFound):
        await context.transact(tries.fail)
    assert tries.count == 1


async def test_nobody_changes_anything(leaves: Subgraph, accounts: Accounts):
    tries = Tries(accounts)

    with pytest.raises(Unauthenticated):
        await context_of(leaves, ANONYMOUS).transact(tries.fail)
    assert tries.count == 0


async def test_what_was_loaded_before_a_change_does_not_answer_after_it(leaves: Subgraph):
    async def cut(uow: UnitOfWork, _caller: Identity) -> None:
        await uow.session.delete(await uow.session.get_one(Leaf, LEAVES[0]))

    context = context_of(leaves)
    assert await context.loaders.leaf.load(LEAVES[0]) is not None
    await context.transact(cut)
    assert await context.loaders.leaf.load(LEAVES[0]) is None
