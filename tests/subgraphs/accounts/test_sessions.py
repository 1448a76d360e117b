"""Listing and ending sessions, and what becomes of their access tokens."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import select

from tests.subgraphs.accounts.signing_in import identity, log_in, refresh, refresh_code, topics
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.subgraphs.accounts.cleaning import clean
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.models import Profile, RefreshToken, Session
from trellis.subgraphs.accounts.use_cases.sign_in import MOST_SESSIONS

LIST = "{ sessions { id profile isCurrent } }"
REVOKE = "mutation($id: ID!) { revokeSession(id: $id) { revokedSessionId } }"
REVOKE_ALL = "mutation($c: Boolean!) { revokeAllSessions(includeCurrent: $c) { revokedSessions } }"


async def test_people_list_their_open_sessions(accounts: Running):
    here = await log_in(accounts)
    await log_in(accounts, profile="LEARN")
    await log_in(accounts, "alan")
    caller = await identity(accounts, here["accessToken"])
    found = (await accounts.ask(LIST, caller))["sessions"]
    assert [(session["profile"], session["isCurrent"]) for session in found] == [
        ("LEARN", False),
        ("GRAPHQL", True),
    ]
    assert UUID(found[1]["id"]) == caller.session_id


async def test_one_session_is_ended_and_the_others_stay(accounts: Running):
    here, there = await log_in(accounts), await log_in(accounts)
    caller = await identity(accounts, here["accessToken"])
    other = str((await identity(accounts, there["accessToken"])).session_id)
    data = await accounts.ask(REVOKE, caller, id=other)
    assert data == {"revokeSession": {"revokedSessionId": other}}
    assert await refresh_code(accounts, there["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    await refresh(accounts, here["refreshToken"])
    assert len((await accounts.ask(LIST, caller))["sessions"]) == 1


@pytest.mark.parametrize(("include_current", "count", "left"), [(False, 2, 1), (True, 3, 0)])
async def test_all_sessions_are_ended_but_the_one_in_use(
    accounts: Running, include_current: bool, count: int, left: int
):
    here = await log_in(accounts)
    for _ in range(2):
        await log_in(accounts)
    caller = await identity(accounts, here["accessToken"])
    data = await accounts.ask(REVOKE_ALL, caller, c=include_current)
    assert data == {"revokeAllSessions": {"revokedSessions": count}}
    assert len((await accounts.ask(LIST, caller))["sessions"]) == left


async def test_nobody_ends_the_session_of_somebody_else(accounts: Running):
    mine, theirs = await log_in(accounts), await log_in(accounts, "alan")
    caller = await identity(accounts, mine["accessToken"])
    other = str((await identity(accounts, theirs["accessToken"])).session_id)
    for id in (other, "nonsense", "00000000-0000-0000-0000-000000000000"):
        assert (await accounts.refusal(REVOKE, caller, id=id))["code"] == "NOT_FOUND"
    assert await topics(accounts) == ["user.login", "user.login"]
    await refresh(accounts, theirs["refreshToken"])


async def test_of_too_many_sessions_the_one_used_longest_ago_gives_way(accounts: Running):
    first = await log_in(accounts)
    async with accounts.context().storage.begin() as uow:
        user_id = (await identity(accounts, first["accessToken"])).id
        assert user_id is not None
        later = utc_now() + timedelta(minutes=1)
        uow.session.add_all(
            Session(user_id=user_id, profile=Profile.TODO, last_used_at=later, expires_at=later)
            for _ in range(MOST_SESSIONS - 1)
        )
    last = await log_in(accounts)
    assert await refresh_code(accounts, first["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    await refresh(accounts, last["refreshToken"])
    caller = await identity(accounts, last["accessToken"])
    assert len((await accounts.ask(LIST, caller))["sessions"]) == MOST_SESSIONS


async def test_what_has_been_over_for_a_week_is_cleaned_away(accounts: Running):
    over, open_ = await log_in(accounts), await log_in(accounts)
    await accounts.ask(
        "mutation { logout { message } }", await identity(accounts, over["accessToken"])
    )

    async def rows_after(days: int) -> list[int]:
        async with accounts.context().storage.begin() as uow:
            await clean(uow.session, utc_now() + timedelta(days=days))
        async with accounts.context().storage.read() as session:
            counts = [select(func.count()).select_from(table) for table in (Session, RefreshToken)]
            return [(await session.scalars(count)).one() for count in counts]

    assert await rows_after(6) == [2, 2]
    assert await rows_after(8) == [1, 1]
    await refresh(accounts, open_["refreshToken"])
    assert await rows_after(98) == [0, 0]


async def test_the_access_token_of_an_ended_session_is_revoked_at_once(accounts: Running):
    here, there = await log_in(accounts), await log_in(accounts)
    caller = await identity(accounts, here["accessToken"])
    other = await identity(accounts, there["accessToken"])
    assert accounts.subgraph.is_revoked is not None
    assert [await accounts.subgraph.is_revoked(who) for who in (caller, other)] == [False, False]
    await accounts.ask("mutation { logout { message } }", caller)
    assert [await accounts.subgraph.is_revoked(who) for who in (caller, other)] == [True, False]


async def test_other_processes_learn_of_it(accounts: Running):
    other = make_subgraph(accounts.settings, accounts.bus)
    await other.start()
    try:
        caller = await identity(accounts, (await log_in(accounts))["accessToken"])
        assert other.is_revoked is not None
        assert not await other.is_revoked(caller)
        await accounts.ask("mutation { logout { message } }", caller)
        for _ in range(50):
            if await other.is_revoked(caller):
                break
            await asyncio.sleep(0.1)
        assert await other.is_revoked(caller)
    finally:
        await other.stop()


async def test_a_restart_forgets_no_ended_session(accounts: Running):
    caller = await identity(accounts, (await log_in(accounts))["accessToken"])
    await accounts.ask("mutation { logout { message } }", caller)
    again = make_subgraph(accounts.settings, accounts.bus)
    await again.start()
    try:
        assert again.is_revoked is not None
        assert await again.is_revoked(caller)
    finally:
        await again.stop()
