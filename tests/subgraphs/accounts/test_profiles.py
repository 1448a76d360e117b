"""Profiles are kept for an hour (S0-CACHE-01), and never longer than they are true."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import log_in
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller, running
from tests.support.templates import copy_of_folder
from trellis.db.bus import EventBus
from trellis.db.outbox import outbox_of
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts import profiles as module
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.profiles import Profiles

ADA, ALAN, GRACE, HEDY = (caller(name) for name in ("ada", "alan", "grace", "hedy"))
IDS = {name: demo_id("user", name) for name in ("ada", "alan", "grace", "hedy")}
HOME = str(demo_id("organization", "analytical.example.com"))
USER = "query($id: ID!) { user(id: $id) { displayName isActive lastLoginAt } }"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def two(
    accounts_folder: DataSettings, tmp_path: Path
) -> AsyncIterator[tuple[Running, Running]]:
    """Two workers over one database, which hear of one another by nothing else."""

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=Letters(), passwords=cheap_passwords())

    settings = copy_of_folder(accounts_folder, tmp_path)
    async with (
        running(make, settings, fresh=False) as one,
        running(make, settings, fresh=False) as other,
    ):
        yield one, other


async def read_of(accounts: Running, who: Any, query: str, **variables: Any) -> tuple[Any, int]:
    """An answer, and in how many statements people were read for it."""
    with statements() as seen:
        found = await accounts.ask(query, who, **variables)
    return found, sum(" FROM users" in one.replace("\n", " ") for one in seen)


async def test_a_profile_is_read_once(accounts: Running):
    for expected in (1, 0, 0):
        found, reads = await read_of(accounts, ALAN, "{ me { displayName email } }")
        assert found == {"me": {"displayName": "Alan Turing", "email": "alan@example.com"}}
        assert reads == expected


async def test_a_stranger_costs_what_nobody_costs(accounts: Running):
    """Else the time would tell that there is somebody, whom others have looked at."""
    nobody = str(UUID(int=1))
    for who, id in ((ADA, str(IDS["hedy"])), (ALAN, str(IDS["alan"]))):
        await accounts.ask(USER, who, id=id)  # both are kept now

    told = [await read_of(accounts, ALAN, USER, id=id) for id in (str(IDS["hedy"]), nobody)]

    assert told == [({"user": None}, 1), ({"user": None}, 1)]


RENAME = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { id } } }"
CLOSE = "mutation($id: ID!) { deactivateUser(id: $id) { user { id } } }"
DELETE = "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }"
LEAVE = """mutation($i: OrganizationMemberInput!) {
  removeOrganizationMember(input: $i) { removedUserId }
}"""


@pytest.mark.parametrize(
    ("change", "who", "variables", "shown"),
    [
        (RENAME, GRACE, {"i": {"displayName": "Amazing Grace"}}, ("Amazing Grace", True)),
        (CLOSE, ADA, {"id": str(IDS["grace"])}, ("Grace Hopper", False)),
        (DELETE, ADA, {"id": str(IDS["grace"])}, None),
    ],
    ids=["renamed", "deactivated", "deleted"],
)
async def test_a_change_at_one_worker_is_seen_at_another_at_once(
    two: tuple[Running, Running],
    change: str,
    who: Any,
    variables: Any,
    shown: tuple[str, bool] | None,
):
    for accounts in two:
        before = (await accounts.ask(USER, ADA, id=str(IDS["grace"])))["user"]
        assert (before["displayName"], before["isActive"]) == ("Grace Hopper", True)
    await two[0].ask(change, who, **variables)
    for accounts in two:
        found = (await accounts.ask(USER, ADA, id=str(IDS["grace"])))["user"]
        assert (found and (found["displayName"], found["isActive"])) == shown


async def test_a_sign_in_is_seen_in_the_profile(two: tuple[Running, Running]):
    one, other = two
    assert (await other.ask(USER, ADA, id=str(IDS["ada"])))["user"]["lastLoginAt"] is None
    await log_in(one, "ada")
    assert (await other.ask(USER, ADA, id=str(IDS["ada"])))["user"]["lastLoginAt"] is not None


async def test_who_leaves_an_organization_is_a_stranger_there_at_once(
    two: tuple[Running, Running],
):
    one, other = two
    name = "query($id: ID!) { user(id: $id) { email } }"
    assert (await other.ask(name, ALAN, id=str(IDS["grace"])))["user"] is not None
    seat = {"organizationId": HOME, "userId": str(IDS["grace"]), "role": "MEMBER"}
    await one.ask(LEAVE, GRACE, i=seat)
    assert (await other.ask(name, ALAN, id=str(IDS["grace"])))["user"] is None
    assert (await other.ask(name, GRACE, id=str(IDS["alan"])))["user"] is None


class Kept:
    """Profiles of their own over the database of a running subgraph."""

    def __init__(self, accounts: Running, **options: Any) -> None:
        self.storage: Storage = accounts.context().storage
        self.clock = Clock()
        outbox = outbox_of(self.storage.metadata)
        self.profiles = Profiles(outbox, clock=self.clock, **options)

    async def reads(self, *names: str) -> bool:
        """Whether people are read from the database to find those of these names."""
        ids = [IDS[name] for name in names]
        with statements() as seen:
            async with self.storage.read() as session:
                found = await self.profiles.users_by_id(session, ADA, ids)
        assert [one and one.row.username for one in found] == [*names]
        return any("FROM users" in one for one in seen)


async def test_an_hour_is_the_longest(accounts_on_sqlite: Running):
    kept = Kept(accounts_on_sqlite)
    assert await kept.reads("ada", "alan")
    kept.clock.now += 3_599
    assert not await kept.reads("alan", "ada")
    kept.clock.now += 1
    assert await kept.reads("alan")


async def test_those_not_asked_for_longest_give_way(accounts_on_sqlite: Running):
    kept = Kept(accounts_on_sqlite, most=3)
    for name in ("ada", "alan", "grace"):
        assert await kept.reads(name)
    assert not await kept.reads("alan")
    assert await kept.reads("hedy")
    assert [await kept.reads(name) for name in ("ada", "alan", "hedy", "grace")] == [
        False,  # she asks, so she is needed each time
        False,
        False,
        True,
    ]


async def test_after_much_news_everything_is_read_anew(
    accounts_on_sqlite: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_MOST_NEWS", 2)
    kept = Kept(accounts_on_sqlite)
    await kept.reads("ada", "hedy")
    for count, anew in ((2, False), (3, True)):
        for number in range(count):
            wish = {"displayName": f"Grace {count} {number}"}
            await accounts_on_sqlite.ask(RENAME, GRACE, i=wish)
        assert await kept.reads("hedy") is anew
    assert not await kept.reads("hedy")


async def test_what_was_read_before_a_change_that_others_have_seen_is_not_kept(
    accounts_on_sqlite: Running, monkeypatch: pytest.MonkeyPatch
):
    """One reads the old profile, another sees the event, and only then the first would keep it."""
    kept = Kept(accounts_on_sqlite)
    await kept.reads("ada")
    read = module._read

    async def read_late(session: Any, ids: Any) -> Any:
        found = await read(session, ids)
        monkeypatch.undo()
        await accounts_on_sqlite.ask(RENAME, GRACE, i={"displayName": "Amazing Grace"})
        await kept.reads("hedy")
        return found

    monkeypatch.setattr(module, "_read", read_late)
    assert await kept.reads("grace")
    async with kept.storage.read() as session:
        [found] = await kept.profiles.users_by_id(session, ADA, [IDS["grace"]])
    assert found is not None and found.row.display_name == "Amazing Grace"


async def test_no_hash_of_a_password_is_kept(accounts_on_sqlite: Running):
    kept = Kept(accounts_on_sqlite)
    async with kept.storage.read() as session:
        [found] = await kept.profiles.users_by_id(session, ADA, [IDS["grace"]])
    assert found is not None and "password_hash" not in found.row.__dict__
