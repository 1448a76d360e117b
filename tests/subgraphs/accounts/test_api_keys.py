"""Programs that act in somebody's name."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import topics
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts.models import ApiKey
from trellis.subgraphs.accounts.use_cases.api_keys import is_usable, note_use, was_long_unused

KEY = "id name prefix scopes createdAt expiresAt lastUsedAt revokedAt isActive"
CREATE = (
    "mutation($i: CreateApiKeyInput!) { createApiKey(input: $i) "
    f"{{ secret apiKey {{ {KEY} }} }} }}"
)
REVOKE = f"mutation($id: ID!) {{ revokeApiKey(id: $id) {{ apiKey {{ {KEY} }} }} }}"
LIST = f"{{ apiKeys {{ {KEY} }} }}"
UPDATE = (
    "mutation($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) { user { id } } }"
)
ALAN = str(demo_id("user", "alan"))
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
NAMED: dict[str, Any] = {"user_id": UUID(ALAN), "name": "k", "prefix": "p"}


async def create(accounts: Running, who: str = "alan", **wish: Any) -> dict[str, Any]:
    given = {"name": "build server", "scopes": ["read:projects", "read:profile"], **wish}
    return (await accounts.ask(CREATE, caller(who), i=given))["createApiKey"]


async def verify(accounts: Running, secret: str) -> Identity | None:
    assert accounts.subgraph.verify_api_key is not None
    return await accounts.subgraph.verify_api_key(secret)


async def known(accounts: Running, secret: str) -> Identity:
    found = await verify(accounts, secret)
    assert found is not None
    return found


async def test_a_key_is_shown_once_and_proves_a_service_from_then_on(
    accounts: Running, letters: Letters
):
    made = await create(accounts, expiresAt="2100-01-01T00:00:00Z")
    key, secret = made["apiKey"], made["secret"]
    assert key["prefix"] == secret[:12] == "trk_" + secret[4:12]
    assert len(secret) == 47
    alan = caller("alan")
    assert replace(await known(accounts, secret), issued_at=None) == Identity(
        id=alan.id,
        username="alan",
        scopes=frozenset({"read:profile", "read:projects"}),
        tenant_id=alan.tenant_id,
        team_id=demo_id("team", "Mills"),
        tier=(await known(accounts, secret)).tier,
        expires_at=int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()),
        kind="service",
        key_id=key["id"],
    )
    [listed] = (await accounts.ask(LIST, alan))["apiKeys"]
    assert listed | {"lastUsedAt": None} == key
    letter = await letters.next()
    assert (letter.to, letter.subject) == ("alan@example.com", "A new API key")
    assert secret not in letter.text
    assert await topics(accounts) == ["api_key.created"]


async def test_the_secret_is_nowhere_in_the_database(accounts: Running):
    secret = (await create(accounts))["secret"]
    storage = accounts.context().storage
    async with storage.read() as session:
        for table in storage.metadata.tables:
            assert secret not in str((await session.execute(text(f"select * from {table}"))).all())


@pytest.mark.parametrize("change", ["", "x", "trk_", "trk_" + "a" * 43, "\x00", "a" * 100_000, "é"])
async def test_other_texts_prove_nobody(accounts_on_sqlite: Running, change: str):
    secret = (await create(accounts_on_sqlite))["secret"]
    assert await verify(accounts_on_sqlite, change) is None
    assert await verify(accounts_on_sqlite, secret + change) is None or change == ""
    assert await verify(accounts_on_sqlite, secret.upper()) is None


async def test_a_revoked_key_is_over_at_once_everywhere(accounts: Running):
    made = await create(accounts)
    service = await known(accounts, made["secret"])
    assert accounts.subgraph.is_revoked is not None
    assert accounts.subgraph.revocations is not None
    assert not await accounts.subgraph.is_revoked(service)

    for _ in range(2):
        answer = await accounts.ask(REVOKE, caller("alan"), id=made["apiKey"]["id"])
        assert answer["revokeApiKey"]["apiKey"]["isActive"] is False
    assert await verify(accounts, made["secret"]) is None
    assert await accounts.subgraph.is_revoked(service)
    assert (await accounts.subgraph.revocations()).keys == {service.key_id}
    assert await topics(accounts) == ["api_key.created", "api_key.revoked"]


async def test_an_expired_key_is_over(accounts: Running):
    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    secret = (await create(accounts, expiresAt=soon.isoformat()))["secret"]
    await asyncio.sleep(0.3)
    assert await verify(accounts, secret) is None


async def test_a_key_is_worth_no_more_than_its_owner(accounts: Running):
    """Rights that the owner loses are lost to the key, and come back with them."""
    secret = (await create(accounts, "ada", scopes=["admin:projects", "read:issues"]))["secret"]
    ada = str(demo_id("user", "ada"))
    service = await known(accounts, secret)
    assert service.scopes == {"admin:projects", "delete:projects", "read:issues"}
    assert not service.is_admin

    await accounts.ask(UPDATE, caller("ada"), id=ada, i={"roles": ["user"]})
    assert (await known(accounts, secret)).scopes == {"read:issues"}
    assert accounts.subgraph.is_revoked is not None
    assert await accounts.subgraph.is_revoked(service)
    assert not await accounts.subgraph.is_revoked(await known(accounts, secret))
    await accounts.ask(UPDATE, caller("ada"), id=ada, i={"isActive": False})
    assert await verify(accounts, secret) is None
    await accounts.ask(UPDATE, caller("ada"), id=ada, i={"isActive": True, "roles": ["admin"]})
    assert (await known(accounts, secret)).scopes == service.scopes


@pytest.mark.parametrize(
    ("who", "wish", "code"),
    [
        ("alan", {"scopes": ["admin:projects"]}, "FORBIDDEN"),
        ("alan", {"scopes": ["read:everything"]}, "BAD_USER_INPUT"),
        ("alan", {"scopes": ["admin"]}, "BAD_USER_INPUT"),
        ("alan", {"name": " "}, "BAD_USER_INPUT"),
        ("alan", {"name": "n" * 101}, "BAD_USER_INPUT"),
        ("alan", {"expiresAt": "2020-01-01T00:00:00Z"}, "BAD_USER_INPUT"),
        ("alan", {"scopes": ["read:projects"] * 101}, "BAD_USER_INPUT"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(
    accounts_on_sqlite: Running, who: str, wish: dict[str, Any], code: str
):
    given = {"name": "n", "scopes": [], **wish}
    refusal = await accounts_on_sqlite.refusal(CREATE, caller(who), i=given)
    assert refusal["code"] == code
    assert await topics(accounts_on_sqlite) == []


async def test_a_token_with_fewer_scopes_gives_no_more_than_it_has(accounts_on_sqlite: Running):
    narrow = caller("alan", without="read:issues")
    wish = {"name": "n", "scopes": ["read:issues"]}
    refusal = await accounts_on_sqlite.refusal(CREATE, narrow, i=wish)
    assert refusal == {"code": "FORBIDDEN", "scopes": ["read:issues"]}


async def test_keys_are_nobody_elses_business_but_an_administrators(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    id = (await create(accounts))["apiKey"]["id"]
    assert (await accounts.ask(LIST, caller("grace")))["apiKeys"] == []
    assert (await accounts.refusal(REVOKE, caller("grace"), id=id))["code"] == "NOT_FOUND"
    assert (await accounts.refusal(REVOKE, caller("ada"), id="x"))["code"] == "NOT_FOUND"
    await accounts.ask(REVOKE, caller("ada"), id=id)


async def test_there_is_a_limit_to_the_keys_of_a_person(accounts_on_sqlite: Running):
    keys = [await create(accounts_on_sqlite) for _ in range(50)]
    wish = {"name": "n", "scopes": []}
    refusal = await accounts_on_sqlite.refusal(CREATE, caller("alan"), i=wish)
    assert refusal == {"code": "CONFLICT", "limit": 50}
    await accounts_on_sqlite.ask(REVOKE, caller("alan"), id=keys[0]["apiKey"]["id"])
    await create(accounts_on_sqlite)


async def test_its_use_is_noted_to_the_hour_and_not_with_every_request(
    accounts_on_sqlite: Running,
):
    accounts = accounts_on_sqlite
    secret = (await create(accounts))["secret"]
    before = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for _ in range(5):
        await verify(accounts, secret)
    used_at = None
    for _ in range(100):
        [key] = (await accounts.ask(LIST, caller("alan")))["apiKeys"]
        used_at = key["lastUsedAt"]
        if used_at is not None:
            break
        await asyncio.sleep(0.02)
    assert used_at is not None
    assert datetime.fromisoformat(used_at) in (before, before + timedelta(hours=1))


async def test_only_the_key_that_was_used_is_noted(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    used, other = [(await create(accounts, name=name))["apiKey"]["id"] for name in ("a", "b")]
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    async with accounts.context().storage.begin() as uow:
        await note_use(uow.session, UUID(used), now)

    keys = {
        key["id"]: key["lastUsedAt"]
        for key in (await accounts.ask(LIST, caller("alan")))["apiKeys"]
    }
    assert datetime.fromisoformat(keys[used]) == datetime(2026, 3, 4, 5, tzinfo=UTC)
    assert keys[other] is None


@pytest.mark.parametrize(
    ("last_used", "is_noted"), [(None, True), (59, False), (60, True), (61, True)]
)
def test_a_use_is_noted_an_hour_after_the_last_one(last_used: int | None, is_noted: bool):
    then = None if last_used is None else NOW - timedelta(minutes=last_used)
    assert was_long_unused(ApiKey(**NAMED, last_used_at=then), NOW) is is_noted


@pytest.mark.parametrize(
    ("expires", "revoked", "opens"),
    [
        (None, None, True),
        (1, None, True),
        (0, None, False),
        (-1, None, False),
        (1, -1, False),
        (None, -1, False),
    ],
)
def test_a_key_opens_nothing_from_the_moment_on_at_which_it_ends(
    expires: int | None, revoked: int | None, opens: bool
):
    expires_at, revoked_at = (
        None if seconds is None else NOW + timedelta(seconds=seconds)
        for seconds in (expires, revoked)
    )
    key = ApiKey(**NAMED, expires_at=expires_at, revoked_at=revoked_at)
    assert is_usable(key, NOW) is opens


PERSONAL = [
    'mutation { createApiKey(input: {name: "n", scopes: []}) { secret } }',
    "mutation { revokeAllSessions { revokedSessions } }",
    'mutation { enableMfa(password: "trellis-demo") { secret } }',
    'mutation { createOrganization(input: {name: "n"}) { organization { id } } }',
    f'mutation {{ deactivateUser(id: "{ALAN}") {{ user {{ id }} }} }}',
    f'mutation {{ deleteUser(id: "{ALAN}") {{ deletedUserId }} }}',
    "{ sessions { id } }",
    "{ mfaStatus { enabled } }",
    "{ apiKeys { id } }",
]


async def test_programs_cannot_do_what_no_scope_stands_for(accounts_on_sqlite: Running):
    made = await create(accounts_on_sqlite, scopes=["read:profile", "write:profile"])
    service = await known(accounts_on_sqlite, made["secret"])
    for operation in PERSONAL:
        assert (await accounts_on_sqlite.refusal(operation, service))["code"] == "FORBIDDEN"
    assert await topics(accounts_on_sqlite) == ["api_key.created"]
    data = await accounts_on_sqlite.ask("{ me { email phone } users { totalCount } }", service)
    assert data == {"me": {"email": "alan@example.com", "phone": None}, "users": {"totalCount": 6}}
    bio = 'mutation { updateMyProfile(input: {bio: "b"}) { user { bio } } }'
    await accounts_on_sqlite.ask(bio, service)


async def test_programs_without_the_scope_are_told_which_one_they_need(
    accounts_on_sqlite: Running,
):
    """Also about their own owner, of whom they see what strangers see."""
    made = await create(accounts_on_sqlite, scopes=["read:projects"])
    service = await known(accounts_on_sqlite, made["secret"])
    own = f'user(id: "{service.id}") {{ displayName }}'
    for asked in (
        "users { totalCount }",
        "teams { totalCount }",
        "organizations { totalCount }",
        own,
        "me { email }",
        "me { phone }",
    ):
        told = await accounts_on_sqlite.refusal(f"{{ {asked} }}", service)
        assert told == {"code": "FORBIDDEN", "required_permission": "read:profile"}, asked
    shown = await accounts_on_sqlite.ask("{ me { displayName } }", service)
    assert shown == {"me": {"displayName": "Alan Turing"}}
