"""The audit log: complete, in order, and not to be changed unnoticed."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from db.seed.world import PASSWORD, demo_id
from tests.subgraphs.accounts.signing_in import LOGIN, log_in
from tests.support.subgraphs import Running, caller

READ = (
    "query($n: Int, $a: String) { auditLog(first: $n, after: $a) { totalCount "
    "pageInfo { endCursor hasNextPage } edges { node { sequence action target result requestId "
    "actor { username } } } } }"
)
CHECK = "{ auditLogBrokenAt }"
MINE = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { id } } }"


async def entries(accounts: Running, **arguments: Any) -> list[dict[str, Any]]:
    log = (await accounts.ask(READ, caller("ada"), **arguments))["auditLog"]
    return [edge["node"] for edge in log["edges"]]


async def broken_at(accounts: Running) -> int | None:
    return (await accounts.ask(CHECK, caller("ada")))["auditLogBrokenAt"]


async def test_what_was_done_and_what_was_refused_is_told_the_newest_first(accounts: Running):
    await log_in(accounts, "alan")
    await accounts.ask(MINE, caller("alan"), i={"bio": "runs"})
    await accounts.answer(LOGIN, i={"email": "alan@example.com", "password": "wrong"})
    await accounts.answer(LOGIN, i={"email": "nobody@example.com", "password": "wrong"})
    told = [
        (entry["sequence"], entry["action"], entry["result"], entry["actor"])
        for entry in await entries(accounts)
    ]
    assert told == [
        (4, "user.login", "refused", None),
        (3, "user.login", "refused", None),
        (2, "user.updated", "done", {"username": "alan"}),
        (1, "user.login", "done", None),
    ]
    assert (await entries(accounts))[2]["target"] == str(demo_id("user", "alan"))
    assert {entry["requestId"] for entry in await entries(accounts)} == {"req-1"}


async def test_the_log_is_read_in_pages(accounts: Running):
    for number in range(5):
        await accounts.ask(MINE, caller("alan"), i={"bio": str(number)})
    first = (await accounts.ask(READ, caller("ada"), n=3))["auditLog"]
    rest = await entries(accounts, n=3, a=first["pageInfo"]["endCursor"])
    assert first["totalCount"] == 5
    assert [edge["node"]["sequence"] for edge in first["edges"]] == [5, 4, 3]
    assert [entry["sequence"] for entry in rest] == [2, 1]


@pytest.mark.parametrize("query", [READ, CHECK])
@pytest.mark.parametrize("who", ["alan", "grace"])
async def test_only_administrators_read_it(accounts: Running, query: str, who: str):
    assert (await accounts.refusal(query, caller(who)))["code"] == "FORBIDDEN"


async def test_no_password_and_no_login_name_is_in_it(accounts: Running):
    await accounts.answer(LOGIN, i={"email": PASSWORD, "password": PASSWORD})
    async with accounts.context().storage.read() as session:
        rows = str((await session.execute(text("select * from audit_log"))).all())
    assert PASSWORD not in rows


async def test_twenty_at_once_leave_one_unbroken_chain(accounts: Running):
    await asyncio.gather(
        *(
            accounts.answer(LOGIN, i={"email": f"x{n}@example.com", "password": "x"})
            for n in range(8)
        ),
        *(log_in(accounts, "alan") for _ in range(4)),
    )
    assert [entry["sequence"] for entry in await entries(accounts)] == list(range(12, 0, -1))
    assert await broken_at(accounts) is None


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update audit_log set result = 'done' where sequence = 2", 2),
        ("update audit_log set actor_id = null where sequence = 3", 3),
        ("update audit_log set at = '2020-01-01 00:00:00+00:00' where sequence = 1", 1),
        ("delete from audit_log where sequence = 2", 2),
        ("delete from audit_log where sequence = 1", 1),
        ("update audit_log set target = 'x', entry_hash = previous_hash where sequence = 4", 4),
    ],
)
async def test_tampering_shows(accounts: Running, statement: str, place: int):
    await log_in(accounts, "alan")
    await accounts.answer(LOGIN, i={"email": "alan@example.com", "password": "wrong"})
    for number in range(2):
        await accounts.ask(MINE, caller("alan"), i={"bio": str(number)})
    assert await broken_at(accounts) is None
    async with accounts.context().storage.database.write() as session:
        await session.execute(text(statement))
    assert await broken_at(accounts) == place
