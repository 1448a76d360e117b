"""The input types of payments, and how they are checked."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import pydantic
import strawberry
from pydantic import SecretStr

from trellis.db.models import MAX_MONEY
from trellis.schema.inputs import Id, InputProblems
from trellis.subgraphs.payments.cards import CardDetails, check_card, without_card_numbers
from trellis.subgraphs.payments.errors import InvalidPaymentMethod, ProviderAway
from trellis.subgraphs.payments.models import Reason
from trellis.subgraphs.payments.providers.base import (
    CardToken,
    PaymentProvider,
    ProviderUnavailable,
)
from trellis.subgraphs.payments.use_cases.paying import NewPayment

Currency = Annotated[str | None, pydantic.Field(max_length=3)]
ExpiryMonth = Annotated[str | None, pydantic.Field(max_length=2)]
ExpiryYear = Annotated[str | None, pydantic.Field(max_length=4)]

_LONGEST_TOKEN = 255


@strawberry.enum
class PaymentMethodType(StrEnum):
    CREDIT_CARD = "credit_card"


@strawberry.input(
    description="A card, or a token for one from the payment provider. Of a card, only brand, "
    "last four digits and expiry are stored."
)
class PaymentMethodInput:
    type: PaymentMethodType
    card_number: SecretStr | None = None
    expiry_month: ExpiryMonth = strawberry.field(default=None, description="such as 07")
    expiry_year: ExpiryYear = strawberry.field(default=None, description="such as 2031")
    cvv: SecretStr | None = strawberry.field(
        default=None, description="three or four digits; never stored"
    )
    token: SecretStr | None = strawberry.field(
        default=None, description="instead of the other members"
    )

    async def exchanged(self, provider: PaymentProvider) -> CardToken:
        """What the provider gives for it: from here on nothing else knows the card.

        Raises ``InvalidPaymentMethod``, ``CardDeclined``, ``ProviderAway``.
        """
        given = self._checked()
        try:
            if isinstance(given, CardDetails):
                return await provider.tokenize(given)
            return await provider.describe(given)
        except ProviderUnavailable as lost:
            raise ProviderAway from lost

    def _checked(self) -> CardDetails | str:
        if self.token is None:
            return check_card(self.card_number, self.cvv, self.expiry_month, self.expiry_year)
        token = self.token.get_secret_value()
        if self.card_number is not None or self.cvv is not None:
            raise InvalidPaymentMethod("token", "Either a token or a card is needed, not both.")
        is_text = 0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable()
        # A card number in the wrong place would be part of an address, and of what is logged of it.
        if not is_text or without_card_numbers(token) != token:
            raise InvalidPaymentMethod("token", "token is not one of the payment provider.")
        return token


@strawberry.input
class ProcessPaymentInput:
    order_id: Id
    payment_method: PaymentMethodInput
    user_id: Id | None = strawberry.field(
        default=None, description="if given, it must be the id of the caller"
    )
    amount: Decimal | None = strawberry.field(
        default=None, description="if given, it must be the total of the order"
    )
    currency: Currency = strawberry.field(
        default=None, description="if given, it must be the currency of the order (ISO 4217)"
    )

    def checked(self) -> NewPayment:
        """Raises ``BadUserInput`` with everything that is not acceptable, beside the card."""
        problems = InputProblems()
        amount = _amount(problems, self.amount)
        currency = self.currency
        if currency is not None:
            currency = problems.currency("currency", currency)
        return problems.make(NewPayment, self, amount=amount, currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRefund:
    """``amount`` is None for all that is left."""

    amount: Decimal | None
    reason: str | None


@strawberry.input
class RefundPaymentInput:
    amount: Decimal | None = strawberry.field(
        default=None,
        description="by default everything not yet refunded; only administrators may refund less",
    )
    reason: Reason = None

    def checked(self) -> WantedRefund:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        amount = _amount(problems, self.amount)
        wanted = problems.make(WantedRefund, self, amount=amount)
        # Whoever answers a payer may have pasted one, and reasons are stored and announced.
        reason = None if wanted.reason is None else without_card_numbers(wanted.reason)
        return replace(wanted, reason=reason)


def _amount(problems: InputProblems, amount: Decimal | None) -> Decimal | None:
    return None if amount is None else problems.money("amount", amount, maximum=MAX_MONEY)
