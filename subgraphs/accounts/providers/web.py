"""The way of a browser through a provider, in two requests.

::

    GET /web/accounts/sign-in/<provider>?return_to=...&challenge=...     cookie; 303 to the provider
    GET /web/accounts/sign-in/<provider>/callback?code=...&state=...     303 to the page
        return_to#sign_in_code=...       the page gets tokens for it: signInWithCode
        return_to#sign_in_error=...      denied, failed, unverified_address, address_not_confirmed

What is in a fragment is sent to no server. The code is of use only to who knows the verifier of
``challenge``: neither can it be stolen, nor can somebody be signed in to another's account.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote, urlsplit

import orjson
import structlog

from trellis.db.models import utc_now
from trellis.schema.errors import BadRequest, NotFound
from trellis.schema.events.accounts import UserLoggedIn
from trellis.schema.extras import import_part
from trellis.schema.web_routes import WEB_PATH, WebRequest, WebResponse
from trellis.subgraphs.accounts.audit import Doer
from trellis.subgraphs.accounts.context import Services
from trellis.subgraphs.accounts.letters import linked_letter
from trellis.subgraphs.accounts.providers.linking import (
    AccountRefused,
    account_of,
    make_code,
    password_for_new,
)
from trellis.subgraphs.accounts.providers.proof import (
    Attempt,
    ProvedIdentity,
    ProvesIdentity,
    ProviderRefused,
)
from trellis.subgraphs.accounts.providers.settings import Provider, ProviderSettings
from trellis.subgraphs.secret_scope.vault import Vault, WrongSecretKey

log = structlog.get_logger(__name__)

PATH = "sign-in"
_COOKIE = "trellis_sign_in"
_PURPOSE = "sign-in with a provider"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # S256 of RFC 7636
# Somebody may have to find a password, or a phone.
_LIFETIME = timedelta(minutes=10)
_AGAIN = "This sign-in has expired or was begun in another browser. Go back and try again."


@dataclass(frozen=True, slots=True)
class _Begun:
    """What the browser keeps for us, sealed, while it is at the provider."""

    provider: str
    state: str
    nonce: str
    verifier: str
    challenge: str
    return_to: str
    expires_at: float

    def sealed(self, vault: Vault) -> str:
        return vault.seal(orjson.dumps(asdict(self)).decode(), _PURPOSE)

    @classmethod
    def opened(cls, vault: Vault, text: str) -> Self | None:
        """None for what this vault has not sealed."""
        if not text.startswith("sealed:"):
            return None
        try:
            return cls(**orjson.loads(vault.open(text, _PURPOSE)))
        except (WrongSecretKey, TypeError, ValueError):
            return None


class ProviderSignIn:
    """Answers both requests for all providers."""

    def __init__(self, services: Services, settings: ProviderSettings, public_url: str) -> None:
        self._services = services
        self._settings = settings
        at = f"{public_url.rstrip('/')}{WEB_PATH}/accounts/{PATH}"
        # As browsers see it: a proxy may serve all of this below a path of its own.
        self._cookie_path = urlsplit(at).path
        self._is_secure = public_url.startswith("https:")
        self._clients: Mapping[str, ProvesIdentity] = {
            name: _client_of(provider, f"{at}/{name}/callback")
            for name, provider in settings.providers.items()
        }

    async def begin(self, provider: str, request: WebRequest) -> WebResponse:
        """Send the browser to the provider. Raises NotFound, BadRequest and Unavailable."""
        client = self._client(provider)
        query = request.query
        return_to, challenge = query.get("return_to", ""), query.get("challenge", "")
        if return_to not in self._settings.return_urls:
            raise BadRequest("'return_to' is no page that a sign-in may return to.")
        if not _CHALLENGE.fullmatch(challenge):
            raise BadRequest("'challenge' is no S256 challenge (RFC 7636).")
        attempt = await client.begin()
        expires_at = (utc_now() + _LIFETIME).timestamp()
        begun = _Begun(
            provider,
            attempt.state,
            attempt.nonce,
            attempt.verifier,
            challenge,
            return_to,
            expires_at,
        )
        cookie = self._cookie(begun.sealed(self._services.vault), _LIFETIME)
        return WebResponse.redirect(attempt.url, cookie)

    async def finish(self, provider: str, request: WebRequest) -> WebResponse:
        """Send the browser back to the page, with a code or the reason why there is none. Raises
        NotFound for a provider that there is not, BadRequest for a browser that nobody sent."""
        client, now = self._client(provider), utc_now()
        query = request.query
        begun = _Begun.opened(self._services.vault, request.cookies.get(_COOKIE, ""))
        if (
            begun is None
            or begun.provider != provider
            or begun.expires_at <= now.timestamp()
            or not hmac.compare_digest(begun.state.encode(), query.get("state", "").encode())
        ):
            raise BadRequest(_AGAIN)
        forget = self._cookie("", timedelta(0))
        try:
            code = await self._code(client, begun, request, now)
        except AccountRefused as refusal:
            page = f"{begun.return_to}#sign_in_error={refusal.reason}"
            return WebResponse.redirect(page, forget, is_refusal=True)
        return WebResponse.redirect(f"{begun.return_to}#sign_in_code={code}", forget)

    async def _code(
        self, client: ProvesIdentity, begun: _Begun, request: WebRequest, now: datetime
    ) -> str:
        """A code for the account of whom the provider proves. Raises AccountRefused."""
        query, name = request.query, client.provider.name
        if "error" in query:
            is_denied = query["error"] == "access_denied"
            raise AccountRefused("denied" if is_denied else "failed")
        # RFC 9207: another provider must not finish what was begun with this one.
        if query.get("iss", client.provider.issuer) != client.provider.issuer:
            raise AccountRefused("failed")
        attempt = Attempt("", begun.state, begun.nonce, begun.verifier)
        try:
            proved = await client.finish(query.get("code", ""), attempt)
        except ProviderRefused as refusal:
            log.warning("provider_sign_in_refused", provider=name, error=str(refusal))
            raise AccountRefused("failed") from None
        return quote(await self._link(proved, begun, request, now), safe="")

    async def _link(
        self, proved: ProvedIdentity, begun: _Begun, request: WebRequest, now: datetime
    ) -> str:
        services = self._services
        doer = Doer(
            None, request.request_id, request.headers.get("user-agent"), request.client_address
        )
        password_hash = await password_for_new(services.storage, services.passwords, proved)
        try:
            async with services.begin(doer) as uow:
                user, is_linked = await account_of(uow, proved, password_hash, now)
                code = make_code(uow, user, begun.provider, begun.challenge, now)
        except AccountRefused as refusal:
            target = f"provider:{begun.provider}"
            await services.audit_refusal(doer, UserLoggedIn.topic, target, refusal.reason)
            raise
        if is_linked:
            services.postbox.post(linked_letter(user.email, begun.provider))
        return code

    def _client(self, provider: str) -> ProvesIdentity:
        client = self._clients.get(provider)
        if client is None:
            raise NotFound("There is no such provider.")
        return client

    def _cookie(self, value: str, lifetime: timedelta) -> tuple[str, str]:
        """Lax, since the provider's page leads back here by a link (RFC 6265bis, section 5.2)."""
        parts = [
            f"{_COOKIE}={value}",
            f"Path={self._cookie_path}",
            f"Max-Age={int(lifetime.total_seconds())}",
            "HttpOnly",
            "SameSite=Lax",
        ]
        if self._is_secure:
            parts.append("Secure")
        return "set-cookie", "; ".join(parts)


def _client_of(provider: Provider, redirect_uri: str) -> ProvesIdentity:
    """Its package takes a tenth of a second of a start, and most installations have no provider."""
    module = import_part("trellis.subgraphs.accounts.providers.client", "demo")
    client: ProvesIdentity = module.ProviderClient(provider, redirect_uri)
    return client
