"""What tasks and accounts announce, and what people are told of it: with both of them running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.notifications.idle import make_idle
from tests.support.subgraphs import EmptyLog, Running, caller, running
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph as make_accounts
from trellis.subgraphs.comments.graph import make_subgraph as make_comments
from trellis.subgraphs.notifications.posting import post_letters
from trellis.subgraphs.notifications.settings import NoticeSettings
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks

ENG, ALAN = str(demo_id("project", "ENG")), str(demo_id("user", "alan"))
CREATE = """mutation($i: CreateTaskInput!) { createTask(input: $i) { task { id } } }"""
ASSIGN = "mutation($id: ID!, $to: ID) { assignTask(id: $id, assigneeId: $to) { task { id } } }"
NEWEST = "{ notifications(first: 1) { edges { node { id type data event } } } }"
LIVE = "subscription { notificationReceived { type data } }"
COMMENT = "mutation($i: CreateCommentInput!) { createComment(input: $i) { comment { id } } }"
PEOPLE = ("edsger", "alan")
CHANNELS = """mutation($n: NotificationChannelsInput!) { updateMyProfile(
  input: {preferences: {notifications: $n}}) { user { notificationPreferences {
  email push inApp } } } }"""
SEEN = "{ notificationPreferences { channels { email push inApp } } }"


def _make_accounts(settings: DataSettings, bus: EventBus) -> Subgraph:
    return make_accounts(settings, bus, mailer=Letters(), passwords=cheap_passwords())


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[dict[str, Running]]:
    """Accounts, tasks and notifications on one bus."""
    bus = MemoryBus()
    await bus.connect()
    for absent in ("projects", "issues", "workflows", "comments", "timetracking", "files"):
        bus.attach(absent, EmptyLog())
    settings = DataSettings(data_dir=tmp_path)
    makers = {"accounts": _make_accounts, "tasks": make_tasks, "notifications": make_idle}
    async with AsyncExitStack() as stack:
        parts: dict[str, Running] = {}
        for name, make in makers.items():
            part = running(make, settings, bus=bus)
            parts[name] = await stack.enter_async_context(part)
        yield parts
    await bus.close()


async def newest(product: dict[str, Running], who: str = "alan") -> dict[str, Any]:
    found = await product["notifications"].ask(NEWEST, caller(who))
    return found["notifications"]["edges"][0]["node"]


async def test_an_assignment_in_tasks_is_told_at_once(product: dict[str, Running]):
    """In the list as soon as the change is answered, and to whoever listens (S0-EVT-01)."""
    notices, tasks = product["notifications"], product["tasks"]
    stream: Any = await notices.subgraph.schema.subscribe(
        LIVE, context_value=notices.context(caller("alan"))
    )
    async with aclosing(stream):
        pending = asyncio.ensure_future(anext(stream))
        made = await tasks.ask(CREATE, caller("grace"), i={"projectId": ENG, "title": "Oil it"})
        id = made["createTask"]["task"]["id"]
        await tasks.ask(ASSIGN, caller("grace"), id=id, to=ALAN)
        told = await newest(product)
        live = await asyncio.wait_for(pending, 5)

    data = {
        "task_id": id,
        "task_title": "Oil it",
        "project_id": ENG,
        "project_name": "Analytical Engine",
    }
    assert (told["type"], told["data"]) == ("task_assigned", data)
    events = await tasks.bus.read_after("tasks", "0", 100)
    [event] = [one.payload for one in events if one.topic == "task.assigned"]
    assert told["event"] == {name: v for name, v in event.items() if name != "version"}
    assert live.data["notificationReceived"] == {"type": "task_assigned", "data": data}


async def test_the_switches_of_the_profile_are_those_of_the_preferences(
    product: dict[str, Running],
):
    """Conflict C-34: what the flat forms write is the master switch of each channel."""
    accounts, notices, tasks = (product[name] for name in ("accounts", "notifications", "tasks"))
    written = {"email": False, "push": True, "inApp": True}
    answer = await accounts.ask(CHANNELS, caller("alan"), n=written)
    seen = await notices.ask(SEEN, caller("alan"))
    assert answer["updateMyProfile"]["user"]["notificationPreferences"] == written
    assert seen["notificationPreferences"]["channels"] == written

    given = {"projectId": ENG, "title": "Oil it", "assigneeId": ALAN}
    await tasks.ask(CREATE, caller("grace"), i=given)
    letters, later = Letters(), utc_now().replace(year=utc_now().year + 1)
    storage = notices.context().storage
    assert (await newest(product))["type"] == "task_assigned"
    assert await post_letters(storage, letters, NoticeSettings(), later) == 0

    await accounts.ask(CHANNELS, caller("alan"), n={"email": True})
    await tasks.ask(CREATE, caller("grace"), i=given)
    assert await post_letters(storage, letters, NoticeSettings(), later) == 1
    assert [letter.to for letter in letters.sent] == ["alan@example.com"]


async def test_of_a_deleted_person_nothing_is_kept(product: dict[str, Running]):
    accounts, notices, tasks = (product[name] for name in ("accounts", "notifications", "tasks"))
    given = {"projectId": ENG, "title": "Oil it", "assigneeId": str(demo_id("user", "grace"))}
    await tasks.ask(CREATE, caller("alan"), i=given)
    delete = "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }"
    await accounts.ask(delete, caller("ada"), id=ALAN)

    count = "{ notifications { totalCount } }"
    assert (await notices.ask(count, caller("alan")))["notifications"]["totalCount"] == 0
    told = await newest(product, "grace")
    assert told["data"]["task_title"] == "Oil it"
    async with notices.context().storage.read() as session:
        rows = (await session.execute(text("select email from contact"))).scalars()
        assert "alan@example.com" not in list(rows)


async def test_a_mention_in_a_comment_is_told_at_once(tmp_path: Path):
    bus = MemoryBus()
    await bus.connect()
    for absent in ("accounts", "projects", "issues", "workflows", "tasks", "timetracking", "files"):
        bus.attach(absent, EmptyLog())
    settings, issue = DataSettings(data_dir=tmp_path), str(demo_id("issue", "ENG-8"))
    given = {"subjectType": "ISSUE", "subjectId": issue, "content": "Look, @edsger"}
    async with (
        running(make_comments, settings, bus=bus) as comments,
        running(make_idle, settings, bus=bus) as notices,
    ):
        made = await comments.ask(COMMENT, caller("grace"), i=given)
        told = {name: await newest({"notifications": notices}, name) for name in PEOPLE}
    await bus.close()

    comment = made["createComment"]["comment"]["id"]
    data = {"comment_id": comment, "issue_id": issue, "issue_key": "ENG-8"}
    assert {name: (one["type"], one["data"]) for name, one in told.items()} == {
        "edsger": ("mentioned", data),
        "alan": ("comment_added", data),
    }
