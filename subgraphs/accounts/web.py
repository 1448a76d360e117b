"""What accounts answers below ``/web/accounts/``."""

from trellis.schema.errors import NotFound
from trellis.schema.web_routes import WebRequest, WebResponse
from trellis.subgraphs.accounts.billing.webhook import StripeWebhook
from trellis.subgraphs.accounts.providers import web as providers
from trellis.subgraphs.accounts.providers.web import ProviderSignIn


class AccountsWeb:
    """Finds the route of a request."""

    def __init__(self, stripe: StripeWebhook, sign_in: ProviderSignIn) -> None:
        self._stripe = stripe
        self._sign_in = sign_in

    async def answer(self, request: WebRequest) -> WebResponse:
        """Raises NotFound and what the routes raise."""
        match (request.method, *request.path.split("/")):
            case ("POST", "stripe"):
                return await self._stripe.answer(request)
            case ("GET", providers.PATH, provider):
                return await self._sign_in.begin(provider, request)
            case ("GET", providers.PATH, provider, "callback"):
                return await self._sign_in.finish(provider, request)
            case _:
                raise NotFound("There is no such route.")
