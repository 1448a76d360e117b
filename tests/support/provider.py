"""An OpenID Connect provider of this machine, which signs real tokens; tests make it lie."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.router.identity.tokens import SigningKey
from tests.support.serving import served

_KEY = SigningKey("p1")
CLIENT_ID, CLIENT_SECRET = "trellis-client", "client-secret"


@dataclass
class LocalProvider:
    """``person`` are the claims about whoever signs in, ``claims`` change those of the token;
    ``requests`` counts requests by path, ``seen`` are the secrets of the last sign-in by name."""

    issuer: str = ""
    keys: list[SigningKey] = field(default_factory=lambda: [_KEY])
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    id_token: str | None = None
    is_down: bool = False
    requests: dict[str, int] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, url: str, **person: Any) -> dict[str, str]:
        """What a browser comes back with when somebody has signed in at ``url``: the query of the
        address that it is sent to."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.issuer}/authorize?")
        assert (given["client_id"], given["response_type"]) == (CLIENT_ID, "code")
        assert given["code_challenge_method"] == "S256"
        assert "openid" in given["scope"].split()
        self.person = {"sub": "person-1", "email_verified": True, **person}
        code = uuid4().hex
        self._codes[code] = given
        return {"code": code, "state": given["state"]}

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.requests[path] = self.requests.get(path, 0) + 1
        if self.is_down:
            return Response(status_code=503)
        match path:
            case "/.well-known/openid-configuration":
                return JSONResponse(
                    {
                        "issuer": self.issuer,
                        "authorization_endpoint": f"{self.issuer}/authorize",
                        "token_endpoint": f"{self.issuer}/token",
                        "jwks_uri": f"{self.issuer}/keys",
                        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                        **self.metadata,
                    }
                )
            case "/keys":
                return JSONResponse({"keys": [key.jwk for key in self.keys]})
            case "/token":
                return await self._token(request)
        return Response(status_code=404)

    async def _token(self, request: Request) -> Response:
        form = {k: str(v) for k, v in (await request.form()).items()}
        proof = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        given = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            request.headers.get("authorization") != f"Basic {proof}"
            or given is None
            or given["code_challenge"] != challenge
            or given["redirect_uri"] != form.get("redirect_uri")
            or form.get("grant_type") != "authorization_code"
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": given["nonce"],
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.id_token or self.keys[0].sign(claims)
        self.seen = {
            "code of the provider": form["code"],
            "verifier of the server": form["code_verifier"],
            "nonce": given["nonce"],
            "id token": token,
        }
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def local_provider() -> AsyncIterator[LocalProvider]:
    provider = LocalProvider()

    async def answer(request: Request) -> Response:
        return await provider._answer(request)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    async with served(app) as url:
        provider.issuer = url
        yield provider
