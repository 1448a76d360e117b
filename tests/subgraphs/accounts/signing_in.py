"""Shared by the tests of accounts: signing in, and reading what the tokens say."""

from typing import Any

import jwt
from jwt import PyJWKSet

from tests.support.subgraphs import Running
from trellis.db.seed.world import PASSWORD
from trellis.schema.identity import Identity
from trellis.schema.tokens import TokenRules, verify_token

RULES = TokenRules("project-manager-auth", "project-manager-api")
AUTH = "accessToken refreshToken tokenType expiresIn user { id username email }"
LOGIN = f"mutation($i: LoginInput!) {{ login(input: $i) {{ {AUTH} }} }}"
REFRESH = f"mutation($i: RefreshTokenInput!) {{ refreshToken(input: $i) {{ {AUTH} }} }}"


async def log_in(accounts: Running, who: str = "ada", **changes: Any) -> dict[str, Any]:
    wish = {"email": f"{who}@example.com", "password": PASSWORD, **changes}
    return (await accounts.ask(LOGIN, i=wish))["login"]


async def refresh(accounts: Running, token: str, profile: str = "GRAPHQL") -> dict[str, Any]:
    wish = {"refreshToken": token, "profile": profile}
    return (await accounts.ask(REFRESH, i=wish))["refreshToken"]


async def refresh_code(accounts: Running, token: str, profile: str = "GRAPHQL") -> str:
    """The code with which a refresh is refused."""
    wish = {"refreshToken": token, "profile": profile}
    return (await accounts.refusal(REFRESH, i=wish))["code"]


async def identity(accounts: Running, access_token: str) -> Identity:
    """The caller that the router would see."""
    return verify_token(access_token, await key_of(accounts, access_token), RULES)


async def claims(accounts: Running, access_token: str) -> dict[str, Any]:
    key = await key_of(accounts, access_token)
    return jwt.decode(
        access_token, key, audience=RULES.audience, issuer=RULES.issuer, leeway=RULES.leeway
    )


async def key_of(accounts: Running, access_token: str) -> jwt.PyJWK:
    assert accounts.subgraph.jwks is not None
    published = PyJWKSet.from_dict(dict(await accounts.subgraph.jwks()))
    return published[jwt.get_unverified_header(access_token)["kid"]]


async def topics(accounts: Running) -> list[str]:
    """What has happened; how people can be reached is told besides, see ``test_contacts``."""
    events = await accounts.bus.read_after("accounts", "0", 1000)
    return [event.topic for event in events if event.topic != "contact.changed"]
