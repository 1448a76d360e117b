"""Inviting people into an organization."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import topics
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.accounts.models import Invitation

INVITE = (
    "mutation($i: InviteInput!) { inviteToOrganization(input: $i) { invitation "
    "{ id email role organization { id } } } }"
)
ACCEPT = "mutation($t: String!) { acceptInvitation(token: $t) { organization { name role } } }"
WITHDRAW = "mutation($id: ID!) { withdrawInvitation(id: $id) { invitation { id } } }"
OPEN = "query($id: ID!) { organization(id: $id) { invitations { email role } } }"
ANALYTICAL = str(demo_id("organization", "analytical.example.com"))


async def invite(accounts: Running, email: str = "hedy@example.com", **more: Any) -> dict[str, Any]:
    wish = {"organizationId": ANALYTICAL, "email": email, **more}
    data = await accounts.ask(INVITE, caller("ada"), i=wish)
    return data["inviteToOrganization"]["invitation"]


async def test_whoever_is_invited_joins_with_the_role(accounts: Running, letters: Letters):
    invitation = await invite(accounts, role="ADMIN")
    assert invitation["organization"] == {"id": ANALYTICAL}
    letter = await letters.next()
    assert (letter.to, letter.subject) == ("hedy@example.com", "Join Analytical Engines")
    data = await accounts.ask(ACCEPT, caller("hedy"), t=await letters.token())
    assert data["acceptInvitation"]["organization"] == {
        "name": "Analytical Engines",
        "role": "ADMIN",
    }
    assert await topics(accounts) == ["organization.member_invited", "user.updated"]
    assert (await accounts.ask(OPEN, caller("ada"), id=ANALYTICAL))["organization"] == {
        "invitations": []
    }


async def test_an_invitation_is_for_its_address_only_and_once(accounts: Running, letters: Letters):
    await invite(accounts)
    token = await letters.token()
    assert (await accounts.refusal(ACCEPT, caller("tommy"), t=token))["code"] == "BAD_USER_INPUT"
    await accounts.ask(ACCEPT, caller("hedy"), t=token)
    assert (await accounts.refusal(ACCEPT, caller("hedy"), t=token))["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("who", "email", "code"),
    [
        ("alan", "hedy@example.com", "FORBIDDEN"),
        ("tommy", "hedy@example.com", "NOT_FOUND"),
        ("ada", "alan@example.com", "ALREADY_EXISTS"),
        ("ada", "not an address", "BAD_USER_INPUT"),
    ],
)
async def test_an_invitation_that_makes_no_sense_is_refused_and_not_mailed(
    accounts: Running, letters: Letters, who: str, email: str, code: str
):
    wish = {"organizationId": ANALYTICAL, "email": email}
    before = await kept(accounts)
    assert (await accounts.refusal(INVITE, caller(who), i=wish))["code"] == code
    assert letters.sent == []
    assert await kept(accounts) == before


async def test_an_invitation_is_good_for_a_week_and_not_withdrawn_once_it_is_accepted(
    accounts: Running, letters: Letters
):
    first = await invite(accounts)
    storage = accounts.context().storage
    async with storage.read() as session:
        row = await session.get_one(Invitation, UUID(first["id"]))
    assert row.expires_at - row.created_at == timedelta(days=7)

    await accounts.ask(ACCEPT, caller("hedy"), t=await letters.token())
    before = await kept(accounts)
    assert (await accounts.refusal(WITHDRAW, caller("ada"), id=first["id"]))["code"] == "NOT_FOUND"
    assert await kept(accounts) == before


async def test_withdrawing_twice_keeps_the_first_moment(accounts: Running):
    first = await invite(accounts)
    storage, moments = accounts.context().storage, []
    for _ in range(2):
        await accounts.ask(WITHDRAW, caller("ada"), id=first["id"])
        async with storage.read() as session:
            row = await session.get_one(Invitation, UUID(first["id"]))
        moments.append(row.withdrawn_at)
    assert moments[0] is not None
    assert moments[0] == moments[1]


async def test_whoever_is_a_member_by_then_keeps_the_old_role(accounts: Running, letters: Letters):
    await invite(accounts, role="ADMIN")
    add = (
        "mutation($i: OrganizationMemberInput!) "
        "{ addOrganizationMember(input: $i) { member { role } } }"
    )
    seat = {"organizationId": ANALYTICAL, "userId": str(demo_id("user", "hedy"))}
    await accounts.ask(add, caller("ada"), i=seat)
    data = await accounts.ask(ACCEPT, caller("hedy"), t=await letters.token())
    assert data["acceptInvitation"]["organization"]["role"] == "MEMBER"
    assert (await accounts.ask(OPEN, caller("ada"), id=ANALYTICAL))["organization"] == {
        "invitations": []
    }


async def test_an_address_is_invited_once_at_a_time(accounts: Running):
    first = await invite(accounts)
    wish = {"organizationId": ANALYTICAL, "email": "Hedy@example.com"}
    assert (await accounts.refusal(INVITE, caller("ada"), i=wish))["code"] == "ALREADY_EXISTS"
    await accounts.ask(WITHDRAW, caller("ada"), id=first["id"])
    await invite(accounts)


@pytest.mark.parametrize("statement", ["withdrawn_at", "expires_at"])
async def test_an_invitation_that_is_over_opens_nothing(
    accounts: Running, letters: Letters, statement: str
):
    await invite(accounts)
    token = await letters.token()
    async with accounts.context().storage.database.write() as session:
        moment = "2020-01-01 00:00:00+00:00"
        await session.execute(text(f"update invitations set {statement} = '{moment}'"))
    assert (await accounts.refusal(ACCEPT, caller("hedy"), t=token))["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(("who", "code"), [("alan", "FORBIDDEN"), ("hedy", "NOT_FOUND")])
async def test_only_administrators_see_and_withdraw_invitations(
    accounts: Running, who: str, code: str
):
    invitation = await invite(accounts)
    details = await accounts.answer(WITHDRAW, caller(who), id=invitation["id"])
    assert details.errors[0].extensions["code"] == code
    if code == "NOT_FOUND":
        assert details.errors[0].message == "There is no such invitation."
    mine = await accounts.answer(OPEN, caller("alan"), id=ANALYTICAL)
    assert mine.data["organization"]["invitations"] is None
    seen = (await accounts.ask(OPEN, caller("ada"), id=ANALYTICAL))["organization"]
    assert seen["invitations"] == [{"email": "hedy@example.com", "role": "MEMBER"}]
