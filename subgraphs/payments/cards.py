"""Card details between the client and the provider: checked here, stored nowhere."""

import re
from dataclasses import dataclass, field
from datetime import date

from pydantic import SecretStr

from trellis.db.models import utc_now
from trellis.subgraphs.payments.errors import InvalidPaymentMethod

_DIGITS = range(12, 20)  # ISO/IEC 7812-1: at most 19; the shortest ones in use have 12
_CODE_DIGITS = range(3, 5)
_LONGEST_VALIDITY = 30  # in years; what is later is a mistake


@dataclass(frozen=True, slots=True)
class CardDetails:
    """A card as its holder has typed it. ``number`` and ``code`` do not show themselves: neither in
    a traceback nor in a log."""

    number: str = field(repr=False)
    code: str = field(repr=False)
    expiry_month: int
    expiry_year: int


def check_card(
    number: SecretStr | None, code: SecretStr | None, month: str | None, year: str | None
) -> CardDetails:
    """The card, if it can be one. Raises ``InvalidPaymentMethod``, without any of the values."""
    return CardDetails(
        number=_number(number),
        code=_code(code),
        **_expiry(month, year, utc_now().date()),
    )


_DIGIT_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){11,}", re.ASCII)
_GROUP = re.compile(r"\d+", re.ASCII)


def without_card_numbers(text: str) -> str:
    """The text with the last four digits in place of what can be the number of a card."""
    return _DIGIT_RUN.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    """The run of groups of digits without the card number in it: what follows the number, such as
    its expiry or code, may be in the same run."""
    text, groups = found[0], list(_GROUP.finditer(found[0]))
    for first in groups:
        for last in reversed(groups):
            digits = re.sub(r"\D", "", text[first.start() : last.end()])
            if len(digits) in _DIGITS and _has_check_digit(digits):
                rest = without_card_numbers(text[last.end() :])
                return f"{text[: first.start()]}(card {digits[-4:]}){rest}"
    return text


def _number(given: SecretStr | None) -> str:
    digits = given.get_secret_value().replace(" ", "").replace("-", "") if given else ""
    if not digits:
        raise InvalidPaymentMethod("cardNumber", "cardNumber is missing.", "REQUIRED_FIELD_MISSING")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) in _DIGITS
    if not is_number or not _has_check_digit(digits):
        raise InvalidPaymentMethod("cardNumber", "cardNumber is not the number of a card.")
    return digits


def _has_check_digit(digits: str) -> bool:
    """The Luhn formula, ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _code(given: SecretStr | None) -> str:
    code = given.get_secret_value().strip() if given else ""
    if not code:
        raise InvalidPaymentMethod("cvv", "cvv is missing.", "REQUIRED_FIELD_MISSING")
    if not (code.isascii() and code.isdecimal() and len(code) in _CODE_DIGITS):
        raise InvalidPaymentMethod("cvv", "cvv has three or four digits.")
    return code


def _expiry(month: str | None, year: str | None, today: date) -> dict[str, int]:
    month_number = _whole(month, 2)
    if month_number is None or not 1 <= month_number <= 12:
        raise InvalidPaymentMethod("expiryMonth", "expiryMonth must be from 1 to 12.")
    year_number = _whole(year, 4)
    if year_number is not None and year_number < 100:
        year_number += 2000  # as it is printed on the card
    if year_number is None or year_number > today.year + _LONGEST_VALIDITY:
        raise InvalidPaymentMethod("expiryYear", "expiryYear must be a year such as 2030.")
    # A card is valid to the end of its month.
    if (year_number, month_number) < (today.year, today.month):
        raise InvalidPaymentMethod("expiryYear", "The card has expired.")
    return {"expiry_month": month_number, "expiry_year": year_number}


def _whole(text: str | None, digits: int) -> int | None:
    given = (text or "").strip()
    is_number = given.isascii() and given.isdecimal() and len(given) <= digits
    return int(given) if is_number else None
