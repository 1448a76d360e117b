import asyncio
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from trellis.router.errors import SubgraphUnavailable
from trellis.router.identity.revocations import RemoteRevocations
from trellis.router.transports.internal import InternalResponse
from trellis.router.trust.wire import revocations_to_json
from trellis.schema.errors import Unavailable
from trellis.schema.identity import Identity
from trellis.schema.revocations import Revocations

GRACE = Identity(id=uuid4(), session_id=uuid4(), token_id="t-1")
ENDED = Revocations(sessions=frozenset({GRACE.session_id}))  # pyright: ignore[reportArgumentType]


class Issuer:
    """Tells what is revoked; counts its visits, can be down, and can take its time."""

    def __init__(self) -> None:
        self.revoked: Revocations | None = Revocations()
        self.visits: list[str | None] = []
        self.is_up = True
        self.answers = asyncio.Event()
        self.answers.set()
        self.now = 1000.0

    async def get(self, path: str, *, etag: str | None = None) -> InternalResponse:
        assert path == "/internal/revocations"
        self.visits.append(etag)
        await self.answers.wait()
        if not self.is_up:
            raise SubgraphUnavailable("accounts", "down")
        if self.revoked is None:
            return InternalResponse(404)
        value = revocations_to_json(self.revoked)
        own_tag = str(sorted(value["sessions"]))
        return InternalResponse(304) if etag == own_tag else InternalResponse(200, value, own_tag)

    def revocations(self) -> RemoteRevocations:
        return RemoteRevocations(self, clock=lambda: self.now)


async def settled() -> None:
    await asyncio.sleep(0.005)


async def test_what_the_issuer_tells_holds_within_two_looks():
    issuer = Issuer()
    known = issuer.revocations()
    assert not await known.is_revoked(GRACE)
    issuer.revoked = ENDED
    issuer.now += 2
    await known.is_revoked(GRACE)  # starts the look beside the request
    await settled()
    assert await known.is_revoked(GRACE)
    assert len(issuer.visits) == 2


async def test_asking_often_looks_once_per_interval_and_repeats_nothing():
    issuer = Issuer()
    known = issuer.revocations()
    for _ in range(100):
        await known.is_revoked(GRACE)
    assert issuer.visits == [None]
    issuer.now += 2
    for _ in range(100):
        await known.is_revoked(GRACE)
    await settled()
    assert issuer.visits == [None, "[]"]


async def test_requests_go_by_the_last_look_while_the_next_is_on_its_way():
    issuer = Issuer()
    known = issuer.revocations()
    assert not await known.is_revoked(GRACE)
    issuer.revoked = ENDED
    issuer.answers.clear()
    issuer.now += 3.9
    assert not await asyncio.wait_for(known.is_revoked(GRACE), 60)
    issuer.now += 0.1
    late = asyncio.create_task(known.is_revoked(GRACE))
    await settled()
    assert not late.done()
    issuer.answers.set()
    assert await late


async def test_many_requests_at_once_look_once():
    issuer = Issuer()
    known = issuer.revocations()
    found = await asyncio.gather(*(known.is_revoked(GRACE) for _ in range(50)))
    assert found == [False] * 50
    assert len(issuer.visits) == 1


async def test_after_a_quiet_time_the_first_request_waits_for_a_look():
    issuer = Issuer()
    known = issuer.revocations()
    await known.is_revoked(GRACE)
    issuer.revoked = ENDED
    issuer.now += 600
    assert await known.is_revoked(GRACE)


async def test_before_anything_is_known_nobody_is_let_in():
    issuer = Issuer()
    issuer.is_up = False
    known = issuer.revocations()
    for _ in range(5):
        with pytest.raises(Unavailable):
            await known.is_revoked(GRACE)
    assert len(issuer.visits) == 1
    issuer.is_up = True
    issuer.now += 2
    assert not await known.is_revoked(GRACE)


async def test_what_is_known_survives_an_outage_and_requests_do_not_wait():
    issuer = Issuer()
    issuer.revoked = ENDED
    known = issuer.revocations()
    assert await known.is_revoked(GRACE)
    issuer.is_up = False
    issuer.now += 10
    assert await known.is_revoked(GRACE)
    issuer.answers.clear()  # it hangs now
    for _ in range(20):
        issuer.now += 2
        async with asyncio.timeout(0.5):
            assert await known.is_revoked(GRACE)
            assert not await known.is_revoked(Identity(id=uuid4()))
        await settled()
    assert len(issuer.visits) == 3  # one look at a time
    issuer.is_up, issuer.revoked = True, Revocations()
    issuer.answers.set()
    await settled()
    issuer.now += 2
    await known.is_revoked(GRACE)
    await settled()
    assert not await known.is_revoked(GRACE)


async def test_an_outage_and_its_end_are_logged_once_each():
    issuer = Issuer()
    known = issuer.revocations()
    with capture_logs() as logs:
        await known.is_revoked(GRACE)
        for issuer.is_up in (False, False, False, True, True):
            issuer.now += 2
            await known.is_revoked(GRACE)
            await settled()
    assert [entry["event"] for entry in logs] == [
        "revocations_unavailable",
        "revocations_available_again",
    ]


async def test_an_issuer_without_revocations_has_none():
    issuer = Issuer()
    issuer.revoked = None
    assert not await issuer.revocations().is_revoked(GRACE)


@pytest.mark.parametrize(
    "nonsense", [None, [], {"sessions": "x"}, {"users": ["x"]}, {"issuedBefore": {"x": "y"}}]
)
async def test_nonsense_changes_nothing(nonsense: Any):
    issuer = Issuer()
    issuer.revoked = ENDED
    known = issuer.revocations()
    assert await known.is_revoked(GRACE)

    async def get(path: str, *, etag: str | None = None) -> InternalResponse:
        return InternalResponse(200, nonsense)

    issuer.get = get  # the fake's own way to lie
    issuer.now += 10
    assert await known.is_revoked(GRACE)
    await settled()
    assert await known.is_revoked(GRACE)


async def test_a_caller_that_leaves_does_not_stop_the_look_for_others():
    issuer = Issuer()
    issuer.answers.clear()
    known = issuer.revocations()
    leaving = asyncio.create_task(known.is_revoked(GRACE))
    staying = asyncio.create_task(known.is_revoked(GRACE))
    await settled()
    leaving.cancel()
    issuer.answers.set()
    assert await staying is False


async def test_an_answer_that_breaks_in_a_way_nobody_knows_is_an_outage_like_any_other():
    issuer = Issuer()
    known = issuer.revocations()
    assert not await known.is_revoked(GRACE)

    async def broken(path: str, *, etag: str | None = None) -> InternalResponse:
        raise RuntimeError("a fault of the client library")

    working, issuer.get = issuer.get, broken  # type: ignore[method-assign]
    issuer.now += 10
    with capture_logs() as logs:
        assert not await known.is_revoked(GRACE)
        await settled()
    assert [line["event"] for line in logs] == ["revocations_unavailable"]
    issuer.get, issuer.revoked = working, ENDED  # type: ignore[method-assign]
    issuer.now += 10
    await known.is_revoked(GRACE)
    await settled()
    assert await known.is_revoked(GRACE)
