"""The comments of issues move from the subgraph ``issues`` to ``comments``: before, while a share
of the requests is already answered by the new one, and after (docs/moving-a-field.md).

At no moment is a comment missing or there twice, whoever wrote it and by whichever router.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from tests.support.subgraphs import Running, caller, running
from trellis.db.bus import MemoryBus
from trellis.db.outbox import outbox_of
from trellis.db.settings import DataSettings
from trellis.db.subgraph import MakeSubgraph
from trellis.router import Subgraph as Member
from trellis.router import Supergraph, compose
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import SupergraphOptions
from trellis.router.transports.local import LocalTransport
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts.graph import make_subgraph as make_accounts
from trellis.subgraphs.comments.graph import make_subgraph as make_comments
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.issues.models import Comment
from trellis.subgraphs.projects.graph import make_subgraph as make_projects

LABEL = "comments-of-issues"
ON, OFF = frozenset({LABEL}), frozenset[str]()
ADA = caller("ada")
ADD = "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id content } } }"
READ = """query($id: ID!, $first: Int, $after: String) { issue(id: $id) {
  comments(first: $first, after: $after) { totalCount pageInfo { endCursor }
    edges { node { id content createdAt updatedAt author { username } } } } } }"""
PROJECT = 'mutation { createProject(input: {name: "Moving"}) { project { id } } }'
ISSUE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
DELETE = "mutation($id: ID!) { deleteComment(id: $id) { deletedCommentId } }"
EDIT = """mutation($id: ID!, $t: String!) {
  updateComment(id: $id, input: {content: $t}) { comment { id } } }"""


@dataclass
class Router:
    """A graph over running subgraphs; ``labels`` are those of every request."""

    supergraph: Supergraph

    async def ask(
        self, operation: str, labels: Collection[str] | None = None, **variables: Any
    ) -> Any:
        stages: Any = self.supergraph
        if labels is not None:
            stages = replace(stages, draw_labels=lambda: frozenset(labels))
        context = RequestContext(identity=ADA, request_id="moving")
        result = await answer(GraphQLRequest(operation, variables), context, stages)
        assert not result.errors, result.errors
        return result.data

    async def texts(
        self, issue: str, labels: Collection[str] | None = None, *, is_quiet: bool = True
    ) -> list[str]:
        """What is written on the issue; each comment once, and when nobody writes counted."""
        found = (await self.ask(READ, labels, id=issue, first=100))["issue"]["comments"]
        nodes = [edge["node"] for edge in found["edges"]]
        assert len(nodes) == len({node["id"] for node in nodes})
        assert found["totalCount"] == len(nodes) or not is_quiet
        assert {node["author"]["username"] for node in nodes} <= {"ada"}
        return [node["content"] for node in nodes]

    async def add(self, issue: str, content: str) -> str:
        """The id of a new comment."""
        made = await self.ask(ADD, i={"issueId": issue, "content": content})
        return made["addComment"]["comment"]["id"]

    def services(self, operation: str, labels: Collection[str] = ()) -> set[str]:
        """Which subgraphs an operation is asked of."""
        given = {"id": "x", "i": {"issueId": "x", "content": "x"}}
        plan = self.supergraph.plan(operation, given, labels=labels)
        return {step.service for step in plan.steps}


def router_over(parts: Collection[Running], *, share: float = 0, sdl: Any = None) -> Router:
    """A router that knows these subgraphs; ``sdl`` replaces the SDL of some by name."""
    texts = {one.subgraph.name: one.subgraph.schema.as_str() for one in parts} | (sdl or {})
    composition = compose([Member(name, "", text) for name, text in texts.items()])
    assert composition.errors == ()
    transports = {one.subgraph.name: LocalTransport(one.subgraph) for one in parts}
    options = SupergraphOptions(override_labels={LABEL: share})
    return Router(
        Supergraph.load(composition.supergraph_sdl, transports=transports, options=options)
    )


class House:
    """The subgraphs of an installation, which are started and stopped one by one."""

    def __init__(self, settings: DataSettings, stack: AsyncExitStack, bus: MemoryBus) -> None:
        self._settings, self._stack, self._bus = settings, stack, bus
        self.parts: dict[str, Running] = {}
        self._open: dict[str, AsyncExitStack] = {}

    async def start(self, make: MakeSubgraph, *, fresh: bool = True) -> None:
        own = await self._stack.enter_async_context(AsyncExitStack())
        part = await own.enter_async_context(
            running(make, self._settings, bus=self._bus, fresh=fresh)
        )
        self.parts[part.subgraph.name], self._open[part.subgraph.name] = part, own

    async def stop(self, name: str) -> None:
        del self.parts[name]
        await self._open.pop(name).aclose()

    def without(self, *names: str) -> list[Running]:
        return [part for name, part in self.parts.items() if name not in names]


@asynccontextmanager
async def before_the_move(settings: DataSettings) -> AsyncIterator[tuple[House, str]]:
    """The release before: accounts, projects and issues, and an issue of a new project with three
    comments that no event has told, as that release has written them."""
    async with AsyncExitStack() as stack:
        bus = MemoryBus()
        await bus.connect()
        stack.push_async_callback(bus.close)
        house = House(settings, stack, bus)
        for make in (make_accounts, make_projects, make_issues):
            await house.start(make)
        old = router_over(house.parts.values())
        project = (await old.ask(PROJECT))["createProject"]["project"]["id"]
        made = await old.ask(ISSUE, i={"projectId": project, "summary": "To move"})
        issue = made["createIssue"]["issue"]["id"]
        for number in range(3):
            await old.add(issue, f"old {number}")
        await _as_the_release_before_wrote(house.parts["issues"], issue)
        yield house, issue


async def _as_the_release_before_wrote(issues: Running, issue: str) -> None:
    """Its events do not say what is in a comment, and its rows do not say that they were told."""
    storage = issues.context().storage
    await storage._relay.settle(30)  # it writes to the same rows, in another order
    outbox = outbox_of(storage.metadata)
    async with storage.begin() as uow:
        untold = {"is_told": False, "updated_at": Comment.updated_at}
        these = col(Comment.issue_id) == UUID(issue)
        await uow.session.execute(update(Comment).where(these).values(untold))
        for event in await issues.bus.read_after("issues", "0", 100):
            if event.topic == "comment.added":
                told = {
                    k: v for k, v in event.payload.items() if k not in ("content", "created_at")
                }
                this = outbox.c.event_id == event.id
                await uow.session.execute(update(outbox).where(this).values(payload=told))


async def move_in(house: House) -> None:
    """The new release: issues are started anew, then the subgraph of comments."""
    await house.stop("issues")
    await house.start(make_issues, fresh=False)
    await house.start(make_comments)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has to wait for the other subgraph does so on busy machines, too."""
    monkeypatch.setattr("trellis.db.storage._CURRENT_SECONDS", 60.0)


