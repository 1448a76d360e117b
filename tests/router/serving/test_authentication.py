"""Several issuers beside one another, as they are configured."""

import asyncio
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import orjson
import pytest
from pydantic import ValidationError

from tests.router.identity.tokens import (
    AUDIENCE,
    ISSUER,
    TENANT,
    USER,
    SigningKey,
    good_claims,
)
from tests.support.serving import served
from tests.support.shared import ROOT
from trellis.router.config import Auth, Claims, Config, Issuer, load_config
from trellis.router.errors import ConfigError
from trellis.router.identity.authenticate import Authenticator, TrustedIssuer
from trellis.router.identity.credentials import Credentials
from trellis.router.identity.keys import KeySet, load_from_url
from trellis.router.serving.authentication import Authentication, build_authentication
from trellis.schema.errors import TrellisError
from trellis.schema.identity import Identity
from trellis.schema.tokens import TokenRules

OWN, PARTNER = SigningKey("k1"), SigningKey("k1")
SSO = "https://sso.example"
SECRET = "0123456789abcdef0123456789abcdef"


def keys_file(folder: Path, name: str, *keys: SigningKey) -> str:
    path = folder / f"{name}.json"
    path.write_bytes(orjson.dumps({"keys": [key.jwk for key in keys]}))
    return str(path)


def authentication(folder: Path, *issuers: Issuer, **settings: Any) -> Authentication:
    own = keys_file(folder, "own", OWN)
    auth = Auth(issuer=ISSUER, audience=AUDIENCE, jwks=own, issuers=issuers, **settings)
    return build_authentication([], Config(auth=auth))


def partner(folder: Path, **settings: Any) -> Issuer:
    jwks = keys_file(folder, "partner", PARTNER)
    return Issuer(**{"issuer": SSO, "audience": "trellis", "jwks": jwks, **settings})


def foreign_claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": SSO,
        "aud": "trellis",
        "sub": "auth0|42",
        "iat": now,
        "exp": now + 600,
        "preferred_username": "lin",
        "scope": "read:projects",
        "roles": ["admin"],
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


async def verdict(subject: Authentication, token: str) -> Identity | str:
    try:
        return await subject.authenticate(Credentials(f"Bearer {token}"))
    except TrellisError as refusal:
        return type(refusal).__name__


async def identity(subject: Authentication, token: str) -> Identity:
    found = await verdict(subject, token)
    assert isinstance(found, Identity), found
    return found


async def test_a_partners_people_come_in_beside_our_own(tmp_path: Path):
    subject = authentication(tmp_path, partner(tmp_path))
    assert (await identity(subject, OWN.sign(good_claims()))).id == USER
    lin = await identity(subject, PARTNER.sign(foreign_claims()))
    assert (lin.username, lin.scopes) == ("lin", {"read:projects"})
    assert lin.roles == frozenset()  # no role without a name for the claim
    again = await identity(subject, PARTNER.sign(foreign_claims(jti="other")))
    assert lin.id == again.id != USER
    await subject.aclose()


async def test_keys_of_one_id_are_not_mixed_up(tmp_path: Path):
    subject = authentication(tmp_path, partner(tmp_path))
    assert await verdict(subject, PARTNER.sign(good_claims())) == "TokenInvalid"
    assert await verdict(subject, OWN.sign(foreign_claims())) == "TokenInvalid"
    crossed = PARTNER.sign(foreign_claims(aud=AUDIENCE))
    assert await verdict(subject, crossed) == "TokenInvalid"


async def test_a_partner_cannot_pose_as_one_of_us(tmp_path: Path):
    subject = authentication(tmp_path, partner(tmp_path))
    posing = foreign_claims(sub=str(USER), user_id=str(USER), tenant_id=str(TENANT))
    found = await identity(subject, PARTNER.sign(posing))
    assert found.id != USER
    assert found.tenant_id is None
    assert not found.is_admin


async def test_claims_are_found_under_configured_names(tmp_path: Path):
    names = Claims(roles="realm.roles", scopes="permissions", tenant="org", tier="plan")
    subject = authentication(tmp_path, partner(tmp_path, claims=names))
    claims = foreign_claims(
        realm={"roles": ["user"]}, permissions=["write:projects"], org="acme", plan="pro"
    )
    found = await identity(subject, PARTNER.sign(claims))
    assert (found.roles, found.scopes, found.tier) == ({"user"}, {"write:projects"}, "pro")
    assert found.tenant_id is not None


