import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from trellis.router.delivery.ending import cancel_all
from trellis.router.delivery.rights import Rights, RightsLost
from trellis.router.identity.credentials import Credentials
from trellis.router.web.errors import InternalError
from trellis.schema.errors import Unauthenticated, Unavailable
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.tokens import TokenExpired

GRACE = Identity(id=uuid4(), roles=frozenset({"user"}), scopes=frozenset({"read:projects"}))


class Callers:
    """Says who somebody is now, and counts how often it was asked."""

    def __init__(self, verdict: Identity | Exception) -> None:
        self.verdict = verdict
        self.looks = 0
        self.now = 0.0
        self.looked_often = asyncio.Event()

    async def __call__(self, credentials: Credentials) -> Identity:
        self.looks += 1
        if self.looks == 3:
            self.looked_often.set()
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict

    async def begun(self, credentials: Credentials | None = None) -> Rights:
        rights = Rights(self, credentials or Credentials("Bearer x"), clock=lambda: self.now)
        await rights.begin()
        return rights


async def test_rights_that_stay_are_kept():
    callers = Callers(replace(GRACE, expires_at=900))
    rights = await callers.begun()
    await rights.check()
    assert (rights.identity, rights.expires_at, rights.can_end) == (callers.verdict, 900, True)
    assert callers.looks == 2


async def test_a_proof_that_is_good_no_more_ends_them():
    callers = Callers(GRACE)
    rights = await callers.begun()
    callers.verdict = Unauthenticated("gone")
    with pytest.raises(Unauthenticated):
        await rights.check()


@pytest.mark.parametrize(
    "now",
    [
        replace(GRACE, roles=frozenset({"admin"})),
        replace(GRACE, scopes=frozenset()),
        replace(GRACE, tenant_id=uuid4()),
        replace(GRACE, team_id=uuid4()),
        replace(GRACE, id=uuid4()),
        ANONYMOUS,
    ],
)
async def test_losing_anything_ends_them(now: Identity):
    callers = Callers(GRACE)
    rights = await callers.begun()
    callers.verdict = now
    with pytest.raises(RightsLost):
        await rights.check()
    assert rights.identity == GRACE


async def test_more_rights_are_taken_over():
    callers = Callers(GRACE)
    rights = await callers.begun()
    more = replace(GRACE, scopes=frozenset({"read:projects", "write:projects"}), tier="pro")
    callers.verdict = more
    await rights.check()
    assert rights.identity == more


async def test_an_outage_leaves_them_for_a_minute():
    callers = Callers(GRACE)
    rights = await callers.begun()
    callers.verdict = Unavailable("down")
    for callers.now in (1, 30, 60):
        await rights.check()
    callers.now = 61
    with pytest.raises(Unavailable):
        await rights.check()
    callers.verdict, callers.now = GRACE, 62
    await rights.check()
    callers.verdict, callers.now = Unavailable("down"), 120
    await rights.check()


async def test_an_outage_lets_nobody_begin():
    with pytest.raises(Unavailable):
        await Callers(Unavailable("down")).begun()


async def test_nobody_and_whom_the_router_vouches_for_cannot_lose_any():
    assert not (await Callers(ANONYMOUS).begun(Credentials())).can_end
    vouched = replace(GRACE, expires_at=900)
    callers = Callers(vouched)
    rights = await callers.begun(Credentials(vouched=vouched))
    await rights.check()
    assert (rights.can_end, rights.expires_at, callers.looks) == (False, None, 1)


async def test_whoever_waits_learns_of_lost_rights_although_nothing_happens():
    callers = Callers(GRACE)
    rights = await callers.begun()
    waiting = asyncio.create_task(rights.wait_until_lost(0.001))
    await callers.looked_often.wait()
    assert not waiting.done()

    callers.verdict = replace(GRACE, scopes=frozenset())

    assert isinstance(await waiting, RightsLost)


async def test_whoever_waits_learns_of_the_end_of_a_token_without_a_look_at_it():
    callers = Callers(replace(GRACE, expires_at=1))  # long ago
    rights = await callers.begun()
    assert isinstance(await rights.wait_until_lost(3600), TokenExpired)
    assert callers.looks == 1


async def test_a_fault_of_ours_ends_the_wait_too():
    callers = Callers(GRACE)
    rights = await callers.begun()
    callers.verdict = RuntimeError("a fault")
    assert isinstance(await rights.wait_until_lost(0.001), InternalError)
    assert isinstance(await rights.lost(), InternalError)


async def test_rights_that_last_are_no_reason_to_end():
    rights = await Callers(GRACE).begun()
    assert await rights.lost() is None


@pytest.mark.parametrize("who", [ANONYMOUS, GRACE])
async def test_rights_that_nobody_can_take_away_are_waited_for_in_vain(who: Identity):
    vouched = None if who is ANONYMOUS else who
    callers = Callers(who)
    rights = await callers.begun(Credentials(vouched=vouched))
    waiting = asyncio.create_task(rights.wait_until_lost(0.001))
    await asyncio.sleep(0.02)
    assert (waiting.done(), callers.looks) == (False, 1)
    await cancel_all(waiting)
