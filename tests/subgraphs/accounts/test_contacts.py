"""What the domain that writes to people is told of how they can be reached."""

from typing import Any

from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.support.subgraphs import Running, caller
from trellis.db import migrate
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id, demo_world
from trellis.subgraphs.accounts.cleaning import clean

ALAN = str(demo_id("user", "alan"))
REGISTER = "mutation($i: RegisterInput!) { register(input: $i) { user { id } } }"
VERIFY = "mutation($t: String!) { verifyUser(token: $t) { user { id } } }"
MINE = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { id } } }"
DELETE = "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }"
CLOSE = "mutation($id: ID!) { deactivateUser(id: $id) { user { id } } }"
OPEN = "mutation($id: ID!) { reactivateUser(id: $id) { user { id } } }"


async def contacts(accounts: Running) -> list[dict[str, Any]]:
    events = await accounts.bus.read_after("accounts", "0", 1000)
    return [dict(one.payload) for one in events if one.topic == "contact.changed"]


async def test_an_address_is_told_once_it_is_confirmed(accounts: Running, letters: Letters):
    given = {"email": "mary@example.com", "password": "a-long-password"}
    id = (await accounts.ask(REGISTER, i=given))["register"]["user"]["id"]
    await accounts.ask(VERIFY, t=await letters.token())

    unknown, known = await contacts(accounts)
    switches = {"by_email": True, "by_push": False, "in_app": True}
    assert unknown == {"user_id": id, "version": 1, "email": None, **switches}
    assert known == {"user_id": id, "version": 2, "email": "mary@example.com", **switches}


async def test_the_switches_of_the_profile_are_told_and_nothing_else_of_it(accounts: Running):
    await accounts.ask(MINE, caller("alan"), i={"bio": "Machines"})
    assert await contacts(accounts) == []
    channels = {"email": False, "push": True}
    await accounts.ask(MINE, caller("alan"), i={"preferences": {"notifications": channels}})

    [told] = await contacts(accounts)
    assert (told["by_email"], told["by_push"], told["in_app"]) == (False, True, True)
    assert told["email"] == "alan@example.com"


async def test_a_closed_account_has_no_address(accounts: Running):
    await accounts.ask(CLOSE, caller("ada"), id=ALAN)
    await accounts.ask(OPEN, caller("ada"), id=ALAN)

    assert [one["email"] for one in await contacts(accounts)] == [None, "alan@example.com"]


async def test_no_other_event_and_no_list_has_an_address(accounts: Running):
    await accounts.ask(MINE, caller("alan"), i={"preferences": {"notifications": {"push": True}}})
    events = await accounts.bus.read_after("accounts", "0", 100)
    others = [str(one.payload) for one in events if one.topic != "contact.changed"]

    assert others != []
    assert not any("@example.com" in payload for payload in others)
    fields = "events(first: 50) { edges { node { eventType } } }"
    query = f"query($id: ID!) {{ user(id: $id) {{ {fields} }} }}"
    found = (await accounts.ask(query, caller("alan"), id=ALAN))["user"]["events"]["edges"]
    assert [edge["node"]["eventType"] for edge in found] == ["user.updated"]


async def test_a_deleted_person_has_no_address_in_the_log(accounts: Running):
    await accounts.ask(MINE, caller("alan"), i={"preferences": {"notifications": {"push": True}}})
    storage = accounts.context().storage
    await accounts.ask(DELETE, caller("ada"), id=ALAN)
    async with storage.database.write() as session:
        await session.execute(text("update outbox set done_at = 1 where done_at is null"))
    async with storage.begin() as uow:
        await clean(uow.session, utc_now())

    assert [one for one in await contacts(accounts) if one["user_id"] == ALAN] == []


async def test_those_who_were_here_before_are_told_by_the_migration(accounts: Running):
    storage = accounts.context().storage
    await migrate.downgrade(storage.database, storage.metadata, "0009")
    await migrate.upgrade(storage.database, storage.metadata)

    told = {one["user_id"]: one["email"] for one in await contacts(accounts)}
    assert told == {str(user.id): user.email for user in demo_world().users}
