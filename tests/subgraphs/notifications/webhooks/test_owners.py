"""A webhook never tells its owner what they may not see, whatever has changed since it was made."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.notifications.receiver import receiving
from tests.subgraphs.notifications.telling import HOP
from tests.subgraphs.notifications.webhooks.world import (
    ENG,
    REDELIVER,
    UPDATE,
    World,
    issue_created,
    project_state,
    user,
    user_state,
)
from tests.support.subgraphs import caller
from trellis.db.seed.world import demo_id
from trellis.schema.events import accounts, projects
from trellis.subgraphs.notifications.webhooks.models import Reach
from trellis.subgraphs.notifications.webhooks.owners import reach_of

HOME = caller("grace").tenant_id
assert HOME is not None
ORBIT = demo_id("project", "ORBIT")
URL = "https://example.com/"


def without(*names: str, version: int = 5) -> projects.ProjectUpdated:
    """ENG as it is known once these people are no longer in it."""
    assert HOME is not None
    members = {"ada": "owner", "grace": "admin", "alan": "member", "katherine": "member"}
    left = {name: role for name, role in members.items() if name not in names}
    return projects.ProjectUpdated(
        project_id=ENG, version=version, state=project_state(HOME, **left), changed=("name",)
    )


def test_what_a_webhook_reaches_is_what_its_maker_sees():
    assert reach_of(caller("alan")) is Reach.MEMBER
    assert reach_of(caller("grace")) is Reach.ORGANIZATION
    assert reach_of(replace(caller("grace"), tenant_id=None)) is Reach.MEMBER
    assert reach_of(caller("ada")) is Reach.PLATFORM


async def test_only_members_and_administrators_are_told_of_a_project(both: World):
    people = ("grace", "alan", "ada", "hedy", "annie")
    hooks = {name: (await both.make(URL, name))["id"] for name in people}
    await both.hear(issue_created(1, ENG))
    await both.hear(issue_created(2, HOP))
    counts = {name: len(await both.log_of(id, name)) for name, id in hooks.items()}
    assert counts == {"grace": 1, "alan": 1, "ada": 2, "hedy": 1, "annie": 0}


async def test_who_leaves_a_project_is_not_sent_what_waited(both: World):
    async with receiving() as receiver:
        hook = await both.make(receiver, "alan")
        await both.hear(issue_created(1))
        await both.hear(without("alan"))
        both.work()
        await both.dropped(hook["id"], "alan")
        await both.hear(issue_created(2))
        assert await both.log_of(hook["id"], "alan") == []
        assert receiver.connections == 0


async def test_what_was_sent_is_not_sent_once_more_to_who_has_left(world: World):
    async with receiving() as receiver:
        hook = await world.make(receiver, "alan")
        world.work()
        await world.hear(issue_created(1))
        [entry] = await world.ended(hook["id"], who="alan")
        await world.hear(without("alan"))
        again = await world.running.ask(REDELIVER, caller("alan"), id=entry["id"])
        assert again["redeliverWebhook"]["delivery"]["status"] == "PENDING"
        assert await world.dropped(hook["id"], "alan", left=1) == [entry]
        assert len(receiver.requests) == 1


async def test_news_of_who_sees_what_may_come_after_the_event(world: World):
    """A delivery is looked at again for a while before it is dropped."""
    async with receiving() as receiver:
        hook = await world.make(receiver, "alan")
        await world.hear(issue_created(1))
        await world.hear(without("alan"))
        world.work()
        await asyncio.sleep(0)
        await world.hear(without(version=6))
        [entry] = await world.ended(hook["id"], who="alan")
    assert entry["status"] == "DELIVERED"


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"organization_id": uuid4()},
        {"roles": ()},
    ],
    ids=["deactivated", "in another organization", "administrator no more"],
)
async def test_what_an_owner_has_lost_counts_at_once(world: World, change: dict[str, Any]):
    async with receiving() as receiver:
        hook = await world.make(receiver, "ada")
        await world.hear(issue_created(1, HOP))
        await world.hear(accounts.UserUpdated(**user_state("ada", **change), changed=("roles",)))
        world.work()
        await world.dropped(hook["id"], "ada")
        assert receiver.connections == 0


async def test_who_looks_after_an_organization_is_told_of_all_its_projects(world: World):
    """Grace does, and is no member of ORBIT."""
    async with receiving() as receiver:
        hook = await world.make(receiver)
        await world.hear(issue_created(1, ORBIT))
        await world.hear(issue_created(2, HOP))
        world.work()
        [entry] = await world.ended(hook["id"])
        assert entry["status"] == "DELIVERED"

        await world.rest()
        await world.hear(issue_created(3, ORBIT))
        lost = user_state("grace", roles=("user",))
        await world.hear(accounts.UserUpdated(**lost, changed=("roles",)))
        world.work()
        assert await world.dropped(hook["id"], "grace", left=1) == [entry]
        assert len(receiver.requests) == 1


async def test_a_deleted_project_is_told_to_those_who_saw_it(both: World):
    assert HOME is not None
    async with receiving() as receiver:
        events = ["PROJECT_DELETED", "PROJECT_MEMBER_REMOVED"]
        hooks = [(await both.make(receiver, name, events=events))["id"] for name in ("alan", "ada")]
        other = await both.make(receiver, "hedy", events=events)
        state = project_state(HOME, ada="owner", alan="member")
        await both.hear(projects.ProjectDeleted(project_id=ENG, version=9, state=state))
        await both.hear(issue_created(1))
        both.work()
        for id, name in zip(hooks, ("alan", "ada"), strict=True):
            assert [one["status"] for one in await both.ended(id, who=name)] == ["DELIVERED"]
        assert await both.log_of(other["id"], "hedy") == []


async def test_who_is_removed_is_not_told_of_it_but_the_others_are(world: World):
    assert HOME is not None
    hooks = {
        name: (await world.make(URL, name, events=["PROJECT_MEMBER_REMOVED"]))["id"]
        for name in ("alan", "grace")
    }
    state = project_state(HOME, ada="owner", grace="admin")
    await world.hear(
        projects.ProjectMemberRemoved(project_id=ENG, version=5, state=state, user_id=user("alan"))
    )
    assert {name: len(await world.log_of(id, name)) for name, id in hooks.items()} == {
        "alan": 0,
        "grace": 1,
    }


async def test_people_are_told_of_within_their_organization(both: World):
    """A new account belongs to none yet: administrators of the platform alone hear of it."""
    events = ["USER_CREATED", "USER_UPDATED", "USER_DEACTIVATED"]
    async with receiving() as receiver:
        names = ("grace", "hedy", "ada")
        hooks = {n: (await both.make(receiver, n, events=events))["id"] for n in names}
        filtered = await both.make(
            receiver, "grace", events=events, filters={"projectId": str(ENG)}
        )
        new = user_state("grace", user_id=uuid4(), organization_id=None, username="new")
        await both.hear(accounts.UserCreated(**new))
        await both.hear(accounts.UserUpdated(**user_state("alan"), changed=("bio",)))
        both.work()
        for name, number in (("grace", 1), ("hedy", 0), ("ada", 2)):
            log = await both.ended(hooks[name], number, name)
            assert [one["status"] for one in log] == ["DELIVERED"] * number, name
        assert await both.log_of(filtered["id"]) == []


async def test_a_change_takes_the_rights_of_whoever_makes_it(world: World):
    """An administrator's webhook, changed with a token that is less."""
    hook = await world.make(URL, "ada")
    less = replace(caller("ada"), roles=frozenset({"user"}))
    await world.running.ask(UPDATE, less, id=hook["id"], i={"url": f"{URL}2"})
    await world.hear(issue_created(1, HOP))
    assert await world.log_of(hook["id"], "ada") == []


