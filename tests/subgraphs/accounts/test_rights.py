"""A change of rights ends older access tokens within seconds; refreshing gives a good one."""

import asyncio
from typing import Any

import pytest

from tests.subgraphs.accounts.signing_in import identity, log_in, refresh, refresh_code
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts.graph import make_subgraph

ALAN = str(demo_id("user", "alan"))
GRACE = str(demo_id("user", "grace"))
ANALYTICAL = str(demo_id("organization", "analytical.example.com"))
UPDATE = (
    "mutation($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) { user { id } } }"
)
PUT_OUT = (
    "mutation($i: OrganizationMemberInput!) "
    "{ removeOrganizationMember(input: $i) { removedUserId } }"
)
OUT_OF_TEAM = "mutation($i: TeamMemberInput!) { removeTeamMember(input: $i) { removedUserId } }"
SUBSCRIBE = (
    "mutation($i: ChangeSubscriptionInput!) "
    "{ changeSubscription(input: $i) { subscription { tier } } }"
)
MILLS = str(demo_id("team", "Mills"))

CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "roles": (UPDATE, {"id": ALAN, "i": {"roles": ["user", "moderator"]}}),
    "role": (UPDATE, {"id": ALAN, "i": {"role": "instructor"}}),
    "tier": (UPDATE, {"id": ALAN, "i": {"tier": "ENTERPRISE"}}),
    "subscription": (SUBSCRIBE, {"i": {"userId": ALAN, "tier": "ENTERPRISE"}}),
    "organization's subscription": (
        SUBSCRIBE,
        {"i": {"organizationId": ANALYTICAL, "tier": "BASIC"}},
    ),
    "organization": (PUT_OUT, {"i": {"organizationId": ANALYTICAL, "userId": ALAN}}),
    "team": (OUT_OF_TEAM, {"i": {"teamId": MILLS, "userId": ALAN}}),
}


async def is_revoked(accounts: Running, who: Identity) -> bool:
    assert accounts.subgraph.is_revoked is not None
    return await accounts.subgraph.is_revoked(who)


@pytest.mark.parametrize("change", CHANGES)
async def test_older_tokens_end_and_refreshed_ones_tell_the_new_rights(
    accounts_on_sqlite: Running, change: str
):
    accounts = accounts_on_sqlite
    session = await log_in(accounts, "alan")
    old = await identity(accounts, session["accessToken"])
    bystander = await identity(accounts, (await log_in(accounts, "hedy"))["accessToken"])
    assert not await is_revoked(accounts, old)

    mutation, variables = CHANGES[change]
    await accounts.ask(mutation, caller("ada"), **variables)
    assert await is_revoked(accounts, old)
    assert not await is_revoked(accounts, bystander)
    # Even within the second of the change.
    session = await refresh(accounts, session["refreshToken"])
    new = await identity(accounts, session["accessToken"])
    assert not await is_revoked(accounts, new)
    assert new.session_id == old.session_id
    tells = [(who.roles, who.scopes, who.tier, who.tenant_id, who.team_id) for who in (old, new)]
    assert tells[0] != tells[1]


async def test_changes_that_take_no_rights_end_nothing(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    old = await identity(accounts, (await log_in(accounts, "alan"))["accessToken"])
    await accounts.ask(UPDATE, caller("ada"), id=ALAN, i={"bio": "b", "roles": ["user"]})
    assert not await is_revoked(accounts, old)


async def test_a_disabled_person_is_out_and_back_only_by_signing_in_again(accounts: Running):
    session = await log_in(accounts, "alan")
    old = await identity(accounts, session["accessToken"])
    await accounts.ask(UPDATE, caller("ada"), id=ALAN, i={"isActive": False})
    assert accounts.subgraph.revocations is not None
    told = await accounts.subgraph.revocations()
    assert (told.users, told.sessions) == ({old.id}, {old.session_id})

    back = f'mutation {{ reactivateUser(id: "{ALAN}") {{ user {{ isActive }} }} }}'
    assert (await accounts.refusal(back, caller("grace")))["code"] == "FORBIDDEN"
    await accounts.ask(back, caller("ada"))
    assert await is_revoked(accounts, old)
    assert await refresh_code(accounts, session["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    new = await identity(accounts, (await log_in(accounts, "alan"))["accessToken"])
    assert not await is_revoked(accounts, new)


async def test_a_deleted_person_does_not_come_back(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    await accounts.ask(
        f'mutation {{ deleteUser(id: "{ALAN}") {{ deletedUserId }} }}', caller("ada")
    )
    for mutation in (
        f'mutation {{ reactivateUser(id: "{ALAN}") {{ user {{ id }} }} }}',
        f'mutation {{ updateUser(id: "{ALAN}", input: {{isActive: true}}) {{ user {{ id }} }} }}',
    ):
        assert (await accounts.refusal(mutation, caller("ada")))["code"] == "NOT_FOUND"


async def test_other_processes_learn_of_it_within_seconds(accounts: Running):
    other = make_subgraph(accounts.settings, accounts.bus)
    await other.start()
    try:
        assert other.is_revoked is not None
        assert other.revocations is not None
        old = await identity(accounts, (await log_in(accounts, "alan"))["accessToken"])
        await accounts.ask(UPDATE, caller("ada"), id=ALAN, i={"roles": ["user", "moderator"]})
        for _ in range(50):
            if await other.is_revoked(old):
                break
            await asyncio.sleep(0.1)
        assert await other.is_revoked(old)
        assert list((await other.revocations()).issued_before) == [old.id]
    finally:
        await other.stop()


async def test_sessions_ended_while_others_are_looked_for_stay_ended(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    sessions = [await identity(accounts, (await log_in(accounts))["accessToken"]) for _ in range(5)]
    grace = [{"roles": ["user", role]} for role in ("moderator", "instructor") * 3]
    await asyncio.gather(
        *(accounts.ask("mutation { logout { message } }", who) for who in sessions),
        *(accounts.ask(UPDATE, caller("ada"), id=GRACE, i=roles) for roles in grace),
    )
    assert all([await is_revoked(accounts, who) for who in sessions])
