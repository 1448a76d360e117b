"""The address that Stripe reports to: ``POST /web/accounts/stripe``."""

import orjson
import structlog

from trellis.db.models import utc_now
from trellis.schema.errors import BadRequest, NotFound
from trellis.schema.extras import import_part
from trellis.schema.web_routes import WebRequest, WebResponse
from trellis.subgraphs.accounts.audit import Doer
from trellis.subgraphs.accounts.billing.applying import apply
from trellis.subgraphs.accounts.billing.events import ForeignEvent, SubscriptionEvent, read_event
from trellis.subgraphs.accounts.billing.settings import BillingSettings
from trellis.subgraphs.accounts.context import Services

log = structlog.get_logger(__name__)

_ORIGIN = "Stripe"


class StripeWebhook:
    """Responds with 200 to every event from Stripe, also to those that change nothing: it would
    deliver others again. Requests without a valid signature get 400."""

    def __init__(self, services: Services, settings: BillingSettings) -> None:
        self._services = services
        self._settings = settings
        # Stripe's package takes a tenth of a second of a start that may have no use for it.
        self._signature = (
            import_part("trellis.subgraphs.accounts.billing.signature", "demo")
            if settings.secrets
            else None
        )

    async def answer(self, request: WebRequest) -> WebResponse:
        """Raises NotFound where no secret is configured, and BadRequest."""
        if self._signature is None:
            raise NotFound("There is no such address.")
        if not self._signature.is_valid(
            request.body, request.headers.get("stripe-signature"), self._settings.secrets
        ):
            log.warning("stripe_webhook_refused", client=request.client_address)
            raise BadRequest("The signature of the request is not valid.")
        try:
            outcome = await self._apply(self._read(request), request)
        except ForeignEvent as foreign:
            log.info("stripe_event_ignored", reason=str(foreign))
            outcome = "ignored"
        headers = [("content-type", "application/json")]
        return WebResponse(200, headers, orjson.dumps({"outcome": outcome}))

    def _read(self, request: WebRequest) -> SubscriptionEvent:
        settings = self._settings
        try:
            return read_event(orjson.loads(request.body), settings.prices, is_live=settings.is_live)
        except (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError):
            raise BadRequest("The body is no event of Stripe.") from None

    async def _apply(self, event: SubscriptionEvent, request: WebRequest) -> str:
        doer = Doer(None, request.request_id, _ORIGIN, request.client_address)
        async with self._services.begin(doer) as uow:
            is_applied = await apply(uow, event, utc_now())
        return "applied" if is_applied else "known"
