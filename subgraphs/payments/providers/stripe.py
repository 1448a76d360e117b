"""Payments by Stripe: payment methods as tokens, payment intents as charges.

https://docs.stripe.com/api/payment_intents, https://docs.stripe.com/api/idempotent_requests
"""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from stripe import StripeClient

from trellis.db.models import utc_now
from trellis.subgraphs.payments.cards import CardDetails
from trellis.subgraphs.payments.errors import (
    CardDeclined,
    InvalidPaymentMethod,
)
from trellis.subgraphs.payments.providers.base import (
    Captured,
    CardToken,
    ChargeAnswer,
    ChargeRequest,
    Declined,
    Dispute,
    ProviderUnavailable,
    RefundAnswer,
    RefundDeclined,
    Refunded,
    RefundRequest,
    StillProcessing,
)
from trellis.subgraphs.payments.providers.minor_units import from_minor_units, to_minor_units

# Its debug records have what is sent, card numbers too: they are never made, whatever the root
# logger wants.
logging.getLogger("stripe").setLevel(logging.INFO)

_SECONDS = 20.0
_KEYS_KEPT = timedelta(hours=20)
"""Stripe forgets idempotency keys after 24 hours: then the charge is searched for instead."""
_DISPUTES_AT_ONCE = 100
# https://docs.stripe.com/api/disputes/object: the others are inquiries, or over without a loss.
_MONEY_IS_TAKEN = frozenset({"needs_response", "under_review", "lost"})
_DECLINED = "The bank of the card declined the payment."
_INVALID_FIELDS = {
    "incorrect_number": "cardNumber",
    "invalid_number": "cardNumber",
    "invalid_cvc": "cvv",
    "incorrect_cvc": "cvv",
    "invalid_expiry_month": "expiryMonth",
    "invalid_expiry_year": "expiryYear",
    "expired_card": "expiryYear",
}
_LOST = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)


class StripeProvider:
    """Implements ``PaymentProvider``. ``api`` is the address of Stripe's API."""

    name = "stripe"

    def __init__(self, secret_key: str, api: str) -> None:
        self._http = stripe.HTTPXClient(timeout=_SECONDS)
        # Repeating is for the jobs that call: they do it after a restart, too.
        self._client = StripeClient(
            secret_key,
            base_addresses={"api": api},
            max_network_retries=0,
            http_client=self._http,
        ).v1

    async def tokenize(self, card: CardDetails) -> CardToken:
        sent: Any = {
            "type": "card",
            "card": {
                "number": card.number,
                "exp_month": card.expiry_month,
                "exp_year": card.expiry_year,
                "cvc": card.code,
            },
        }
        async with _answered():
            try:
                return _token_of(await self._client.payment_methods.create_async(sent))
            except (stripe.CardError, stripe.InvalidRequestError) as refused:
                # Not chained: the request of the library stands in its traceback.
                raise _refusal(refused) from None

    async def describe(self, token: str) -> CardToken:
        async with _answered():
            try:
                return _token_of(await self._client.payment_methods.retrieve_async(token))
            except stripe.InvalidRequestError:
                raise InvalidPaymentMethod(
                    "token", "token is not one of the payment provider."
                ) from None

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        async with _answered():
            try:
                return _answer_of(await self._intent(request))
            except stripe.CardError as declined:
                return Declined(_decline_code(declined), declined.user_message or _DECLINED)
            except stripe.InvalidRequestError as refused:
                if request.reference is not None:
                    raise
                # It was not carried out and never will be: the token is used up, for instance.
                return Declined(_code(refused.code or "invalid_request"), _DECLINED)

    async def _intent(self, request: ChargeRequest) -> Any:
        intents = self._client.payment_intents
        if request.reference is not None:
            return await intents.retrieve_async(request.reference)
        if utc_now() - request.started_at > _KEYS_KEPT:
            query = f"metadata['payment_id']:'{request.payment_id}'"
            found = await intents.search_async({"query": query})
            if found.data:
                return found.data[0]
        created: Any = {
            "amount": to_minor_units(request.amount, request.currency),
            "currency": request.currency.lower(),
            "payment_method": request.card_token,
            "payment_method_types": ["card"],
            "confirm": True,
            "metadata": {
                "payment_id": str(request.payment_id),
                "order_id": str(request.order_id),
            },
        }
        return await intents.create_async(created, {"idempotency_key": request.key})

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        sent: Any = {
            "payment_intent": request.transaction_id,
            "amount": to_minor_units(request.amount, request.currency),
            "metadata": {"refund_id": str(request.refund_id)},
        }
        async with _answered():
            try:
                refund = await self._client.refunds.create_async(
                    sent, {"idempotency_key": request.key}
                )
            except stripe.InvalidRequestError as refused:
                return RefundDeclined(refused.user_message or "The refund was declined.")
        if refund.status in ("failed", "canceled"):
            return RefundDeclined("The refund was declined.")
        return Refunded(refund.id)

    async def disputes(self, since: datetime) -> Sequence[Dispute]:
        wanted: Any = {
            "created": {"gte": int(since.timestamp())},
            "limit": _DISPUTES_AT_ONCE,
        }
        async with _answered():
            found = await self._client.disputes.list_async(wanted)
            return [
                _dispute_of(dispute)
                async for dispute in found.auto_paging_iter()
                if _takes_money(dispute)
            ]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.close_async()


