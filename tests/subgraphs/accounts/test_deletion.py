"""Forgetting a person."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import LOGIN, log_in, refresh_code
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import PASSWORD, demo_id
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts.cleaning import clean

DELETE = "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }"
FORGOT = 'mutation { requestPasswordReset(email: "alan@example.com") { message } }'
MINE = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { id } } }"
ALAN = str(demo_id("user", "alan"))


async def everything(accounts: Running) -> str:
    """All that the database says, of all tables."""
    told = []
    async with accounts.context().storage.read() as session:
        for table in accounts.context().storage.metadata.tables:
            rows = await session.execute(text(f"select * from {table}"))
            told.append(str(rows.all()))
    return "\n".join(told)


async def delivered(accounts: Running) -> None:
    """Wait until the relay has delivered everything."""
    query = text("select count(*) from outbox where done_at is null")
    for _ in range(100):
        async with accounts.context().storage.read() as session:
            if (await session.execute(query)).scalar_one() == 0:
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the outbox did not empty")


@pytest.mark.parametrize("who", ["alan", "ada"])
async def test_nothing_of_a_deleted_person_is_left(accounts: Running, letters: Letters, who: str):
    token = (await log_in(accounts, "alan"))["refreshToken"]
    await accounts.ask(MINE, caller("alan"), i={"bio": "bombe", "city": "Wilmslow"})
    await accounts.ask(FORGOT)
    await letters.next()
    await delivered(accounts)
    assert "Wilmslow" in await everything(accounts)

    data = await accounts.ask(DELETE, caller(who), id=ALAN)
    assert data == {"deleteUser": {"deletedUserId": ALAN}}
    rest = (await everything(accounts)).lower()
    for trace in ("alan", "turing", "wilmslow", "bombe"):
        assert trace not in rest
    assert await refresh_code(accounts, token) == "REFRESH_TOKEN_EXPIRED"
    wish = {"email": "alan@example.com", "password": "trellis-demo"}
    assert (await accounts.refusal(LOGIN, i=wish))["code"] == "INVALID_CREDENTIALS"
    [event] = [e for e in await accounts.bus.read_after("accounts", "0", 100) if e.key == ALAN][-1:]
    assert (event.topic, event.payload["is_active"]) == ("user.deleted", False)


async def test_no_address_device_or_key_of_a_deleted_person_is_left(
    accounts: Running, letters: Letters
):
    request = RequestContext(
        identity=caller("alan"), client_address="192.0.2.77", user_agent="TuringBrowser/1"
    )

    async def ask(query: str, address: str = "192.0.2.77", **variables: Any) -> None:
        context = accounts.subgraph.make_context(replace(request, client_address=address))
        schema = accounts.subgraph.schema
        await schema.execute(query, variable_values=variables, context_value=context)

    sign_in = {"email": "alan@example.com", "password": PASSWORD}
    await ask(LOGIN, i=sign_in)
    await ask(LOGIN, "192.0.2.78", i=sign_in)
    await ask(LOGIN, i={**sign_in, "password": "wrong"})
    await ask('mutation { createApiKey(input: {name: "Bletchley", scopes: []}) { secret } }')
    await ask(
        "mutation($i: ChangeEmailInput!) { requestEmailChange(input: $i) { message } }",
        i={"newEmail": "enigma@example.com", "password": PASSWORD},
    )
    await ask("mutation($p: String) { setUpMfa(password: $p) { secret } }", p=PASSWORD)
    await letters.next(3)
    await delivered(accounts)
    traces = ("192.0.2.77", "192.0.2.78", "turingbrowser", "bletchley", "enigma@", "alan@")
    before = (await everything(accounts)).lower()
    assert [trace for trace in traces if trace not in before] == []

    await ask(DELETE, id=ALAN)
    after = (await everything(accounts)).lower()
    assert [trace for trace in traces if trace in after] == []
    check = await accounts.ask("{ auditLogBrokenAt auditLog { totalCount } }", caller("ada"))
    assert check == {"auditLogBrokenAt": None, "auditLog": {"totalCount": 7}}


async def test_events_that_were_late_are_forgotten_later(accounts: Running):
    await accounts.ask(MINE, caller("alan"), i={"bio": "b"})
    storage = accounts.context().storage
    await delivered(accounts)
    late = text("update outbox set done_at = null")
    async with storage.database.write() as session:
        await session.execute(late)
    await accounts.ask(DELETE, caller("ada"), id=ALAN)
    await delivered(accounts)
    assert "turing" in (await everything(accounts)).lower()
    async with storage.begin() as uow:
        await clean(uow.session, utc_now())
    assert "turing" not in (await everything(accounts)).lower()
    assert [e.topic for e in await accounts.bus.read_after("accounts", "0", 9)] == ["user.deleted"]


async def test_others_still_refer_to_a_deleted_person(accounts: Running):
    await accounts.ask(DELETE, caller("ada"), id=ALAN)
    [found] = await accounts.entities(
        caller("grace"), "... on User { displayName }", {"__typename": "User", "id": ALAN}
    )
    assert found == {"displayName": "Deleted user"}


async def test_a_deleted_person_is_neither_found_nor_listed(accounts: Running):
    """Requirement S4-STA-02: what is not there is 404, for administrators too."""
    await accounts.ask(DELETE, caller("ada"), id=ALAN)
    query = """query($id: ID!) {
      user(id: $id) { id } allUsers(first: 100) { edges { node { id } } } }"""
    found = await accounts.ask(query, caller("ada"), id=ALAN)
    assert found["user"] is None
    assert ALAN not in {edge["node"]["id"] for edge in found["allUsers"]["edges"]}


async def test_the_address_is_free_again(accounts: Running):
    await accounts.ask(DELETE, caller("alan"), id=ALAN)
    register = "mutation($i: RegisterInput!) { register(input: $i) { user { username } } }"
    wish = {"email": "alan@example.com", "password": "a long enough secret"}
    assert (await accounts.ask(register, i=wish))["register"]["user"] == {"username": "alan"}


@pytest.mark.parametrize(
    ("who", "whom", "code"),
    [
        ("grace", "alan", "FORBIDDEN"),
        ("hedy", "alan", "FORBIDDEN"),
        ("ada", "nobody", "NOT_FOUND"),
        ("ada", "ada", "CONFLICT"),
    ],
)
async def test_a_deletion_that_is_not_theirs_or_leaves_nobody_in_charge_is_refused(
    accounts: Running, who: str, whom: str, code: str
):
    before = await everything(accounts)
    id = str(demo_id("user", whom))
    assert (await accounts.refusal(DELETE, caller(who), id=id))["code"] == code
    assert await everything(accounts) == before


@pytest.mark.parametrize("shared", [None, 0, 1])
async def test_whoever_alone_administers_an_organization_stays_while_others_are_in_it(
    accounts: Running, shared: int | None
):
    """Whichever of their organizations that is."""
    create = (
        "mutation($n: String!) { createOrganization(input: {name: $n}) { organization { id } } }"
    )
    add = (
        "mutation($i: OrganizationMemberInput!) "
        "{ addOrganizationMember(input: $i) { member { role } } }"
    )
    made = [await accounts.ask(create, caller("alan"), n=name) for name in ("Bombe", "Ace")]
    if shared is None:
        data = await accounts.ask(DELETE, caller("alan"), id=ALAN)
        assert data == {"deleteUser": {"deletedUserId": ALAN}}
        return
    id = made[shared]["createOrganization"]["organization"]["id"]
    seat = {"organizationId": id, "userId": str(demo_id("user", "grace"))}
    await accounts.ask(add, caller("ada"), i=seat)
    assert (await accounts.refusal(DELETE, caller("alan"), id=ALAN))["code"] == "CONFLICT"


async def test_nobody_is_deleted_twice(accounts: Running):
    await accounts.ask(DELETE, caller("ada"), id=ALAN)
    assert (await accounts.refusal(DELETE, caller("ada"), id=ALAN))["code"] == "NOT_FOUND"
