"""Whom accounts announces can be chosen in projects."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.subgraphs import Running, caller, running
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.subgraphs.projects.graph import make_subgraph

ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"
ENG = str(demo_id("project", "ENG"))


class Accounts:
    """The stream of accounts, written by hand."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def read_after(self, cursor: str, limit: int) -> Sequence[Envelope]:
        return self.envelopes[int(cursor) : int(cursor) + limit]

    async def head(self) -> str:
        return str(len(self.envelopes))

    def tell(self, topic: str, user_id: UUID, **news: Any) -> Envelope:
        payload = {"user_id": str(user_id), **news}
        place = str(len(self.envelopes) + 1)
        envelope = Envelope(uuid4(), topic, str(user_id), payload, utc_now(), cursor=place)
        self.envelopes.append(envelope)
        return envelope


@pytest.fixture
async def projects(data_settings: DataSettings) -> AsyncIterator[Running]:
    async with running(make_subgraph, data_settings) as subgraph:
        yield subgraph


@pytest.fixture
def accounts(projects: Running) -> Accounts:
    stream = Accounts()
    projects.bus.attach("accounts", stream)
    return stream


async def add(projects: Running, user_id: UUID) -> str:
    wish = {"projectId": ENG, "userId": str(user_id)}
    result = await projects.answer(ADD, caller("ada"), i=wish)
    return result.errors[0].extensions["code"] if result.errors else "ok"


def state(version: int, organization: object, *, is_active: bool = True) -> dict[str, Any]:
    return {
        "version": version,
        "username": "somebody",
        "display_name": "Somebody",
        "avatar_url": None,
        "organization_id": str(organization) if organization else None,
        "roles": ["user"],
        "is_active": is_active,
    }


async def test_who_registers_and_joins_the_organization_can_be_let_in(
    projects: Running, accounts: Accounts
):
    newcomer, home = uuid4(), caller("ada").tenant_id
    news = [
        accounts.tell("user.created", newcomer, **state(1, None)),
        accounts.tell("user.login", newcomer, session_id="s"),
        accounts.tell("user.updated", newcomer, changed=["organization_id"], **state(1, home)),
    ]
    await projects.bus.publish("accounts", news)

    assert await add(projects, newcomer) == "ok"


@pytest.mark.parametrize("topic", ["user.deactivated", "user.deleted"])
async def test_who_is_gone_cannot_be_let_in(projects: Running, accounts: Accounts, topic: str):
    left, home = uuid4(), caller("ada").tenant_id
    news = [
        accounts.tell("user.created", left, **state(1, home)),
        accounts.tell(topic, left, **state(2, home, is_active=False)),
        accounts.tell("user.verified", left, **state(1, home)),  # late: an older state
    ]
    await projects.bus.publish("accounts", news)

    assert await add(projects, left) == "BAD_USER_INPUT"


async def test_who_was_never_heard_of_cannot_be_let_in(projects: Running, accounts: Accounts):
    assert await add(projects, uuid4()) == "BAD_USER_INPUT"


async def test_a_team_made_a_moment_ago_takes_projects(projects: Running, accounts: Accounts):
    query = "mutation($i: CreateProjectInput!) { createProject(input: $i) { project { id } } }"
    team, home = str(uuid4()), str(caller("ada").tenant_id)
    payload = {"team_id": team, "organization_id": home, "name": "New"}
    news = Envelope(uuid4(), "team.created", team, payload, utc_now(), cursor="1")
    accounts.envelopes.append(news)
    await projects.bus.publish("accounts", [news])

    await projects.ask(query, caller("ada"), i={"name": "Fresh", "teamId": team})


async def test_strangers_are_waited_for_like_nobody(projects: Running, accounts: Accounts):
    """However long the news of accounts takes to come: it is no sign of who is one."""
    stranger = uuid4()
    news = accounts.tell("user.created", stranger, **state(1, uuid4()))
    await projects.bus.publish("accounts", [news])
    await add(projects, uuid4())  # waits until the news is read
    asked: list[str] = []
    read_head = accounts.head

    async def head() -> str:
        asked.append("head")
        return await read_head()

    accounts.head = head
    for who in (stranger, uuid4()):
        await add(projects, who)
    assert len(asked) == 2


async def test_who_is_deleted_leaves_all_projects_but_those_they_own(
    projects: Running, accounts: Accounts
):
    grace = demo_id("user", "grace")  # owns COMP, member of ENG
    news = accounts.tell("user.deleted", grace, **state(7, None, is_active=False))
    await projects.bus.publish("accounts", [news])
    await add(projects, uuid4())  # waits until the news is read

    query = "query($k: String!) { projectByKey(key: $k) { members { user { id } } } }"
    for key, stays in (("ENG", False), ("COMP", True)):
        data = await projects.ask(query, caller("ada"), k=key)
        members = [member["user"]["id"] for member in data["projectByKey"]["members"]]
        assert (str(grace) in members) is stays
    [event] = await projects.bus.read_after("projects", "0", 10)
    assert (event.topic, event.payload["user_id"]) == ("project.member_removed", str(grace))