async def test_each_comment_is_there_once_before_during_and_after_the_move(
    data_settings: DataSettings,
):
    async with before_the_move(data_settings) as (house, issue):
        before = router_over(house.parts.values())
        assert await before.texts(issue) == ["old 0", "old 1", "old 2"]
        assert before.services(READ) == {"issues", "accounts"}
        assert before.services(ADD) == {"issues"}

        await move_in(house)
        await _both_answer_the_same_whoever_writes(house, issue)
        await _a_list_is_read_on_by_the_other_subgraph(house, issue)
        await _comments_answer_alone(house, issue)


async def _both_answer_the_same_whoever_writes(house: House, issue: str) -> None:
    # A router that has not heard of the new subgraph yet, and one that has.
    old = router_over(house.without("comments"))
    new = router_over(house.parts.values(), share=50)
    assert new.services(READ, OFF) == {"issues", "accounts"}
    assert new.services(READ, ON) == {"issues", "comments", "accounts"}
    assert new.services(ADD, OFF) == new.services(ADD, ON) == {"comments"}

    written = ["old 0", "old 1", "old 2"]
    ids = {}
    for number, router in enumerate((old, new, new, old, new)):
        text = f"during {number}"
        ids[text] = await router.add(issue, text)
        written.append(text)
        # Each who asks next sees it, whichever subgraph answers.
        every = [
            await old.texts(issue),
            await new.texts(issue, OFF),
            await new.texts(issue, ON),
            *[await new.texts(issue) for _ in range(4)],
        ]
        assert every == [written] * len(every)

    # Changes are made by the new owner, to what either has written.
    for text in ("during 0", "during 1"):
        await new.ask(EDIT, id=ids[text], t=f"{text}, edited")
    await new.ask(DELETE, id=ids["during 2"])
    written = [f"{t}, edited" if t in ("during 0", "during 1") else t for t in written]
    written.remove("during 2")
    for labels in (ON, OFF):
        assert await new.texts(issue, labels) == written
    assert await old.texts(issue) == written