async def test_the_webhooks_of_a_key_end_with_it(world: World):
    key = uuid4()
    program = replace(caller("grace"), kind="service", key_id=str(key))
    hook = await world.make(URL, program)
    own = await world.make(URL)
    await world.hear(issue_created(1))
    revoked = accounts.ApiKeyRevoked(user_id=user("grace"), api_key_id=key, name="CI")
    await world.hear(revoked)
    query = "query($id: ID!) { webhook(id: $id) { active disabledReason } }"
    grace = caller("grace")
    assert (await world.running.ask(query, grace, id=hook["id"]))["webhook"] == {
        "active": False,
        "disabledReason": "KEY_REVOKED",
    }
    assert (await world.running.ask(query, grace, id=own["id"]))["webhook"]["active"]
    assert [one["status"] for one in await world.log_of(hook["id"])] == ["WITHHELD"]


async def test_who_is_deleted_leaves_neither_webhooks_nor_what_was_sent_about_them(both: World):
    """Alan's account, what he did, and what was given to him."""
    katherine = accounts.UserUpdated(**user_state("katherine"), changed=("bio",))
    async with receiving() as receiver:
        hook = await both.make(receiver, "alan")
        other = await both.make(receiver, "grace", events=["USER_UPDATED", "ISSUE_CREATED"])
        await both.hear(accounts.UserUpdated(**user_state("alan"), changed=("bio",)))
        await both.hear(issue_created(1))
        await both.hear(katherine, by="alan")
        await both.hear(katherine)
        both.work()
        await both.ended(other["id"], 4)
        await both.hear(accounts.UserDeleted(**user_state("alan", version=9, roles=())))
        [left] = await both.log_of(other["id"])
        assert left["event"] == "user.updated"
        query = "query($id: ID!) { webhook(id: $id) { id } }"
        assert (await both.running.ask(query, caller("alan"), id=hook["id"]))["webhook"] is None


async def test_an_event_of_a_project_that_is_not_known_yet_is_tried_again(world: World):
    """The news of the project comes while the event waits."""
    new = UUID(int=ENG.int ^ 3)
    assert HOME is not None
    hook = await world.make(URL, "ada")
    heard = asyncio.create_task(world.hear(issue_created(1, new)))
    state = project_state(HOME, grace="owner")
    await asyncio.sleep(0.02)
    await world.hear(projects.ProjectCreated(project_id=new, version=1, state=state))
    await heard
    assert len(await world.log_of(hook["id"], "ada")) == 1
