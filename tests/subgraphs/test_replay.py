"""Subgraphs that read all events again from the first have the same rows as before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from tests.subgraphs.everything import all_running
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.subgraphs.files.use_cases.upkeep import delete_bytes

READING = ("inbox", "consumer_position")
"""How far a subgraph has read."""
BOOKKEEPING = frozenset({"outbox", *READING})
# When a row was last written says nothing about what is in it.
OF_THE_MOMENT = frozenset({"updated_at"})

ADA, ALAN = caller("ada"), caller("alan")
ENG, COMP = str(demo_id("project", "ENG")), str(demo_id("project", "COMP"))
GRACE = demo_id("user", "grace")


@asynccontextmanager
async def everything(
    settings: DataSettings, *, forgetful: bool = False
) -> AsyncIterator[dict[str, Running]]:
    """All subgraphs, each with what it has announced and read before; ``forgetful`` ones have read
    nothing."""
    async with all_running(settings) as parts:
        yield parts
        await caught_up(parts)
        if forgetful:
            for part in parts.values():
                storage = part.context().storage
                async with storage.begin() as uow:
                    for table in READING:
                        await uow.session.execute(delete(storage.metadata.tables[table]))


async def caught_up(parts: dict[str, Running]) -> None:
    """Wait until every subgraph has read everything; some announce something when they read."""
    for _ in range(2):
        for part in parts.values():
            for stream in parts:
                await part.context().storage.catch_up(stream, timeout=30)


async def rows(parts: dict[str, Running]) -> dict[tuple[str, str], list[str]]:
    """The rows of all tables as text, by subgraph and table."""
    found = {}
    for name, part in parts.items():
        storage = part.context().storage
        for table in storage.metadata.sorted_tables:
            if table.name not in BOOKKEEPING:
                columns = [c for c in table.columns if c.name not in OF_THE_MOMENT]
                async with storage.read() as session:
                    result = await session.execute(select(*columns))
                found[name, table.name] = sorted(str(tuple(row)) for row in result)
    return found


async def handled(parts: dict[str, Running]) -> dict[str, set[str]]:
    """The ids of the events that each subgraph has read since it had read nothing."""
    found = {}
    for name, part in parts.items():
        storage = part.context().storage
        async with storage.read() as session:
            ids = await session.scalars(select(storage.metadata.tables["inbox"].c.event_id))
            found[name] = {str(id) for id in ids}
    return found


async def change(parts: dict[str, Running]) -> None:
    """Some of everything that others have copies of."""

    async def do(name: str, who: Identity, operation: str, **variables: Any) -> Any:
        return await parts[name].ask(operation, who, **variables)

    rename = "mutation($t: String!) { updateMyProfile(input: {displayName: $t}) { user { id } } }"
    await do("accounts", ALAN, rename, t="Turing")
    for mutation in ("remove", "add"):
        member = f"{mutation}ProjectMember(input: {{projectId: $p, userId: $u}}) {{ __typename }}"
        await do("projects", ADA, f"mutation($p: ID!, $u: ID!) {{ {member} }}", p=ENG, u=str(GRACE))
    milestone = "createMilestone(input: {projectId: $p, title: $t}) { milestone { id } }"
    await do("projects", ADA, f"mutation($p: ID!, $t: String!) {{ {milestone} }}", p=ENG, t="Mill")
    issue = "createIssue(input: {projectId: $p, summary: $t}) { issue { id } }"
    await do("issues", ADA, f"mutation($p: ID!, $t: String!) {{ {issue} }}", p=ENG, t="Rattles")
    said = "input: {subjectType: PROJECT, subjectId: $p, content: $t}"
    comment = f"mutation($p: ID!, $t: String!) {{ createComment({said}) {{ __typename }} }}"
    await do("comments", ADA, comment, p=ENG, t="@grace?")
    task = "createTask(input: {projectId: $p, title: $t}) { task { id } }"
    await do("tasks", ADA, f"mutation($p: ID!, $t: String!) {{ {task} }}", p=ENG, t="Oil it")
    await do("projects", ADA, "mutation($p: ID!) { deleteProject(id: $p) { __typename } }", p=COMP)
    delete_user = "mutation($u: ID!) { deleteUser(id: $u) { deletedUserId } }"
    await do("accounts", caller("grace"), delete_user, u=str(GRACE))


async def test_all_copies_are_the_same_after_reading_from_zero_again(tmp_path: Path):
    settings = DataSettings(data_dir=tmp_path)
    async with everything(settings, forgetful=True) as parts:
        await change(parts)
        await caught_up(parts)
        # What a job would do at any moment is done before the rows are compared.
        await delete_bytes(parts["files"].context().storage)
        before, read = await rows(parts), await handled(parts)

    async with everything(settings) as parts:
        await caught_up(parts)
        after, read_again = await rows(parts), await handled(parts)

    assert {place for place in before if before[place] != after[place]} == set()
    assert read_again == read
    readers = {name for name, ids in read.items() if ids}
    assert readers >= {"projects", "issues", "tasks", "comments"}
