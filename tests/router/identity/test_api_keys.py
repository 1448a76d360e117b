import asyncio
from typing import Any
from uuid import uuid4

import pytest

from trellis.router.errors import SubgraphTimeout
from trellis.router.identity.api_keys import ApiKeyInvalid, ApiKeys, RemoteApiKeys
from trellis.router.identity.authenticate import Authenticator
from trellis.router.identity.credentials import Credentials
from trellis.router.transports.internal import InternalResponse
from trellis.router.trust.wire import identity_to_json
from trellis.schema.errors import Unavailable
from trellis.schema.identity import ANONYMOUS, Identity

ROBOT = Identity(
    id=uuid4(), kind="service", key_id="key-1", scopes=frozenset({"read:projects"}), expires_at=5000
)


class Issuer:
    """Knows keys; counts its visits and can be down."""

    def __init__(self) -> None:
        self.keys: dict[str, Identity] = {"trk_good": ROBOT}
        self.visits: list[str] = []
        self.is_up = True
        self.now = 1000.0

    async def verify(self, key: str) -> Identity | None:
        self.visits.append(key)
        await asyncio.sleep(0)
        if not self.is_up:
            raise Unavailable("down")
        return self.keys.get(key)

    def api_keys(self, **options: Any) -> ApiKeys:
        clock = lambda: self.now  # noqa: E731
        return ApiKeys(self.verify, clock=clock, wall_clock=clock, **options)


async def test_a_key_gives_its_service():
    issuer = Issuer()
    assert await issuer.api_keys().find("trk_good") == ROBOT


async def test_an_answer_is_remembered_for_two_seconds():
    issuer = Issuer()
    keys = issuer.api_keys()
    for _ in range(10):
        await keys.find("trk_good")
        with pytest.raises(ApiKeyInvalid):
            await keys.find("trk_bad")
    assert issuer.visits == ["trk_good", "trk_bad"]
    issuer.now += 2
    del issuer.keys["trk_good"]
    with pytest.raises(ApiKeyInvalid):
        await keys.find("trk_good")


async def test_many_requests_with_one_key_ask_once():
    issuer = Issuer()
    keys = issuer.api_keys()
    found = await asyncio.gather(*(keys.find("trk_good") for _ in range(50)))
    assert found == [ROBOT] * 50
    assert issuer.visits == ["trk_good"]


async def test_a_request_that_is_given_up_does_not_take_the_others_with_it():
    issuer = Issuer()
    keys = issuer.api_keys()
    leaving, staying = (asyncio.create_task(keys.find("trk_good")) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == ROBOT


async def test_a_key_ends_at_its_time_even_when_it_is_remembered():
    issuer = Issuer()
    keys = issuer.api_keys(keep_seconds=10_000)
    await keys.find("trk_good")
    issuer.now = 5000
    with pytest.raises(ApiKeyInvalid):
        await keys.find("trk_good")


@pytest.mark.parametrize(
    "key", ["", "x" * 513, "two words\n", "nul\x00", "Schlüssel", "\r\nx-evil: 1", "\x7f"]
)
async def test_what_can_be_no_key_is_not_even_asked(key: str):
    issuer = Issuer()
    with pytest.raises(ApiKeyInvalid):
        await issuer.api_keys().find(key)
    assert issuer.visits == []


async def test_nobody_is_somebody_only_with_an_id():
    issuer = Issuer()
    issuer.keys["trk_empty"] = ANONYMOUS
    with pytest.raises(ApiKeyInvalid):
        await issuer.api_keys().find("trk_empty")


async def test_an_outage_is_no_verdict_and_is_not_remembered():
    issuer = Issuer()
    issuer.is_up = False
    keys = issuer.api_keys()
    with pytest.raises(Unavailable):
        await keys.find("trk_good")
    issuer.is_up = True
    assert await keys.find("trk_good") == ROBOT


async def test_the_memory_is_bounded_and_holds_no_keys():
    issuer = Issuer()
    keys = issuer.api_keys(remember=3)
    for number in range(10):
        with pytest.raises(ApiKeyInvalid):
            await keys.find(f"trk_{number}")
    assert len(keys._known) == 3
    assert keys._verifying == {}
    assert not any(b"trk" in digest for digest in keys._known)


async def test_the_key_that_was_asked_about_longest_ago_is_forgotten_first():
    issuer = Issuer()
    issuer.keys |= {"trk_second": ROBOT, "trk_third": ROBOT}
    keys = issuer.api_keys(remember=2)
    await keys.find("trk_good")
    await keys.find("trk_second")
    issuer.now += 2
    await keys.find("trk_good")
    await keys.find("trk_third")
    issuer.visits.clear()
    await keys.find("trk_good")
    assert issuer.visits == []
    await keys.find("trk_second")
    assert issuer.visits == ["trk_second"]


async def test_the_refusal_names_the_key_as_its_reason():
    with pytest.raises(ApiKeyInvalid) as refused:
        await Issuer().api_keys().find("trk_bad")
    assert refused.value.extensions["reason"] == "API_KEY_INVALID"


async def test_the_authenticator_takes_keys_where_somebody_issues_them():
    credentials = Credentials(api_key="trk_good")
    subject = Authenticator([], api_keys=Issuer().api_keys())
    assert await subject.authenticate(credentials) == ROBOT
    with pytest.raises(ApiKeyInvalid):
        await Authenticator([]).authenticate(credentials)


async def test_a_revoked_key_is_refused_even_when_it_is_remembered():
    revoked: set[str | None] = set()

    async def is_revoked(identity: Identity) -> bool:
        return identity.key_id in revoked

    subject = Authenticator([], api_keys=Issuer().api_keys(), is_revoked=is_revoked)
    await subject.authenticate(Credentials(api_key="trk_good"))
    revoked.add("key-1")
    with pytest.raises(ApiKeyInvalid):
        await subject.authenticate(Credentials(api_key="trk_good"))


class Remote:
    """An issuer in another process, as ``InternalClient`` shows it."""

    def __init__(self, answer: InternalResponse | Exception) -> None:
        self.answer = answer

    async def post(self, path: str, payload: Any) -> InternalResponse:
        assert (path, payload) == ("/internal/api-keys", {"key": "trk_good"})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def verify(answer: InternalResponse | Exception) -> Identity | None:
    return await RemoteApiKeys(Remote(answer)).verify("trk_good")


async def test_an_issuer_in_another_process_is_asked():
    assert await verify(InternalResponse(200, {"caller": identity_to_json(ROBOT)})) == ROBOT
    assert await verify(InternalResponse(200, {"caller": None})) is None
    assert await verify(InternalResponse(404)) is None


@pytest.mark.parametrize(
    "answer",
    [
        SubgraphTimeout("accounts", "late"),
        InternalResponse(200, None),
        InternalResponse(200, {}),
        InternalResponse(200, {"caller": "grace"}),
        InternalResponse(200, {"caller": {"id": "no id"}}),
    ],
)
async def test_no_good_answer_is_no_verdict(answer: InternalResponse | Exception):
    with pytest.raises(Unavailable):
        await verify(answer)
