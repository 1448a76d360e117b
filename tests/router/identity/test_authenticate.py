import time
from typing import Any

import jwt
import pytest

from tests.router.identity.tokens import (
    AUDIENCE,
    ISSUER,
    LIFETIME,
    TENANT,
    USER,
    SigningKey,
    good_claims,
    raw_token,
)
from trellis.router.identity.authenticate import Authenticator, TrustedIssuer
from trellis.router.identity.credentials import NO_CREDENTIALS, Credentials
from trellis.router.identity.keys import KeySet, SharedSecret
from trellis.schema.errors import Unauthenticated, Unavailable
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.tokens import TokenRules, read_head

KEY = SigningKey("key-1")
STRANGER = SigningKey("key-1")
HOUR = 3600


def authenticator(*keys: SigningKey, **options: Any) -> Authenticator:
    async def load() -> dict[str, Any]:
        return {"keys": [key.jwk for key in keys or (KEY,)]}

    return Authenticator([TrustedIssuer(TokenRules(ISSUER, AUDIENCE), KeySet(load))], **options)


async def refusal(header: str, subject: Authenticator | None = None) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await (subject or authenticator()).authenticate(Credentials(header))
    assert caught.value.extensions["code"] == "UNAUTHENTICATED"
    return caught.value.extensions["reason"]


async def test_a_good_token_gives_the_whole_identity():
    claims = good_claims(sid="0c5b6c0a-1f5b-4e57-9d53-7f6d4f6b1f11", scope="read:issues")
    identity = await authenticator().authenticate(Credentials(f"Bearer {KEY.sign(claims)}"))
    assert identity == Identity(
        id=USER,
        username="grace",
        email="grace@example.com",
        roles=frozenset({"user"}),
        scopes=frozenset({"read:projects", "read:issues"}),
        tenant_id=TENANT,
        token_id="token-1",
        expires_at=claims["exp"],
        issued_at=claims["iat"],
        session_id=identity.session_id,
    )
    assert str(identity.session_id) == claims["sid"]


async def test_no_header_is_the_anonymous_caller():
    assert await authenticator().authenticate(NO_CREDENTIALS) is ANONYMOUS


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", " Bearer "])
async def test_the_scheme_is_case_insensitive(scheme: str):
    credentials = Credentials(f"{scheme} {KEY.sign(good_claims())}")
    identity = await authenticator().authenticate(credentials)
    assert identity.id == USER


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic Z3JhY2U6aG9wcGVy", "Bearer a.b", "Bearer a b c"]
)
async def test_a_malformed_header_is_refused(header: str):
    assert await refusal(header) == "TOKEN_INVALID"


@pytest.mark.parametrize("scheme", ["Basic", "Token", "DPoP", "Bearer,"])
async def test_a_good_token_under_another_scheme_is_refused(scheme: str):
    assert await refusal(f"{scheme} {KEY.sign(good_claims())}") == "TOKEN_INVALID"


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "sub", "iss", "aud", "jti"])
async def test_a_missing_claim_is_refused(claim: str):
    token = KEY.sign(good_claims(**{claim: None}))
    assert await refusal(f"Bearer {token}") == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": "other"}, id="another audience"),
        pytest.param({"iss": "https://evil.example"}, id="another issuer"),
        pytest.param({"iss": [ISSUER]}, id="issuer in a list"),
        pytest.param({"sub": "grace"}, id="subject is no id"),
        pytest.param({"user_id": str(TENANT)}, id="two users"),
        pytest.param({"organization_id": str(USER)}, id="two tenants"),
        pytest.param({"roles": "admin"}, id="roles as text"),
        pytest.param({"permissions": [{"read": 1}]}, id="permissions as objects"),
        pytest.param({"username": 7}, id="username as number"),
        pytest.param({"jti": 7}, id="token id as number"),
        pytest.param({"exp": "soon"}, id="expiry as word"),
        pytest.param({"exp": float("inf")}, id="expiry without end"),
        pytest.param({"iat": time.time() + HOUR, "exp": time.time() + 2 * HOUR}, id="issued later"),
        pytest.param({"nbf": time.time() + HOUR}, id="not valid yet"),
        pytest.param({"nbf": "soon"}, id="start as word"),
        pytest.param({"nbf": []}, id="start as list"),
        pytest.param({"nbf": float("inf")}, id="starts never"),
        pytest.param({"iat": "lately"}, id="issued as word"),
        pytest.param({"sub": ""}, id="empty subject"),
        pytest.param({"sub": 7}, id="subject as number"),
        pytest.param({"exp": time.time() + 25 * HOUR}, id="lives longer than a day"),
    ],
)
async def test_a_wrong_claim_is_refused(changes: dict[str, Any]):
    assert await refusal(f"Bearer {KEY.sign(good_claims(**changes))}") == "TOKEN_INVALID"