@pytest.mark.parametrize(
    ("settings", "claims", "is_good"),
    [
        ({}, {"jti": None}, True),
        ({"requires_token_id": True}, {"jti": None}, False),
        ({"requires_token_id": True}, {"jti": "t-1"}, True),
        ({}, {"nbf": 0}, True),
        ({}, {"nbf": 4_102_444_800}, False),
        ({"requires_not_before": True}, {}, False),
        ({"requires_not_before": True}, {"nbf": 0}, True),
        ({"max_lifetime_seconds": 300}, {}, False),
        ({"audience": "other"}, {}, False),
        ({"algorithms": ("ES256",)}, {}, False),
        ({"algorithms": ("RS256", "ES256")}, {}, True),
        ({}, {"sub": None}, False),
        ({}, {"exp": None}, False),
        ({}, {"iat": None}, False),
    ],
)
async def test_each_issuer_has_rules_of_its_own(
    tmp_path: Path, settings: dict[str, Any], claims: dict[str, Any], is_good: bool
):
    subject = authentication(tmp_path, partner(tmp_path, **settings))
    found = await verdict(subject, PARTNER.sign(foreign_claims(**claims)))
    assert isinstance(found, Identity) == is_good, found


@pytest.mark.parametrize("required", [True, False])
async def test_our_own_tokens_say_from_when_they_are_good_unless_told_otherwise(
    tmp_path: Path, required: bool
):
    subject = authentication(tmp_path, requires_not_before=required)
    assert isinstance(await verdict(subject, OWN.sign(good_claims())), Identity)
    found = await verdict(subject, OWN.sign(good_claims(nbf=None)))
    assert isinstance(found, Identity) is not required
    assert await verdict(subject, OWN.sign(good_claims(nbf=None, jti=None))) == "TokenInvalid"


async def test_tokens_without_a_type_are_taken_where_that_is_configured(tmp_path: Path):
    token = jwt.PyJWS().encode(
        orjson.dumps(foreign_claims()), PARTNER.private, "RS256", {"kid": "k1", "typ": ""}
    )
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": "k1"}
    strict = authentication(tmp_path, partner(tmp_path))
    tolerant = authentication(tmp_path, partner(tmp_path, types=("JWT", "")))
    assert await verdict(strict, token) == "TokenInvalid"
    assert (await identity(tolerant, token)).username == "lin"


async def test_an_old_issuer_of_our_own_people_signs_by_a_secret(tmp_path: Path):
    legacy = Issuer(
        issuer="legacy",
        audience="legacy-api",
        secret=SECRET,  # pyright: ignore[reportArgumentType]
        subjects="own",
        claims=Claims(scopes="permissions", roles="roles", tenant="organization_id"),
    )
    subject = authentication(tmp_path, legacy)
    claims = good_claims(iss="legacy", aud="legacy-api")
    found = await identity(subject, jwt.encode(claims, SECRET, "HS256"))
    assert (found.id, found.tenant_id, found.scopes) == (USER, TENANT, {"read:projects"})
    for forged in (
        jwt.encode(claims, SECRET, "HS256", headers={"kid": "k1"}),
        jwt.encode(claims, SECRET * 2, "HS384"),
        jwt.encode(good_claims(), SECRET, "HS256"),
        OWN.sign(claims),
    ):
        assert await verdict(subject, forged) == "TokenInvalid"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"jwks": "keys.json", "secret": SECRET},
        {"secret": "short"},
        {"jwks": "keys.json", "algorithms": ("HS256",)},
        {"jwks": "keys.json", "algorithms": ("none",)},
        {"secret": SECRET, "algorithms": ("RS256",)},
        {"secret": SECRET, "algorithms": ("HS256", "HS512")},
        {"secret": SECRET, "algorithms": ("HS384",)},
        {"jwks": "keys.json", "max_lifetime_seconds": 0},
        {"jwks": "keys.json", "claims": {"subject": ""}},
    ],
)
def test_an_issuer_that_cannot_be_believed_safely_is_a_mistake(settings: dict[str, Any]):
    with pytest.raises(ValidationError) as caught:
        Issuer(**{"issuer": SSO, "audience": "trellis", **settings})
    assert SECRET not in str(caught.value.errors(include_input=False))


