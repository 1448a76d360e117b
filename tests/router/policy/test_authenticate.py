import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from router.policy.authenticate import Authenticator, TrustedIssuer
from router.policy.credentials import NO_CREDENTIALS, Credentials
from router.policy.keys import KeySet, SharedSecret
from schema.errors import Unauthenticated, Unavailable
from schema.identity import ANONYMOUS, Identity
from schema.tokens import TokenRules
from tests.router.policy.tokens import (
    AUDIENCE,
    ISSUER,
    TENANT,
    USER,
    SigningKey,
    base64url,
    good_claims,
    raw_token,
)

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


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "iss", "aud", "jti"])
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


def signed_by_a_stranger() -> str:
    return STRANGER.sign(good_claims())


def unsigned() -> str:
    return raw_token({"alg": "none", "typ": "JWT", "kid": "key-1"}, good_claims())


def stripped_signature() -> str:
    return KEY.sign(good_claims()).rpartition(".")[0] + "."


def public_key_as_hmac_secret() -> str:
    secret = KEY.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, _, _ = raw_token(
        {"alg": "HS256", "typ": "JWT", "kid": "key-1"}, good_claims()
    ).rpartition(".")
    signature = hmac.digest(secret, head.encode(), hashlib.sha256)
    return f"{head}.{base64url(signature)}"


def other_algorithm_of_the_same_key() -> str:
    return jwt.encode(good_claims(), KEY.private, algorithm="RS512", headers={"kid": "key-1"})


def embedded_key() -> str:
    return STRANGER.sign(good_claims(), jwk=STRANGER.jwk, kid="mine")


def unknown_critical_extension() -> str:
    return raw_token(
        {"alg": "RS256", "typ": "JWT", "kid": "key-1", "crit": ["exp"], "exp": 1}, good_claims()
    )


def wrong_type() -> str:
    return KEY.sign(good_claims(), typ="logout+jwt")


def changed_payload() -> str:
    head, _, signature = KEY.sign(good_claims()).split(".")
    _, payload, _ = raw_token({}, good_claims(roles=["admin"])).split(".")
    return f"{head}.{payload}.{signature}"


def deep_payload() -> str:
    head = base64url(b'{"alg":"RS256","typ":"JWT","kid":"key-1"}')
    deep = base64url(b"[" * 3000 + b"]" * 3000)
    return f"{head}.{deep}.AAAA"


def oversized() -> str:
    return KEY.sign(good_claims(padding="x" * 9000))


@pytest.mark.parametrize(
    "forge",
    [
        signed_by_a_stranger,
        unsigned,
        stripped_signature,
        public_key_as_hmac_secret,
        other_algorithm_of_the_same_key,
        embedded_key,
        unknown_critical_extension,
        wrong_type,
        changed_payload,
        deep_payload,
        oversized,
    ],
    ids=lambda forge: forge.__name__,
)
async def test_a_forged_token_is_refused(forge: Callable[[], str]):
    assert await refusal(f"Bearer {forge()}") == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "key-2",
        "../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "http://127.0.0.1:1/keys",
        "__class__",
        "key-1\x00",
        "KEY-1",
        "x" * 2000,
        None,
        1,
        ["key-1"],
        {"kid": "key-1"},
    ],
)
async def test_a_hostile_key_id_finds_nothing(key_id: Any):
    header = {"alg": "RS256", "typ": "JWT"} | ({} if key_id is None else {"kid": key_id})
    token = raw_token(header, good_claims(), b"signature")
    assert await refusal(f"Bearer {token}") == "TOKEN_INVALID"


async def test_the_refusal_does_not_say_which_check_failed():
    messages = set()
    for token in (signed_by_a_stranger(), unsigned(), KEY.sign(good_claims(aud="other"))):
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
    clock[0] += 900 + 61
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