@asynccontextmanager
async def _answered() -> AsyncGenerator[None]:
    """Turns what says nothing about the request into ``ProviderUnavailable``."""
    try:
        yield
    except _LOST as lost:
        raise ProviderUnavailable(type(lost).__name__) from None


def _token_of(method: Any) -> CardToken:
    card = method.card
    if card is None:
        raise InvalidPaymentMethod("token", "token is not that of a card.")
    return CardToken(method.id, card.brand, card.last4, card.exp_month, card.exp_year)


def _refusal(refused: stripe.StripeError) -> Exception:
    """What the client may know of why there is no token."""
    code = refused.code or ""
    if (field := _INVALID_FIELDS.get(code)) is not None:
        return InvalidPaymentMethod(field, f"{field} was not accepted.")
    if code == "card_declined":
        return CardDeclined(_decline_code(refused), _DECLINED)
    return InvalidPaymentMethod("cardNumber", "The card was not accepted.")


def _answer_of(intent: Any) -> ChargeAnswer:
    """https://docs.stripe.com/payments/paymentintents/lifecycle"""
    if intent.status == "succeeded":
        return Captured(intent.id)
    if intent.status == "processing":
        return StillProcessing(intent.id)
    failed = intent.last_payment_error
    # Nobody is there to confirm a charge again, or to sign in at a bank.
    # What does not apply is absent from an error.
    reasons = (getattr(failed, name, None) for name in ("decline_code", "code"))
    code = next(filter(None, reasons), intent.status)
    return Declined(_code(code), getattr(failed, "message", None) or _DECLINED)


def _takes_money(dispute: Any) -> bool:
    """Whether the bank took back what the dispute is about: inquiries take nothing, and what is won
    was given back. Without an intent it is one of a charge that others have made."""
    return dispute.payment_intent is not None and dispute.status in _MONEY_IS_TAKEN


def _dispute_of(dispute: Any) -> Dispute:
    intent = dispute.payment_intent
    amount = from_minor_units(dispute.amount, dispute.currency.upper())
    created = datetime.fromtimestamp(dispute.created, UTC)
    return Dispute(intent if isinstance(intent, str) else intent.id, amount, created)


def _decline_code(refused: stripe.StripeError) -> str:
    """Why the bank declined; of a card that is wrong or has expired it may say nothing."""
    decline = refused.error.decline_code if refused.error else None
    return _code(decline or refused.code or "card_declined")


def _code(decline: str) -> str:
    """Stripe's ``insufficient_funds`` as this platform writes codes."""
    return decline.upper()