def test_issuers_are_written_as_tables(tmp_path: Path):
    file = tmp_path / "trellis.toml"
    file.write_text(
        "[[auth.issuers]]\n"
        f'issuer = "{SSO}"\naudience = "trellis"\njwks = "https://sso.example/keys"\n'
        'claims = { roles = "realm_access.roles" }\n'
    )
    [issuer] = load_config(file).auth.issuers
    assert (issuer.issuer, issuer.claims.roles) == (SSO, "realm_access.roles")
    file.write_text(file.read_text().replace(SSO, "project-manager-auth", 1))
    with pytest.raises(ConfigError, match="two issuers have the same name"):
        load_config(file)


# -- keys that change while people work ------------------------------------------------------------


class KeyServer:
    """Publishes keys over HTTP; counts its visits and can be down."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.visits = 0
        self.is_up = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.visits += 1
        status = 200 if self.is_up else 503
        body = orjson.dumps({"keys": [key.jwk for key in self.keys]})
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def under_load(subject: Authenticator, sign: Any) -> AsyncIterator[list[str]]:
    """Twenty callers, each with new tokens all the time; yields what went wrong."""
    wrong: list[str] = []
    calls = 0

    async def work(number: int) -> None:
        nonlocal calls
        while True:
            calls += 1
            token = sign(good_claims(jti=f"{number}-{calls}"))
            try:
                await subject.authenticate(Credentials(f"Bearer {token}"))
            except TrellisError as refusal:
                wrong.append(type(refusal).__name__)
            await asyncio.sleep(0.01)

    workers = [asyncio.create_task(work(number)) for number in range(20)]
    try:
        yield wrong
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        assert calls >= len(workers)


async def test_rotating_keys_under_load_refuses_nobody():
    """As our own issuer does it: the next key is published before it signs, the last one stays
    until its tokens have ended; in the middle the key server goes away for a while."""
    first, second, third = (SigningKey(f"k{number}") for number in range(3))
    server, clock, signer = KeyServer(first), Clock(), [first]
    async with served(server) as url, httpx.AsyncClient(trust_env=False) as client:
        keys = KeySet(load_from_url(f"{url}/jwks.json", client), clock=clock)
        subject = Authenticator([TrustedIssuer(TokenRules(ISSUER, AUDIENCE), keys)])

        def sign(claims: Any) -> str:
            return signer[0].sign(claims)

        async def pass_by(seconds: float) -> None:
            """Until the keys were asked for once more and the answer was read."""
            clock.now, visits = clock.now + seconds, server.visits
            for _ in range(500):
                await asyncio.sleep(0.02)
                if server.visits > visits and keys._loading is None:
                    return

        async with under_load(subject, sign) as wrong:
            await pass_by(0)
            server.keys = [first, second]
            await pass_by(301)
            signer[0] = second
            await pass_by(301)
            server.is_up = False
            await pass_by(1000)
            server.is_up = True
            server.keys = [second, third]
            await pass_by(301)
            signer[0] = third
            await pass_by(301)
        assert wrong == []
        assert server.visits <= 7
        stale = Credentials(f"Bearer {first.sign(good_claims())}")
        with pytest.raises(TrellisError):
            await subject.authenticate(stale)


async def test_a_key_that_signs_as_soon_as_it_is_published_is_found():
    first, second = SigningKey("k1"), SigningKey("k2")
    server, clock, signer = KeyServer(first), Clock(), [first]
    async with served(server) as url, httpx.AsyncClient(trust_env=False) as client:
        keys = KeySet(load_from_url(f"{url}/jwks.json", client), clock=clock)
        subject = Authenticator([TrustedIssuer(TokenRules(ISSUER, AUDIENCE), keys)])

        def sign(claims: Any) -> str:
            return signer[0].sign(claims)

        await subject.authenticate(Credentials(f"Bearer {sign(good_claims())}"))
        async with under_load(subject, sign) as wrong:
            clock.now += 11
            server.keys = [first, second]
            signer[0] = second
            for _ in range(100):
                await asyncio.sleep(0.05)
                if server.visits == 2:
                    break
        assert wrong == []
        assert server.visits == 2


def test_the_issuer_in_the_guide_is_understood():
    guide = (ROOT / "docs" / "authentication.md").read_text(encoding="utf-8")
    shown = tomllib.loads(guide.partition("```toml\n")[2].partition("```")[0])
    [issuer] = Auth(**shown["auth"]).issuers
    assert (issuer.audience, issuer.claims.roles) == ("trellis", "realm_access.roles")
