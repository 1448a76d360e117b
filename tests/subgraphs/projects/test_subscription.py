import asyncio
from contextlib import aclosing
from typing import Any

from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id

SUBSCRIBE = (
    "subscription($id: ID!, $a: String) { projectUpdated(id: $id, after: $a) { "
    "name eventCursor members { user { id } } } }"
)
RENAME = (
    "mutation($id: ID!, $n: String) { updateProject(id: $id, input: {name: $n}) { "
    "project { id } } }"
)
ENG, HOP = str(demo_id("project", "ENG")), str(demo_id("project", "HOP"))


async def subscribe(projects: Running, who: str, **variables: Any) -> Any:
    return await projects.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=projects.context(caller(who))
    )


async def next_of(stream: Any) -> Any:
    return await asyncio.wait_for(anext(stream), 5)


async def test_each_change_arrives_once_with_fresh_rows(projects: Running):
    async with aclosing(await subscribe(projects, "katherine", id=ENG, a="0")) as stream:
        for name in ("One", "Two"):
            await projects.ask(RENAME, caller("ada"), id=HOP, n=name)
            await projects.ask(RENAME, caller("ada"), id=ENG, n=name)
            result = await next_of(stream)
            assert not result.errors
            assert result.data["projectUpdated"]["name"] == name


async def test_a_stream_resumes_after_its_cursor(projects: Running):
    for name in ("One", "Two", "Three"):
        await projects.ask(RENAME, caller("ada"), id=ENG, n=name)

    async with aclosing(await subscribe(projects, "katherine", id=ENG, a="0")) as stream:
        first = (await next_of(stream)).data["projectUpdated"]
    async with aclosing(
        await subscribe(projects, "katherine", id=ENG, a=first["eventCursor"])
    ) as stream:
        cursors = [(await next_of(stream)).data["projectUpdated"]["eventCursor"] for _ in range(2)]

    assert [first["eventCursor"], *cursors] == ["1", "2", "3"]


async def test_a_stream_of_a_foreign_project_is_refused(projects: Running):
    async with aclosing(await subscribe(projects, "hedy", id=ENG)) as stream:
        result = await next_of(stream)

    assert [e.extensions["code"] for e in result.errors] == ["NOT_FOUND"]


async def test_a_stream_ends_when_the_caller_is_put_out(projects: Running):
    remove = (
        "mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) { "
        "project { id } } }"
    )
    async with aclosing(await subscribe(projects, "katherine", id=ENG, a="0")) as stream:
        who = {"projectId": ENG, "userId": str(demo_id("user", "katherine"))}
        await projects.ask(remove, caller("ada"), i=who)
        result = await next_of(stream)

        assert [e.extensions["code"] for e in result.errors] == ["NOT_FOUND"]
        assert [r async for r in stream] == []


async def test_a_stream_ends_when_the_project_does(projects: Running):
    delete = "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }"
    async with aclosing(await subscribe(projects, "tommy", id=HOP, a="0")) as stream:
        await projects.ask(RENAME, caller("ada"), id=HOP, n="Hopping")
        assert (await next_of(stream)).data["projectUpdated"]["name"] == "Hopping"
        await projects.ask(delete, caller("ada"), id=HOP)

        assert [r async for r in stream] == []