async def test_expiry_has_a_leeway_of_a_minute():
    now = int(time.time())
    early = KEY.sign(good_claims(iat=now - 900, nbf=now - 900, exp=now - 50))
    late = KEY.sign(good_claims(iat=now - 900, nbf=now - 900, exp=now - 61))
    assert (await authenticator().authenticate(Credentials(f"Bearer {early}"))).id == USER
    assert await refusal(f"Bearer {late}") == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    ("changes", "is_good"),
    [
        ({"nbf": 50}, True),
        ({"nbf": 75}, False),
        ({"iat": 50, "nbf": 50}, True),
        ({"iat": 75, "nbf": 0}, False),
        ({"iat": 0, "exp": 24 * HOUR}, True),
        ({"iat": 0, "exp": 24 * HOUR + 1}, False),
        ({"iat": -HOUR, "exp": 24 * HOUR - HOUR + 1}, False),
        ({"iat": 0, "exp": 0, "nbf": -HOUR}, True),
    ],
    ids=["nbf near", "nbf far", "iat near", "iat far", "a day", "longer", "since long", "just now"],
)
async def test_the_leeway_and_the_longest_life_are_exact(changes: dict[str, int], is_good: bool):
    now = int(time.time())
    token = KEY.sign(good_claims(**{name: now + offset for name, offset in changes.items()}))
    if is_good:
        assert (await authenticator().authenticate(Credentials(f"Bearer {token}"))).id == USER
    else:
        assert await refusal(f"Bearer {token}") == "TOKEN_INVALID"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_types_of_access_tokens_are_accepted(kind: str):
    token = KEY.sign(good_claims(), typ=kind)
    assert (await authenticator().authenticate(Credentials(f"Bearer {token}"))).id == USER


async def test_an_audience_among_others_will_do():
    token = KEY.sign(good_claims(aud=["other", AUDIENCE]))
    assert (await authenticator().authenticate(Credentials(f"Bearer {token}"))).id == USER


async def test_the_refusal_does_not_say_which_check_failed():
    messages = set()
    unsigned = raw_token({"alg": "none", "typ": "JWT", "kid": "key-1"}, good_claims())
    for token in (STRANGER.sign(good_claims()), unsigned, KEY.sign(good_claims(aud="other"))):
        with pytest.raises(Unauthenticated) as caught:
            await authenticator().authenticate(Credentials(f"Bearer {token}"))
        messages.add(str(caught.value))
    assert messages == {"The access token is not valid; sign in again."}


async def test_several_issuers_each_verify_with_their_own_key():
    secret = b"0123456789abcdef0123456789abcdef"
    legacy = TrustedIssuer(
        TokenRules("legacy", "legacy-api", algorithms=frozenset({"HS256"})), SharedSecret(secret)
    )

    async def load() -> dict[str, Any]:
        return {"keys": [KEY.jwk]}

    modern = TrustedIssuer(TokenRules(ISSUER, AUDIENCE), KeySet(load))
    subject = Authenticator([modern, legacy])
    good = jwt.encode(good_claims(iss="legacy", aud="legacy-api"), secret, algorithm="HS256")
    crossed = jwt.encode(good_claims(), secret, algorithm="HS256")
    impostor = KEY.sign(good_claims(iss="legacy", aud="legacy-api"))
    assert (await subject.authenticate(Credentials(f"Bearer {good}"))).id == USER
    assert (await subject.authenticate(Credentials(f"Bearer {KEY.sign(good_claims())}"))).id == USER
    assert await refusal(f"Bearer {crossed}", subject) == "TOKEN_INVALID"
    assert await refusal(f"Bearer {impostor}", subject) == "TOKEN_INVALID"


