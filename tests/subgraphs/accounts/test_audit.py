"""The audit log: complete, in order, and not to be changed unnoticed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.signing_in import LOGIN, log_in
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import PASSWORD, demo_id
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts.audit import hash_of_entry
from trellis.subgraphs.accounts.models import AuditEntry

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


async def refused(accounts: Running, who: str, *, password: str = "wrong") -> dict[str, Any]:
    """A login that fails, from an address; what the client is told."""
    wish = {"email": f"{who}@example.com", "password": password}
    request = RequestContext(request_id="req-2", client_address="192.0.2.7", user_agent="Browser/1")
    result = await accounts.subgraph.schema.execute(
        LOGIN,
        variable_values={"i": wish},
        context_value=accounts.subgraph.make_context(request),
    )
    assert result.errors
    return {"message": result.errors[0].message, **(result.errors[0].extensions or {})}


async def test_the_log_tells_administrators_why_a_login_was_refused_and_from_where(
    accounts_on_sqlite: Running,
):
    accounts = accounts_on_sqlite
    close = f'mutation {{ deactivateUser(id: "{demo_id("user", "grace")}") {{ user {{ id }} }} }}'
    await accounts.ask(close, caller("ada"))
    told = [
        await refused(accounts, "nobody"),
        await refused(accounts, "alan"),
        await refused(accounts, "grace", password=PASSWORD),
    ]
    assert told == [told[0]] * 3
    query = (
        "{ auditLog(first: 3) { edges { node { target result reason origin clientAddress "
        "requestId actor { id } } } } }"
    )
    log = (await accounts.ask(query, caller("ada")))["auditLog"]["edges"]
    unknown, alan, grace = (edge["node"] for edge in reversed(log))
    assert unknown.pop("target").startswith("login:")
    same = {
        "result": "refused",
        "origin": "Browser/1",
        "clientAddress": "192.0.2.7",
        "requestId": "req-2",
        "actor": None,
    }
    assert unknown == {"reason": "unknown_login", **same}
    expected = {"target": str(demo_id("user", "alan")), "reason": "wrong_password", **same}
    assert alan == expected
    assert grace == expected | {"target": str(demo_id("user", "grace")), "reason": "inactive"}


async def test_sessions_tell_where_they_were_opened_and_keys_what_they_did(
    accounts_on_sqlite: Running,
):
    accounts = accounts_on_sqlite
    request = RequestContext(client_address="2001:db8::1", user_agent="App/2")
    await accounts.subgraph.schema.execute(
        LOGIN,
        variable_values={"i": {"email": "alan@example.com", "password": PASSWORD}},
        context_value=accounts.subgraph.make_context(request),
    )
    sessions = await accounts.ask("{ sessions { userAgent clientAddress } }", caller("alan"))
    assert sessions["sessions"] == [{"userAgent": "App/2", "clientAddress": "2001:db8::1"}]

    service = replace(caller("alan"), kind="service", key_id="key-1", roles=frozenset())
    await accounts.ask(MINE, service, i={"bio": "by a program"})
    query = "{ auditLog(first: 1) { edges { node { action apiKeyId actor { username } } } } }"
    [edge] = (await accounts.ask(query, caller("ada")))["auditLog"]["edges"]
    assert edge["node"] == {
        "action": "user.updated",
        "apiKeyId": "key-1",
        "actor": {"username": "alan"},
    }


async def test_entries_from_before_details_were_hashed_apart_still_hold(
    accounts_on_sqlite: Running,
):
    accounts = accounts_on_sqlite
    old = AuditEntry(
        sequence=1,
        at=utc_now(),
        actor_id=None,
        action="user.login",
        target="x",
        result="done",
        request_id="r",
        origin="Browser/0",
        previous_hash="0" * 64,
        entry_hash="",
    )
    old.entry_hash = hash_of_entry(old)
    async with accounts.context().storage.database.write() as session:
        session.add(old)
    await refused(accounts, "alan")
    assert await broken_at(accounts) is None
    async with accounts.context().storage.database.write() as session:
        forged = text("update audit_log set client_address = '192.0.2.1' where sequence = 1")
        await session.execute(forged)
    assert await broken_at(accounts) == 1


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
        ("update audit_log set client_address = '192.0.2.9' where sequence = 2", 2),
        ("update audit_log set client_address = null where sequence = 2", 2),
        ("update audit_log set origin = 'another' where sequence = 2", 2),
        ("update audit_log set details_salt = null where sequence = 2", 2),
        ("update audit_log set details_hash = null where sequence = 2", 2),
        ("update audit_log set reason = 'unknown_login' where sequence = 2", 2),
        ("update audit_log set key_id = 'x' where sequence = 3", 3),
    ],
)
async def test_tampering_shows(accounts_on_sqlite: Running, statement: str, place: int):
    accounts = accounts_on_sqlite
    await log_in(accounts, "alan")
    await refused(accounts, "alan")
    for number in range(2):
        await accounts.ask(MINE, caller("alan"), i={"bio": str(number)})
    assert await broken_at(accounts) is None
    async with accounts.context().storage.database.write() as session:
        await session.execute(text(statement))
    assert await broken_at(accounts) == place
