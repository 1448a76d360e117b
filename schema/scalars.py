"""The scalars of all subgraphs: DateTime, Date, Decimal and JSON, parsed strictly."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON as JSON
from strawberry.types.scalar import ScalarDefinition


def _write_datetime(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_datetime(value: object) -> datetime:
    """RFC 3339 with an offset; a time without one is ambiguous and rejected."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _unreadable("DateTime", "an ISO 8601 time with offset such as 2026-01-31T12:00:00Z")


def _read_date(value: object) -> date:
    if isinstance(value, str) and len(value) == len("2026-01-31"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _unreadable("Date", "a date such as 2026-01-31")


def _read_decimal(value: object) -> Decimal:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
            if math.isfinite(number):
                return number
        except InvalidOperation:
            pass
    raise _unreadable("Decimal", 'a decimal number, best as text such as "12.50"')


def _unreadable(scalar: str, wanted: str) -> GraphQLError:
    return GraphQLError(f"{scalar} cannot represent this value: it wants {wanted}.")


DateTime = strawberry.scalar(
    name="DateTime",
    description="A moment in UTC, ISO 8601: 2026-01-31T12:00:00Z",
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
    description="An exact decimal number, written as text",
    serialize=str,
    parse_value=_read_decimal,
)

SCALARS: Mapping[object, ScalarDefinition] = {datetime: DateTime, date: Date, Decimal: Decimal_}


def json_object(value: Any, name: str) -> dict[str, Any]:
    """The JSON input ``value`` when it is an object. Raises ``GraphQLError`` naming ``name``."""
    if isinstance(value, dict):
        return value
    raise GraphQLError(f"{name} must be a JSON object.")
