"""The client of one OpenID Connect provider: authorization code flow with PKCE, state and nonce.

https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636, RFC 9700
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from authlib.integrations.base_client.async_app import AsyncOAuth2Mixin
from authlib.integrations.base_client.async_openid import AsyncOpenIDMixin
from authlib.integrations.base_client.sync_app import OAuth2Base
from authlib.integrations.httpx_client import AsyncOAuth2Client

from trellis.schema.errors import Unavailable
from trellis.subgraphs.accounts.providers.proof import Attempt, ProvedIdentity, ProviderRefused
from trellis.subgraphs.accounts.providers.settings import Provider

log = structlog.get_logger(__name__)
# At the level of debugging it would log verifiers and requests.
logging.getLogger("authlib").setLevel(logging.INFO)

# People wait for both: the provider's description at the first sign-in, and its tokens.
_SECONDS = 10.0
# For how long the description of a provider and its keys are kept. A key that they do not have is
# looked for at once.
_KEEP_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
_SUBJECT_CHARACTERS = 255  # OpenID Connect Core, section 2
# Of public keys: with others, who knows the client's secret could sign, or anybody at all.
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "EdDSA"})


class _App(AsyncOAuth2Mixin, AsyncOpenIDMixin, OAuth2Base):
    client_cls = AsyncOAuth2Client


class ProviderClient:
    """One per running subgraph and provider; keeps the provider's description and keys."""

    def __init__(
        self,
        provider: Provider,
        redirect_uri: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._app: _App | None = None
        self._loaded_at = float("-inf")
        self._loading = asyncio.Lock()

    async def begin(self) -> Attempt:
        """Raises Unavailable while the provider cannot be reached."""
        try:
            async with asyncio.timeout(_SECONDS):
                app = await self._described()
                begun = await app.create_authorization_url(self._redirect_uri)
        except Exception as error:  # the boundary to a service of others
            log.warning("provider_away", provider=self.provider.name, error=type(error).__name__)
            message = "This way to sign in is not available at the moment."
            raise Unavailable(message, retry_after=30) from None
        return Attempt(begun["url"], begun["state"], begun["nonce"], begun["code_verifier"])

    async def finish(self, code: str, attempt: Attempt) -> ProvedIdentity:
        """Who it is that the provider sent back with ``code``. Raises ProviderRefused."""
        try:
            async with asyncio.timeout(_SECONDS):
                app = await self._described()
                token = await app.fetch_access_token(
                    self._redirect_uri, code=code, code_verifier=attempt.verifier
                )
                claims = await app.parse_id_token(
                    token, attempt.nonce, self._wanted(), leeway=_LEEWAY_SECONDS
                )
        except Exception as error:  # the same boundary; a message of others may hold secrets
            raise ProviderRefused(type(error).__name__) from None
        if claims is None:
            raise ProviderRefused("no id token")
        return self._identity(claims)

    def _wanted(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
        }

    def _identity(self, claims: Mapping[str, Any]) -> ProvedIdentity:
        subject, email, name = (claims.get(claim) for claim in ("sub", "email", "name"))
        if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_CHARACTERS:
            raise ProviderRefused("no subject")
        is_verified = claims.get("email_verified") is True and isinstance(email, str)
        return ProvedIdentity(
            issuer=self.provider.issuer,
            subject=subject,
            email=email if is_verified else None,
            name=name if isinstance(name, str) else None,
        )

    async def _described(self) -> _App:
        """The client with the provider's description, read again every hour."""
        async with self._loading:
            if self._app is None or self._clock() - self._loaded_at > _KEEP_SECONDS:
                app = self._new_app()
                metadata = await app.load_server_metadata()
                # OpenID Connect Discovery, section 4.3.
                if metadata.get("issuer") != self.provider.issuer:
                    raise ProviderRefused("another issuer")
                known = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
                allowed = [name for name in known if name in _ALGORITHMS]
                metadata["id_token_signing_alg_values_supported"] = allowed or ["RS256"]
                self._app, self._loaded_at = app, self._clock()
            return self._app

    def _new_app(self) -> _App:
        provider = self.provider
        return _App(
            None,
            provider.name,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": provider.scope,
                "code_challenge_method": "S256",
                "timeout": _SECONDS,
                "follow_redirects": False,
                "trust_env": False,
            },
        )
