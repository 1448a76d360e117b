"""What is left of a deleted person, in all tables of all subgraphs, and what an export tells."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from graphql import GraphQLObjectType
from sqlalchemy import func, select

from tests.subgraphs.tenants.callers import BOSS
from tests.subgraphs.tenants.domains import MEANINGS, NAMES
from tests.subgraphs.tenants.tenant import HERE, PEOPLE, THERE
from tests.subgraphs.tenants.world import World, shared_supergraph, world_of
from trellis.db.models import utc_now
from trellis.db.outbox import outbox_of
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts.cleaning import clean

MEMBER = HERE.caller("member")
PASSWORD = "the password of everybody"
PROJECT, ISSUE = str(HERE.id("project", 0)), str(HERE.id("issue", 1))

# The fields of PersonalData: the subgraphs that store something about people.
_PERSONAL_DATA = shared_supergraph()[0].schema.type_map["PersonalData"]
assert isinstance(_PERSONAL_DATA, GraphQLObjectType)
EXPORTED = tuple(_PERSONAL_DATA.fields)

# Everything by which somebody could be known again, old and new.
TRACES = (
    HERE.username("member"),
    HERE.email("member"),
    HERE.text("member"),
    "second.address@",
    "Wilmslow",
    "runs far",
    "+49 89 424242",
    "Bletchley laptop",
    "browser of member",
    "Sourdough",
)
WITH_THE_ID = {(name, table) for name in NAMES for table in MEANINGS[name].keeps_deleted}


async def live(world: World) -> None:
    """Leave as many traces as one can."""
    steps = (
        'mutation { updateMyProfile(input: {bio: "runs far", city: "Wilmslow", '
        'phone: "+49 89 424242"}) { user { id } } }',
        f'mutation {{ login(input: {{email: "{HERE.email("member")}", '
        f'password: "{PASSWORD}"}}) {{ user {{ id }} }} }}',
        'mutation { createApiKey(input: {name: "Bletchley laptop", scopes: []}) '
        "{ apiKey { id } } }",
        f'mutation {{ addComment(input: {{issueId: "{ISSUE}", content: "Well done"}}) '
        "{ comment { id } } }",
        *(
            f"mutation {{ createComment(input: {{subjectType: {kind}, "
            f'subjectId: "{id}", content: "By @{HERE.username("member")}"}}) '
            "{ comment { id } } }"
            for kind, id in (("PROJECT", PROJECT), ("ISSUE", ISSUE))
        ),
        f'mutation {{ sendMessage(input: {{channelId: "{HERE.id("channel")}", '
        f'content: "By @{HERE.username("member")}"}}) {{ message {{ id }} }} }}',
        f'mutation {{ addReaction(id: "{HERE.id("note")}", type: EYES) {{ comment {{ id }} }} }}',
        f'mutation {{ createIssue(input: {{projectId: "{PROJECT}", summary: "Mine"}}) '
        "{ issue { id } } }",
        'mutation { createTask(input: {title: "Sourdough"}) { task { id } } }',
        f'mutation {{ createTask(input: {{projectId: "{PROJECT}", title: "Shared"}}) '
        "{ task { id } } }",
        'mutation { createTimeEntry(input: {startedAt: "2021-05-01T09:00:00Z", '
        'endedAt: "2021-05-01T10:00:00Z", description: "Sourdough"}) { timeEntry { id } } }',
        'mutation { startTimer(input: {description: "Sourdough"}) { timeEntry { id } } }',
        f'mutation {{ createTimeEntry(input: {{projectId: "{PROJECT}", '
        'startedAt: "2021-05-02T09:00:00Z", endedAt: "2021-05-02T10:00:00Z"}) '
        "{ timeEntry { id } } }",
        f'mutation {{ executeTransition(input: {{workflowId: "{HERE.id("workflow")}", '
        f'issueId: "{HERE.id("issue")}", transitionId: "{HERE.id("workflow_transition")}"}}) '
        "{ execution { id } } }",
        f'mutation {{ setUpMfa(password: "{PASSWORD}") {{ enabled }} }}',
    )
    for step in steps:
        assert (await world.ask(step, MEMBER))["errors"] == [], step
    refused = 'mutation { login(input: {username: "%s", password: "x"}) { expiresIn } }'
    await world.ask(refused % HERE.username("member"), MEMBER)
    await be_invited(world, HERE.email("member"))
    await move(world, "second.address@example.com")


async def be_invited(world: World, email: str) -> None:
    invite = (
        "mutation($o: ID!, $e: String!) "
        "{ inviteToOrganization(input: {organizationId: $o, email: $e}) { invitation { id } } }"
    )
    made = await world.ask(
        'mutation { createOrganization(input: {name: "Another"}) { organization { id } } }', BOSS
    )
    another = made["data"]["createOrganization"]["organization"]["id"]
    assert (await world.ask(invite, BOSS, o=another, e=email))["errors"] == []


async def move(world: World, email: str) -> None:
    """To another address, by the letter that goes there."""
    request = (
        "mutation($e: String!, $p: String!) "
        "{ requestEmailChange(input: {newEmail: $e, password: $p}) { message } }"
    )
    assert (await world.ask(request, MEMBER, e=email, p=PASSWORD))["errors"] == []
    token = None
    async with asyncio.timeout(10):
        while token is None:
            await asyncio.sleep(0.02)
            texts = (letter.text for letter in world.letters.sent if letter.to == email)
            token = next((re.search(r"#token=(\S+)", text) for text in texts), None)
    confirm = "mutation($t: String!) { confirmEmailChange(token: $t) { user { email } } }"
    told = await world.ask(confirm, MEMBER, t=token[1])
    assert told["data"]["confirmEmailChange"]["user"] == {"email": email}


async def settle(world: World) -> None:
    """Wait until all events have been delivered and read, then clean as time would."""
    await until(lambda: nothing_waits(world))
    # What a reader takes in may announce something itself: until nobody has anything to tell.
    for _ in range(10):
        await everything_is_read(world)
        if await nothing_waits(world):
            break
        await until(lambda: nothing_waits(world))
    else:
        raise AssertionError("there are always more events")
    async with world.parts["accounts"].context().storage.begin() as uow:
        await clean(uow.session, utc_now())


async def until(is_done: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(600):
        if await is_done():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the events were not delivered and read")


async def nothing_waits(world: World) -> bool:
    for part in world.parts.values():
        storage = part.context().storage
        outbox = outbox_of(storage.metadata)
        statement = select(func.count()).select_from(outbox).where(outbox.c.done_at.is_(None))
        async with storage.read() as session:
            if (await session.execute(statement)).scalar_one():
                return False
    return True


async def everything_is_read(world: World) -> None:
    """Wait until all readers have taken in what all streams have."""
    for part in world.parts.values():
        storage = part.context().storage
        for stream in world.parts:
            await storage.catch_up(stream, timeout=60)


async def in_no_list(world: World, id: str) -> bool:
    """Whether no subgraph lists the person among the people of a project or a course."""
    lists = ("project_member", "enrollment", "learner")
    return all(table not in lists for _, table, _ in await world.rows([id]))


async def test_nothing_by_which_a_deleted_person_could_be_known_is_in_any_table(tmp_path: Path):
    async with world_of((HERE, THERE), DataSettings(data_dir=tmp_path)) as world:
        await live(world)
        id = str(MEMBER.id)
        every = [trace.lower() for trace in TRACES]
        there = str(await world.rows(every)).lower()
        assert [trace for trace in every if trace not in there] == []

        told = await world.ask(f'mutation {{ deleteUser(id: "{id}") {{ deletedUserId }} }}', MEMBER)
        assert told["errors"] == []
        await until(lambda: in_no_list(world, id))
        await settle(world)
        rest = await world.rows(every)
        assert sorted(rest) == []
        assert {(name, table) for name, table, _ in await world.rows([id])} == WITH_THE_ID


async def test_an_export_tells_of_nobody_else(tmp_path: Path):
    async with world_of((HERE, THERE), DataSettings(data_dir=tmp_path)) as world:
        for person in PEOPLE:
            told = await export(world, HERE.caller(person))
            others = [one for one in PEOPLE if one != person]
            marks = [HERE.email(one) for one in others] + [HERE.username(one) for one in others]
            found = [mark for mark in (*marks, *THERE.marks) if mark in told]
            assert found == [], person
            assert HERE.email(person) in told


async def test_an_export_has_what_each_subgraph_stores_about_the_person(tmp_path: Path):
    async with world_of((HERE, THERE), DataSettings(data_dir=tmp_path)) as world:
        await live(world)
        told = await export(world, MEMBER)
        mine = (HERE.username("member"), "Bletchley laptop", "Sourdough", "Well done", "Shared")
        assert [one for one in mine if one.lower() not in told] == []


async def export(world: World, caller: Identity) -> str:
    told = await world.ask(f"{{ exportMyData {{ {' '.join(EXPORTED)} }} }}", caller)
    assert told["errors"] == []
    return str(told["data"]).lower()
