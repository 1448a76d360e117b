"""A browser that signs in with a provider, and what is left of it."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlencode

from sqlalchemy import text

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import AUTH
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, LocalProvider
from tests.support.subgraphs import Running, running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph
from trellis.schema.web_routes import WebRequest, WebResponse
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.providers.settings import Provider, ProviderSettings
from trellis.subgraphs.accounts.settings import AccountSettings

PAGE = "https://app.example/signed-in"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
SIGN_IN = f"mutation($i: SignInWithCodeInput!) {{ signInWithCode(input: $i) {{ {AUTH} }} }}"


@asynccontextmanager
async def serving(
    settings: DataSettings,
    provider: LocalProvider,
    account_settings: AccountSettings | None = None,
    letters: Letters | None = None,
) -> AsyncIterator[Running]:
    offered = {
        name: Provider(name, provider.issuer, CLIENT_ID, CLIENT_SECRET) for name in ("corp", "mall")
    }

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(
            settings,
            bus,
            mailer=letters or Letters(),
            account_settings=account_settings,
            passwords=cheap_passwords(),
            provider_settings=ProviderSettings(offered, frozenset({PAGE})),
        )

    async with running(make, settings, fresh=False) as accounts:
        yield accounts


class Browser:
    """Keeps the cookie between the two requests."""

    def __init__(self, accounts: Running) -> None:
        self._accounts = accounts
        self.cookie = ""

    async def get(self, path: str, **query: str) -> WebResponse:
        assert self._accounts.subgraph.answer_web is not None
        headers = {"cookie": f"other=1; {self.cookie}"} if self.cookie else {}
        response = await self._accounts.subgraph.answer_web(
            WebRequest(
                "GET", f"sign-in/{path}", urlencode(query), headers, client_address="192.0.2.1"
            )
        )
        for name, value in response.headers:
            if name == "set-cookie":
                self.cookie = value.partition(";")[0]
        return response

    async def begin(self, name: str = "corp") -> str:
        """The address of the provider that it is sent to."""
        response = await self.get(name, return_to=PAGE, challenge=CHALLENGE.decode())
        assert response.status == 303
        return dict(response.headers)["location"]

    async def finish(self, name: str = "corp", **query: str) -> str:
        """The fragment of the page that it is sent back to."""
        response = await self.get(f"{name}/callback", **query)
        assert response.status == 303
        page, _, fragment = dict(response.headers)["location"].partition("#")
        assert page == PAGE
        assert response.is_refusal is not fragment.startswith("sign_in_code=")
        return fragment


async def sign_in(accounts: Running, provider: LocalProvider, **person: Any) -> str:
    """The fragment that a whole way through the provider ends with."""
    browser = Browser(accounts)
    return await browser.finish(**provider.authorize(await browser.begin(), **person))


def code_in(fragment: str) -> str:
    name, _, value = fragment.partition("=")
    assert name == "sign_in_code", fragment
    return unquote(value)


async def exchange(accounts: Running, code: str, **changes: Any) -> dict[str, Any]:
    wish = {"code": code, "verifier": VERIFIER, **changes}
    return (await accounts.ask(SIGN_IN, i=wish))["signInWithCode"]


async def refused(accounts: Running, code: str, **changes: Any) -> str:
    wish = {"code": code, "verifier": VERIFIER, **changes}
    return (await accounts.refusal(SIGN_IN, i=wish))["code"]


async def identities(accounts: Running) -> list[tuple[Any, ...]]:
    async with accounts.context().storage.read() as session:
        rows = await session.execute(
            text(
                "select subject, username from outside_identities "
                "join users on users.id = user_id order by 1"
            )
        )
        return [tuple(row) for row in rows]
