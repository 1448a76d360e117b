"""Who comes while somebody else is changing the same thing waits, and then finds it changed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.postgres_locks import somebody_waits
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.accounts.errors import LastAdminStays, TooManyApiKeys
from trellis.subgraphs.accounts.models import (
    ApiKey,
    LinkPurpose,
    MailedLink,
    MembershipRole,
    OrganizationMember,
    Profile,
)
from trellis.subgraphs.accounts.use_cases import api_keys, deletion, links, organizations, sign_in
from trellis.subgraphs.accounts.use_cases.organizations import Seat
from trellis.subgraphs.accounts.use_cases.sign_in import Proof, Visit

ADA, GRACE, ALAN = (demo_id("user", name) for name in ("ada", "grace", "alan"))
ANALYTICAL = demo_id("organization", "analytical.example.com")

Work = Callable[[UnitOfWork], Awaitable[object]]


async def one_after_the_other(accounts: Running, first: Work, second: Work) -> object:
    """Let ``second`` begin before ``first`` has committed; what it gives in the end."""
    storage = accounts.context().storage

    async def later() -> object:
        async with storage.begin() as uow:
            return await second(uow)

    async with storage.begin() as uow:
        await first(uow)
        waiting = asyncio.create_task(later())
        await somebody_waits(storage.database)
    return await waiting


async def two_admins(accounts: Running) -> None:
    async with accounts.context().storage.begin() as uow:
        member = await uow.session.get_one(OrganizationMember, (ANALYTICAL, GRACE))
        member.role = MembershipRole.ADMIN


def as_member(id: UUID) -> Seat:
    return Seat(organization_id=ANALYTICAL, user_id=id, role=MembershipRole.MEMBER)


LEAVING: dict[str, tuple[Work, Work]] = {
    "dismissed": (
        lambda uow: organizations.change_member_role(uow, caller("ada"), as_member(ADA)),
        lambda uow: organizations.change_member_role(uow, caller("ada"), as_member(GRACE)),
    ),
    "put out": (
        lambda uow: organizations.remove_member(uow, caller("ada"), ANALYTICAL, ADA),
        lambda uow: organizations.remove_member(uow, caller("grace"), ANALYTICAL, GRACE),
    ),
    "deleted": (
        lambda uow: deletion.delete_user(uow, caller("ada"), ADA),
        lambda uow: deletion.delete_user(uow, caller("grace"), GRACE),
    ),
}


@pytest.mark.parametrize("way", LEAVING)
async def test_of_the_last_two_administrators_who_leave_at_once_one_stays(
    accounts: Running, way: str
):
    await two_admins(accounts)

    with pytest.raises(LastAdminStays):
        await one_after_the_other(accounts, *LEAVING[way])


async def test_the_last_key_is_made_once(accounts: Running):
    async with accounts.context().storage.begin() as uow:
        uow.session.add_all(
            ApiKey(user_id=ALAN, name="n", prefix="p", secret_hash=str(n), scopes=[])
            for n in range(api_keys.MOST_KEYS - 1)
        )

    async def create(uow: UnitOfWork) -> None:
        await api_keys.create_api_key(uow, caller("alan"), name="n", scopes=[], expires_at=None)

    with pytest.raises(TooManyApiKeys):
        await one_after_the_other(accounts, create, create)


async def test_the_last_letter_of_the_hour_is_written_once(accounts: Running):
    now = utc_now()
    async with accounts.context().storage.begin() as uow:
        uow.session.add_all(
            MailedLink(
                token_hash=str(n), user_id=ALAN, purpose=LinkPurpose.RESET_PASSWORD,
                email="alan@example.com", created_at=now, expires_at=now + timedelta(hours=1),
            )
            for n in range(2)
        )  # fmt: skip

    async def ask(uow: UnitOfWork) -> links.NewLink | None:
        return await links.make_reset_link(uow, "alan@example.com")

    assert await one_after_the_other(accounts, ask, ask) is None


async def test_two_sign_ins_of_one_person_both_open_a_session(accounts: Running):
    async def open_session(uow: UnitOfWork) -> str | None:
        proof = Proof(ALAN, None)
        opened = await sign_in.open_session(uow, proof, profile=Profile.GRAPHQL, visit=Visit())
        return opened.refresh_token

    assert await one_after_the_other(accounts, open_session, open_session) is not None
