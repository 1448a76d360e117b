"""What payments need of a provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from trellis.db.storage import Storage
from trellis.subgraphs.payments.cards import CardDetails


@dataclass(frozen=True, slots=True)
class CardToken:
    """What stands for a card: ``token`` means something to the provider only."""

    token: str
    brand: str | None
    last_four: str | None
    expiry_month: int | None
    expiry_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """``reference`` is how the provider named the charge in an earlier answer, ``started_at`` when
    it was requested for the first time."""

    payment_id: UUID
    order_id: UUID
    card_token: str
    amount: Decimal
    currency: str
    started_at: datetime
    reference: str | None = None

    @property
    def key(self) -> str:
        """What makes repeated requests one charge."""
        return f"payment-{self.payment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """``transaction_id`` is that of the charge."""

    refund_id: UUID
    transaction_id: str
    amount: Decimal
    currency: str

    @property
    def key(self) -> str:
        """What makes repeated requests one refund."""
        return f"refund-{self.refund_id}"


@dataclass(frozen=True, slots=True)
class Captured:
    """The provider has the money."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """No money was taken, and none will be. ``reason`` is a sentence for the payer."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class StillProcessing:
    """The provider does not know yet; ``reference`` names the charge when it is requested again."""

    reference: str


ChargeAnswer = Captured | Declined | StillProcessing


@dataclass(frozen=True, slots=True)
class Refunded:
    """The money is on its way back."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class RefundDeclined:
    """Nothing goes back, and nothing will: the bank has taken it already, for instance."""

    reason: str


RefundAnswer = Refunded | RefundDeclined


@dataclass(frozen=True, slots=True)
class Dispute:
    """The payer's bank took back ``amount`` of a charge."""

    transaction_id: str
    amount: Decimal
    created_at: datetime


class ProviderUnavailable(Exception):
    """No answer, or none that says anything: it may have happened or not. The same request is
    repeated until there is an answer."""


class PaymentProvider(Protocol):
    """Takes and gives back money. Requests with the same key happen once, however often they are
    repeated; each method raises ``ProviderUnavailable``."""

    @property
    def name(self) -> str:
        """What rows of payments say who has charged them."""
        ...

    async def tokenize(self, card: CardDetails) -> CardToken:
        """Exchange a card for a token, which is all that is kept of it.

        Raises ``InvalidPaymentMethod``, and ``CardDeclined`` for a card that is known to fail.
        """
        ...

    async def describe(self, token: str) -> CardToken:
        """The card behind a token that the client got from the provider itself.

        Raises ``InvalidPaymentMethod``.
        """
        ...

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Charge the card once, or find out what has become of that."""
        ...

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Give back a part of a charge, or all of it, once."""
        ...

    async def disputes(self, since: datetime) -> Sequence[Dispute]:
        """The charges that banks took back since then; some may be known already."""
        ...


ProviderOf = Callable[[Storage], PaymentProvider]
"""The provider by which a subgraph, whose storage it is, makes its payments."""
