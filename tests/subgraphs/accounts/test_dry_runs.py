"""Dry runs of mutations of accounts leave nothing, not even a counted try."""

from typing import Any

import pytest

from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id

ADA, GRACE = caller("ada"), caller("grace")
UPDATE = (
    "mutation($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) { user { id } } }"
)
CREATE = "mutation($i: CreateUserInput!) { createUser(input: $i) { user { id } } }"
FOUND = "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) { __typename } }"
DISABLE = "mutation($i: DisableMfaInput!) { disableMfa(input: $i) { __typename } }"
NEW = {"email": "new@example.com", "username": "newcomer", "password": "a-long-password-1"}
ID = str(demo_id("user", "alan"))


@pytest.mark.parametrize(
    ("query", "variables", "who", "code"),
    [
        (UPDATE, {"id": ID, "i": {"bio": "x"}}, ADA, "DRY_RUN"),
        (UPDATE, {"id": ID, "i": {"bio": "x"}}, GRACE, "FORBIDDEN"),
        (CREATE, {"i": NEW}, ADA, "DRY_RUN"),
        (CREATE, {"i": NEW}, GRACE, "FORBIDDEN"),
        (CREATE, {"i": {**NEW, "username": "ada"}}, ADA, "ALREADY_EXISTS"),
        (FOUND, {"i": {"name": "N", "domain": "n.example.com"}}, GRACE, "DRY_RUN"),
        (DISABLE, {"i": {"password": "wrong", "code": "123456"}}, GRACE, "DRY_RUN"),
    ],
    ids=["update", "update-others", "create", "create-no-admin", "create-again", "found", "mfa"],
)
async def test_nothing_is_left_of_a_dry_run(
    accounts: Running, query: str, variables: dict[str, Any], who: Any, code: str
):
    before = await kept(accounts)
    told = await accounts.dry_run(query, who, **variables)
    assert told["code"] == code
    assert await kept(accounts) == before
