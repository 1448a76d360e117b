"""Who somebody would sign in as, for the tools of whoever runs the graph."""

from dataclasses import replace

import pytest

from tests.subgraphs.accounts.signing_in import identity, log_in
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity

DEACTIVATE = (
    "mutation($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) { user { id } } }"
)


async def find(accounts: Running, name: str) -> Identity | None:
    assert accounts.subgraph.find_caller is not None
    return await accounts.subgraph.find_caller(name)


@pytest.mark.parametrize("name", ["alan", "ALAN", "alan@example.com", " Alan@Example.com "])
async def test_people_are_found_by_username_and_by_address(accounts: Running, name: str):
    found = await find(accounts, name.strip())
    assert found is not None
    assert (found.username, found.id) == ("alan", demo_id("user", "alan"))


@pytest.mark.parametrize("username", ["ada", "alan", "grace", "hedy", "tommy"])
async def test_they_have_the_rights_that_signing_in_gives(
    accounts_on_sqlite: Running, username: str
):
    token = (await log_in(accounts_on_sqlite, username))["accessToken"]
    signed_in = await identity(accounts_on_sqlite, token)
    found = await find(accounts_on_sqlite, username)
    assert found is not None
    known = {name: getattr(signed_in, name) for name in OF_PERSON}
    assert {name: getattr(found, name) for name in OF_PERSON} == known
    assert (found.token_id, found.expires_at) == (None, None)  # there is no token


OF_PERSON = ("id", "username", "roles", "scopes", "tenant_id", "team_id", "tier")


@pytest.mark.parametrize("name", ["mallory", "", "alan'--", "alan@example", "%", "a" * 10_000])
async def test_nobody_else_is_found(accounts_on_sqlite: Running, name: str):
    assert await find(accounts_on_sqlite, name) is None


async def test_whoever_may_not_sign_in_any_more_is_nobody(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    id = str(demo_id("user", "alan"))
    admin = replace(caller("ada"), scopes=frozenset({"admin:users"}))
    await accounts.ask(DEACTIVATE, admin, id=id, i={"isActive": False})
    assert await find(accounts, "alan") is None
