"""The scalars of all subgraphs: DateTime, Date, Decimal, JSON and Secret, parsed strictly."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError
from pydantic import SecretStr
from strawberry.scalars import JSON as JSON
from strawberry.types.scalar import ScalarDefinition

from trellis.schema.errors import BadUserInput
from trellis.schema.times import read_date, read_moment
from trellis.schema.uploads import Upload, UploadScalar


def _write_datetime(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_datetime(value: object) -> datetime:
    moment = read_moment(value)
    if moment is None:
        raise _unreadable("DateTime", "an ISO 8601 time with offset such as 2026-01-31T12:00:00Z")
    return moment


def _read_date(value: object) -> date:
    day = read_date(value)
    if day is None:
        raise _unreadable("Date", "a date such as 2026-01-31")
    return day


# Of the smallest and the greatest number of a float, which clients may send: what is beyond them
# is no amount, and arithmetic would round it to nothing.
_LEAST_EXPONENT, _MOST_EXPONENT = -324, 308
_NO_NUMBER = Decimal("NaN")


def _read_decimal(value: object) -> Decimal:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = str(value)
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = _NO_NUMBER
        # Python reads more than there is elsewhere: 1_000, and digits of all scripts.
        is_plain = text.isascii() and "_" not in text and number.is_finite()
        if is_plain and _LEAST_EXPONENT <= number.adjusted() <= _MOST_EXPONENT:
            return number
    raise _unreadable("Decimal", 'a decimal number, preferably a string such as "12.50"')


def _read_secret(value: object) -> SecretStr:
    """Never an error: its message would be sent and logged with the value that it is about. What
    is neither a text nor a number is an empty secret, which the input's own check refuses."""
    is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
    return SecretStr(str(value) if is_text else "")


def _write_secret(value: object) -> str:
    raise GraphQLError("A Secret is never part of a response.")


def _unreadable(scalar: str, wanted: str) -> GraphQLError:
    # The router leaves custom scalars to subgraphs, so clients get this code.
    message = f"{scalar} cannot represent this value: it wants {wanted}."
    return GraphQLError(message, extensions={"code": BadUserInput.code})


DateTime = strawberry.scalar(
    name="DateTime",
    description="A date and time in UTC, ISO 8601: 2026-01-31T12:00:00Z",
    serialize=_write_datetime,
    parse_value=_read_datetime,
)
Date = strawberry.scalar(
    name="Date",
    description="A calendar date, ISO 8601: 2026-01-31",
    serialize=date.isoformat,
    parse_value=_read_date,
)
Decimal_ = strawberry.scalar(
    name="Decimal",
    description="An exact decimal number, as a string",
    serialize=str,
    parse_value=_read_decimal,
)
Secret = strawberry.scalar(
    name="Secret",
    description="A confidential string such as a card number. It never appears in responses, "
    "errors or logs. Pass it in a variable.",
    serialize=_write_secret,
    parse_value=_read_secret,
)

SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: DateTime,
    date: Date,
    Decimal: Decimal_,
    SecretStr: Secret,
    Upload: UploadScalar,
}


def json_object(value: Any, name: str) -> dict[str, Any]:
    """The JSON input ``value`` when it is an object. Raises ``GraphQLError`` naming ``name``."""
    if isinstance(value, dict):
        return value
    raise GraphQLError(f"{name} must be a JSON object.", extensions={"code": BadUserInput.code})
