from dataclasses import replace
from uuid import uuid4

import pytest

from trellis.router.identity.credentials import Credentials
from trellis.router.subscriptions.rights import Rights, RightsLost
from trellis.schema.errors import Unauthenticated, Unavailable
from trellis.schema.identity import ANONYMOUS, Identity

GRACE = Identity(id=uuid4(), roles=frozenset({"user"}), scopes=frozenset({"read:projects"}))


class Callers:
    """Says who somebody is now, and counts how often it was asked."""

    def __init__(self, verdict: Identity | Exception) -> None:
        self.verdict = verdict
        self.looks = 0
        self.now = 0.0

    async def __call__(self, credentials: Credentials) -> Identity:
        self.looks += 1
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
