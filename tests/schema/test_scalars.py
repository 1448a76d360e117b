import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from trellis.schema.scalars import SCALARS


@strawberry.type
class Query:
    @strawberry.field
    def moment(self, value: datetime) -> datetime:
        return value

    @strawberry.field
    def local(self) -> datetime:
        return datetime(2026, 1, 31, 13, 0, tzinfo=timezone(timedelta(hours=1)))

    @strawberry.field
    def day(self, value: date) -> date:
        return value

    @strawberry.field
    def amount(self, value: Decimal) -> Decimal:
        return value


schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))


async def echo(field: str, kind: str, value: Any) -> Any:
    query = f"query($v: {kind}!) {{ {field}(value: $v) }}"
    result = await schema.execute(query, variable_values={"v": value})
    return result.errors[0].message if result.errors else (result.data or {})[field]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z"),
    ],
)
async def test_times_are_shown_in_utc(given: str, shown: str):
    assert await echo("moment", "DateTime", given) == shown


@pytest.mark.parametrize(
    ("field", "kind", "value"),
    [
        ("moment", "DateTime", "2026-01-31T12:00:00"),
        ("moment", "DateTime", "0001-01-01T00:00:00+14:00"),
        ("moment", "DateTime", "9999-12-31T23:59:59-12:00"),
        ("moment", "DateTime", "yesterday"),
        ("moment", "DateTime", 1_700_000_000),
        ("day", "Date", "2026-02-30"),
        ("day", "Date", "20260131"),
        ("day", "Date", "2026-W05-4"),
        ("day", "Date", "٢٠٢٦-01-31"),
        ("day", "Date", "2026-01-31T00:00:00Z"),
        ("amount", "Decimal", "NaN"),
        ("amount", "Decimal", "Infinity"),
        ("amount", "Decimal", "12,50"),
        ("amount", "Decimal", True),
    ],
)
async def test_what_could_be_misread_is_refused(field: str, kind: str, value: Any):
    assert f"{kind} cannot represent this value" in await echo(field, kind, value)


@pytest.mark.parametrize(("given", "shown"), [("12.50", "12.50"), (0.1, "0.1"), (7, "7")])
async def test_decimals_keep_their_digits(given: Any, shown: str):
    assert await echo("amount", "Decimal", given) == shown


async def test_an_unreadable_value_of_a_variable_is_told_as_bad_input():
    query = "query($v: DateTime!) { moment(value: $v) }"
    result = await schema.execute(query, variable_values={"v": "9999-12-31T23:59:59-12:00"})

    assert result.errors
    assert [one.extensions for one in result.errors] == [{"code": "BAD_USER_INPUT"}]


async def test_dates_stay_dates():
    assert await echo("day", "Date", "2026-01-31") == "2026-01-31"


async def test_a_time_of_another_zone_is_shown_in_utc():
    result = await schema.execute("{ local }")

    assert result.data == {"local": "2026-01-31T12:00:00Z"}
    assert datetime.fromisoformat("2026-01-31T12:00:00Z").tzinfo == UTC


@pytest.mark.parametrize(
    "value",
    ["NaN", "sNaN", "-sNaN12", "Infinity", "1E+309", "1E-325", "1_000", "\uff11\uff12"],
)
async def test_what_is_no_amount_is_refused_in_the_same_words(value: str):
    refused = await echo("amount", "Decimal", value)
    assert "Decimal cannot represent this value: it wants a decimal number" in refused


@pytest.mark.parametrize("value", [sys.float_info.max, -sys.float_info.max, 5e-324, -5e-324, 0.0])
async def test_whatever_a_float_can_be_is_an_amount(value: float):
    assert Decimal(await echo("amount", "Decimal", value)) == Decimal(str(value))
