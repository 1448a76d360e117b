"""The life of the keys that sign access tokens."""

import asyncio
from datetime import timedelta

import jwt
from sqlmodel import col, select

from tests.subgraphs.accounts.signing_in import claims, log_in
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.models import KeyState, SigningKey
from trellis.subgraphs.accounts.signing_keys import OVERLAP, ROTATE_AFTER, rotate_when_due


async def states(accounts: Running) -> dict[str, KeyState]:
    async with accounts.context().storage.read() as session:
        keys = await session.scalars(select(SigningKey).order_by(col(SigningKey.created_at)))
        return {key.id: key.state for key in keys}


async def rotate(accounts: Running, after: timedelta) -> list[KeyState]:
    async with accounts.context().storage.begin() as uow:
        await rotate_when_due(uow.session, accounts.context().vault, utc_now() + after)
    return list((await states(accounts)).values())


async def published(accounts: Running) -> list[dict[str, str]]:
    assert accounts.subgraph.jwks is not None
    return (await accounts.subgraph.jwks())["keys"]


async def test_the_first_start_makes_one_active_key(accounts: Running):
    [key] = await published(accounts)
    assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert await states(accounts) == {key["kid"]: KeyState.ACTIVE}


async def test_a_restart_keeps_the_key(accounts: Running):
    before = await published(accounts)
    await accounts.subgraph.stop()
    await accounts.subgraph.start()
    assert await published(accounts) == before


async def test_two_processes_that_start_together_make_one_key(accounts: Running):
    async with accounts.context().storage.begin() as uow:
        for key in await uow.session.scalars(select(SigningKey)):
            await uow.session.delete(key)
    others = [make_subgraph(accounts.settings, accounts.bus) for _ in range(2)]
    try:
        await asyncio.gather(*(other.start() for other in others))
        assert list((await states(accounts)).values()) == [KeyState.ACTIVE]
    finally:
        await asyncio.gather(*(other.stop() for other in others))


async def test_rotation_publishes_before_it_signs_and_keeps_what_has_signed(accounts: Running):
    day = timedelta(days=1)
    steps = [
        (ROTATE_AFTER - day, [KeyState.ACTIVE]),
        (ROTATE_AFTER + day, [KeyState.ACTIVE, KeyState.NEXT]),
        (ROTATE_AFTER + day + OVERLAP / 2, [KeyState.ACTIVE, KeyState.NEXT]),
        (ROTATE_AFTER + day + OVERLAP, [KeyState.RETIRED, KeyState.ACTIVE]),
        (ROTATE_AFTER + day + OVERLAP * 1.5, [KeyState.RETIRED, KeyState.ACTIVE]),
        (ROTATE_AFTER + day + OVERLAP * 2.5, [KeyState.ACTIVE]),
    ]
    assert [await rotate(accounts, after) for after, _ in steps] == [after for _, after in steps]


async def test_tokens_of_before_and_after_a_rotation_are_both_good(accounts: Running):
    old = (await log_in(accounts))["accessToken"]
    await rotate(accounts, ROTATE_AFTER)
    await rotate(accounts, ROTATE_AFTER + OVERLAP)
    await accounts.subgraph.stop()
    await accounts.subgraph.start()
    new = (await log_in(accounts))["accessToken"]
    kids = [jwt.get_unverified_header(token)["kid"] for token in (old, new)]
    assert kids == list(await states(accounts))
    for token in (old, new):
        assert (await claims(accounts, token))["username"] == "ada"