async def _a_list_is_read_on_by_the_other_subgraph(house: House, issue: str) -> None:
    """To the microsecond the same: a cursor of one is a place in the list of the other."""
    new = router_over(house.parts.values())
    for labels in ((OFF, ON), (ON, OFF)):
        found: list[Any] = []
        after = None
        for turn in range(4):
            given = {"id": issue, "first": 2, "after": after}
            page = (await new.ask(READ, labels[turn % 2], **given))["issue"]["comments"]
            found += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
        whole = await new.ask(READ, labels[0], id=issue, first=100)
        assert found == [edge["node"] for edge in whole["issue"]["comments"]["edges"]]


async def _comments_answer_alone(house: House, issue: str) -> None:
    """The last step: issues without the field, comments without ``@override``."""
    during = router_over(house.parts.values(), share=100)
    await during.add(issue, "the last")
    written = await during.texts(issue)
    sdls = {name: part.subgraph.schema.as_str() for name, part in house.parts.items()}
    sdl = {
        "issues": without_comments(sdls["issues"]),
        "comments": re.sub(r" @override\([^)]*\)", "", sdls["comments"]),
    }
    after = router_over(house.parts.values(), sdl=sdl)
    assert await after.texts(issue) == written
    await after.add(issue, "and on")
    assert await after.texts(issue) == [*written, "and on"]
    assert after.services(READ) == {"issues", "comments", "accounts"}
    assert after.services(ADD) == {"comments"}


async def test_nothing_that_was_acknowledged_is_missing_while_many_write(
    data_settings: DataSettings,
):
    async with before_the_move(data_settings) as (house, issue):
        acknowledged = ["old 0", "old 1", "old 2"]
        await move_in(house)
        old = router_over(house.without("comments"))
        new = router_over(house.parts.values(), share=50)
        is_over = asyncio.Event()

        async def write(number: int) -> None:
            await (old, new)[number % 2].add(issue, f"many {number}")
            acknowledged.append(f"many {number}")

        async def read(router: Router) -> int:
            count = 0
            while count == 0 or not is_over.is_set():
                before = list(acknowledged)
                found = await router.texts(issue, is_quiet=False)
                assert set(before) <= set(found)
                count += 1
            return count

        async with asyncio.TaskGroup() as group:
            for router in (old, new, new):
                group.create_task(read(router))
            await asyncio.gather(*(write(number) for number in range(20)))
            is_over.set()
        assert sorted(await new.texts(issue, ON)) == sorted(acknowledged)
        assert await new.texts(issue, OFF) == await new.texts(issue, ON)


def without_comments(sdl: str) -> str:
    """The SDL of issues once the move is over."""
    gone = r"(?m)^  (\"\"\"Oldest first\.\"\"\"\n  comments|addComment)\(.*\n"
    sdl, count = re.subn(gone, "", sdl)
    assert count == 2
    for kind in (
        "input AddCommentInput",
        "type AddCommentPayload",
        "type CommentConnection",
        "type CommentEdge",
    ):
        sdl, count = re.subn(rf"(?m)^{kind} [^}}]*}}\n", "", sdl)
        assert count == 1, kind
    return sdl


@pytest.mark.parametrize("stream", ["issues", "projects"])
async def test_a_subgraph_that_lags_refuses_to_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str
):
    """Rather than to leave out what is still on its way, or what it does not know the caller may
    see."""
    async with before_the_move(DataSettings(data_dir=tmp_path)) as (house, issue):
        await move_in(house)
        new = router_over(house.parts.values())
        comments = house.parts["comments"].context().storage
        monkeypatch.setattr("trellis.db.storage._CURRENT_SECONDS", 0.05)
        for consumer in comments._consumers:
            if consumer.stream == stream:
                await consumer.stop()
        await house.parts["issues"].ask(ADD, ADA, i={"issueId": issue, "content": "x"})
        await house.parts["projects"].ask(PROJECT, ADA)
        for field in ("comments { totalCount }", "commentCount"):
            operation = f"query($id: ID!) {{ issue(id: $id) {{ {field} }} }}"
            context = RequestContext(identity=ADA, request_id="moving")
            stages: Any = replace(new.supergraph, draw_labels=lambda: ON)
            given = await answer(GraphQLRequest(operation, {"id": issue}), context, stages)
            assert [error["extensions"]["code"] for error in given.errors] == [
                "SERVICE_UNAVAILABLE"
            ]