def test_two_issuers_of_one_name_are_a_mistake():
    issuer = TrustedIssuer(TokenRules(ISSUER, AUDIENCE), SharedSecret(b"s" * 32))
    with pytest.raises(ValueError, match="share a name"):
        Authenticator([issuer, issuer])


def test_a_short_shared_secret_is_a_mistake():
    with pytest.raises(ValueError, match="32 bytes"):
        SharedSecret(b"short")


async def test_a_remembered_token_still_expires():
    clock = [time.time()]
    subject = authenticator(clock=lambda: clock[0])
    header = f"Bearer {KEY.sign(good_claims())}"
    await subject.authenticate(Credentials(header))
    clock[0] += LIFETIME + 61
    assert await refusal(header, subject) == "TOKEN_EXPIRED"


async def test_a_remembered_token_is_refused_once_its_key_is_gone():
    served, clock = [KEY.jwk], [0.0]
    new = SigningKey("key-2")

    async def load() -> dict[str, Any]:
        return {"keys": list(served)}

    keys = KeySet(load, clock=lambda: clock[0])
    subject = Authenticator([TrustedIssuer(TokenRules(ISSUER, AUDIENCE), keys)])
    header = f"Bearer {KEY.sign(good_claims())}"
    await subject.authenticate(Credentials(header))
    served[:] = [new.jwk]
    clock[0] = 11.0
    assert (await subject.authenticate(Credentials(f"Bearer {new.sign(good_claims())}"))).id == USER
    assert await refusal(header, subject) == "TOKEN_INVALID"


async def test_a_revoked_token_is_refused_even_when_remembered():
    revoked: set[str | None] = set()

    async def is_revoked(identity: Identity) -> bool:
        return identity.token_id in revoked

    subject = authenticator(is_revoked=is_revoked)
    header = f"Bearer {KEY.sign(good_claims())}"
    assert (await subject.authenticate(Credentials(header))).id == USER
    revoked.add("token-1")
    assert await refusal(header, subject) == "TOKEN_INVALID"


async def test_the_memory_of_tokens_is_bounded():
    subject = authenticator(remember=3)
    for number in range(10):
        await subject.authenticate(Credentials(f"Bearer {KEY.sign(good_claims(jti=str(number)))}"))
    assert len(subject._verified) == 3


async def test_without_any_keys_the_answer_is_unavailable_and_not_a_verdict():
    async def load() -> dict[str, Any]:
        raise OSError("down")

    subject = Authenticator([TrustedIssuer(TokenRules(ISSUER, AUDIENCE), KeySet(load))])
    with pytest.raises(Unavailable):
        await subject.authenticate(Credentials(f"Bearer {KEY.sign(good_claims())}"))


@pytest.mark.parametrize("changes", [{}, {"exp": int(time.time()) - HOUR}])
async def test_a_refused_token_is_refused_the_same_way_without_another_look(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    now = time.time()
    subject = authenticator(clock=lambda: now)
    header = f"Bearer {(KEY if changes else STRANGER).sign(good_claims(**changes))}"
    first = await refusal(header, subject)
    module, looks = "trellis.router.identity.authenticate", list[str]()

    def look(token: str) -> Any:
        looks.append(token)
        return read_head(token)

    monkeypatch.setattr(f"{module}.read_head", look)
    assert await refusal(header, subject) == first
    assert not looks
    now += 5.1
    assert await refusal(header, subject) == first
    assert len(looks) == 1


async def test_the_memory_of_refused_tokens_is_bounded():
    subject = authenticator(remember=2)
    for number in range(5):
        await refusal(f"Bearer {STRANGER.sign(good_claims(jti=str(number)))}", subject)
    assert len(subject._refused) == 2


async def test_a_token_is_accepted_as_soon_as_its_key_is_there():
    keys = [STRANGER.jwk | {"kid": "other"}]

    async def load() -> dict[str, Any]:
        return {"keys": [*keys]}

    now = 0.0
    source = KeySet(load, clock=lambda: now)
    subject = Authenticator([TrustedIssuer(TokenRules(ISSUER, AUDIENCE), source)])
    header = f"Bearer {KEY.sign(good_claims())}"
    await refusal(header, subject)
    keys.append(KEY.jwk)
    now = 3600.0
    assert (await subject.authenticate(Credentials(header))).id == USER
