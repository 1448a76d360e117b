"""A provider without money, for development and tests: it knows test cards only.

What happens to a charge depends on the card alone. Its books are tables of its own, written in
transactions of their own, as those of a provider elsewhere would be: between them and the tables
of payments a process may die.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.subgraphs.payments.cards import CardDetails
from trellis.subgraphs.payments.errors import (
    INSUFFICIENT_FUNDS,
    CardDeclined,
    InvalidPaymentMethod,
)
from trellis.subgraphs.payments.models import SimulatedCharge, SimulatedRefund
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

DELAY = timedelta(seconds=30)
"""How long the slow ones of the test cards take: as in the example of the requirements."""


class Behaviour(StrEnum):
    """What a test card does."""

    SUCCESS = "success"
    NO_FUNDS_AT_ONCE = "no_funds_at_once"
    DECLINE_AT_ONCE = "decline_at_once"
    NO_FUNDS_LATER = "no_funds_later"
    DELAY = "delay"
    TIMEOUT = "timeout"
    DUPLICATE = "duplicate"
    CHARGEBACK = "chargeback"


@dataclass(frozen=True, slots=True)
class SimulatedCard:
    """A test card; tokens begin with its ``name``."""

    name: str
    number: str
    brand: str
    behaviour: Behaviour
    effect: str


TEST_CARDS: tuple[SimulatedCard, ...] = (
    SimulatedCard("visa", "4242424242424242", "visa", Behaviour.SUCCESS, "is charged"),
    SimulatedCard("visa2", "4111111111111111", "visa", Behaviour.SUCCESS, "is charged"),
    SimulatedCard("mastercard", "5555555555554444", "mastercard", Behaviour.SUCCESS, "is charged"),
    SimulatedCard("amex", "378282246310005", "amex", Behaviour.SUCCESS, "is charged"),
    SimulatedCard(
        "nofunds",
        "4000000000009995",
        "visa",
        Behaviour.NO_FUNDS_AT_ONCE,
        "is refused at once, for want of funds",
    ),
    SimulatedCard(
        "declined", "4000000000000002", "visa", Behaviour.DECLINE_AT_ONCE, "is refused at once"
    ),
    SimulatedCard(
        "nofundslater",
        "4000000000000341",
        "visa",
        Behaviour.NO_FUNDS_LATER,
        "is accepted and fails when it is charged, for want of funds",
    ),
    SimulatedCard(
        "delay",
        "4000000000000077",
        "visa",
        Behaviour.DELAY,
        "is charged after 30 seconds",
    ),
    SimulatedCard(
        "timeout",
        "4000000000000119",
        "visa",
        Behaviour.TIMEOUT,
        "is charged, but the first answer is lost",
    ),
    SimulatedCard(
        "duplicate",
        "4000000000000101",
        "visa",
        Behaviour.DUPLICATE,
        "is charged once, though each request arrives twice",
    ),
    SimulatedCard(
        "chargeback",
        "4000000000000259",
        "visa",
        Behaviour.CHARGEBACK,
        "is charged, and 30 seconds later its bank takes the money back",
    ),
)

_BY_NUMBER: Mapping[str, SimulatedCard] = MappingProxyType({c.number: c for c in TEST_CARDS})
_BY_NAME: Mapping[str, SimulatedCard] = MappingProxyType({c.name: c for c in TEST_CARDS})
_NO_FUNDS = "The card has insufficient funds."
_DECLINED = "The bank of the card declined the payment."


_WITHOUT_FUNDS = frozenset({Behaviour.NO_FUNDS_AT_ONCE, Behaviour.NO_FUNDS_LATER})


class SimulatedProvider:
    """Implements ``PaymentProvider``. ``delay`` is what slow test cards take."""

    name = "simulated"

    def __init__(
        self,
        storage: Storage,
        *,
        delay: timedelta = DELAY,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._storage = storage
        self._delay = delay
        self._clock = clock

    async def tokenize(self, card: CardDetails) -> CardToken:
        known = _BY_NUMBER.get(card.number)
        if known is None:
            # Nobody should type a card of their own into a demo.
            raise InvalidPaymentMethod("cardNumber", "Only test cards can be used here.")
        if known.behaviour is Behaviour.NO_FUNDS_AT_ONCE:
            raise CardDeclined(INSUFFICIENT_FUNDS, _NO_FUNDS)
        if known.behaviour is Behaviour.DECLINE_AT_ONCE:
            raise CardDeclined("CARD_DECLINED", _DECLINED)
        return CardToken(
            token=f"sim_{known.name}_{secrets.token_hex(12)}",
            brand=known.brand,
            last_four=known.number[-4:],
            expiry_month=card.expiry_month,
            expiry_year=card.expiry_year,
        )

    async def describe(self, token: str) -> CardToken:
        known = _card_of(token)
        if known is None:
            raise InvalidPaymentMethod("token", "token is not one of the payment provider.")
        return CardToken(token, known.brand, known.number[-4:], None, None)

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        known = _card_of(request.card_token)
        if known is None or known.behaviour in _WITHOUT_FUNDS:
            return Declined(INSUFFICIENT_FUNDS, _NO_FUNDS)
        if known.behaviour is Behaviour.DECLINE_AT_ONCE:  # for its token, which anybody can write
            return Declined("CARD_DECLINED", _DECLINED)
        charge = await self._record(request, known.behaviour)
        if known.behaviour is Behaviour.DUPLICATE:
            charge = await self._record(request, known.behaviour)
        if known.behaviour is Behaviour.TIMEOUT and charge.requests == 1:
            raise ProviderUnavailable("the answer was lost")
        if known.behaviour is Behaviour.DELAY and self._clock() < charge.settles_at:
            return StillProcessing(charge.transaction_id)
        return Captured(charge.transaction_id)

    async def _record(self, request: ChargeRequest, behaviour: Behaviour) -> SimulatedCharge:
        """The entry of the charge in the books, made by the first request with its key."""
        async with self._storage.begin() as uow:
            await hold(uow.session, f"simulated:{request.key}")
            charge = await uow.session.get(SimulatedCharge, request.key)
            if charge is None:
                charge = SimulatedCharge(
                    key=request.key,
                    transaction_id=f"txn_{secrets.token_hex(12)}",
                    behaviour=behaviour,
                    amount=request.amount,
                    currency=request.currency,
                    settles_at=self._clock() + self._delay,
                )
                uow.session.add(charge)
            charge.requests += 1
        return charge

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        async with self._storage.begin() as uow:
            found = select(SimulatedCharge).where(
                col(SimulatedCharge.transaction_id) == request.transaction_id
            )
            charge = (await uow.session.scalars(found.with_for_update())).one_or_none()
            if charge is None:
                return RefundDeclined("There is no such charge.")
            known = await uow.session.get(SimulatedRefund, request.key)
            if known is not None:
                return Refunded(known.transaction_id)
            if charge.refunded + charge.disputed + request.amount > charge.amount:
                return RefundDeclined("The payer has got the money back already.")
            charge.refunded += request.amount
            refund = SimulatedRefund(
                key=request.key,
                transaction_id=f"rfd_{secrets.token_hex(12)}",
                charge_key=charge.key,
                amount=request.amount,
            )
            uow.session.add(refund)
        return Refunded(refund.transaction_id)

    async def disputes(self, since: datetime) -> Sequence[Dispute]:
        now = self._clock()
        ripe = (
            col(SimulatedCharge.behaviour) == Behaviour.CHARGEBACK,
            col(SimulatedCharge.settles_at) <= now,
            col(SimulatedCharge.disputed_at).is_(None),
            col(SimulatedCharge.refunded) < col(SimulatedCharge.amount),
        )
        async with self._storage.begin() as uow:
            for charge in await uow.session.scalars(
                select(SimulatedCharge).where(*ripe).with_for_update()
            ):
                charge.disputed, charge.disputed_at = charge.amount - charge.refunded, now
            await uow.session.flush()
            known = select(SimulatedCharge).where(col(SimulatedCharge.disputed_at) >= since)
            return [
                Dispute(charge.transaction_id, charge.disputed, charge.disputed_at or now)
                for charge in await uow.session.scalars(known)
            ]


def _card_of(token: str) -> SimulatedCard | None:
    scheme, _, rest = token.partition("_")
    return _BY_NAME.get(rest.partition("_")[0]) if scheme == "sim" else None
