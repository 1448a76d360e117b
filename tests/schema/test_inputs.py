from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

import pytest
import strawberry
from pydantic import Field
from sqlmodel import Field as Column
from sqlmodel import SQLModel
from strawberry import UNSET

from trellis.schema.errors import BadUserInput, NotFound
from trellis.schema.inputs import InputProblems, as_uuid, is_id_of, is_storable, known_id


def test_all_problems_are_told_at_once():
    problems = InputProblems()
    problems.text("name", " ", maximum=5)
    problems.text("title", "too long", maximum=5)
    problems.text("code", "ab", minimum=3, maximum=5)
    problems.one_of("role", "boss", ["admin", "member"])
    problems.id("leadId", "7")

    with pytest.raises(BadUserInput) as refusal:
        problems.raise_any()

    assert [(p["field"], p["code"]) for p in refusal.value.extensions["fields"]] == [
        ("name", "REQUIRED_FIELD_MISSING"),
        ("title", "VALUE_TOO_LONG"),
        ("code", "VALUE_TOO_SHORT"),
        ("role", "INVALID_ENUM_VALUE"),
        ("leadId", "INVALID_FORMAT"),
    ]


def test_good_values_come_back_trimmed():
    problems = InputProblems()

    assert problems.text("name", "  Ada ", maximum=5) == "Ada"
    assert problems.optional_text("bio", "  ", maximum=5) is None
    assert problems.optional_text("bio", None, maximum=5) is None
    problems.raise_any()


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("https://example.com/a.png", []),
        (" http://localhost:8080 ", []),
        ("", []),
        (None, []),
        ("javascript:alert(1)", ["INVALID_FORMAT"]),
        ("https://", ["INVALID_FORMAT"]),
        ("https://[::1", ["INVALID_FORMAT"]),
        ("https://example.com/a b", ["INVALID_FORMAT"]),
        ("https://example.com/" + "x" * 20, ["VALUE_TOO_LONG"]),
    ],
)
def test_a_web_address_leads_to_a_web_server(address: str | None, codes: list[str]):
    problems = InputProblems()
    clean = problems.web_address("url", address, maximum=30)
    assert clean == ((address or "").strip() or None)

    if codes:
        with pytest.raises(BadUserInput) as refusal:
            problems.raise_any()
        assert [p["code"] for p in refusal.value.extensions["fields"]] == codes
    else:
        problems.raise_any()


def outcome(problems: InputProblems) -> list[tuple[str, str]]:
    """Code and message of each problem."""
    try:
        problems.raise_any()
    except BadUserInput as refusal:
        return [(p["code"], p["message"]) for p in refusal.extensions["fields"]]
    return []


@pytest.mark.parametrize("given", ["12.5", "12.50", "12.500", "0.01", "100"])
def test_money_has_two_decimals(given: str):
    problems = InputProblems()
    stored = problems.money("price", Decimal(given), maximum=100)
    assert (stored, stored.as_tuple().exponent) == (Decimal(given), -2)
    assert outcome(problems) == []


@pytest.mark.parametrize("given", ["0", "-0", "-0.01", "0.001", "100.01", "1E+99", "1E-99"])
def test_what_is_no_amount_is_refused(given: str):
    problems = InputProblems()
    problems.money("price", Decimal(given), maximum=100)
    message = "price must be above 0 and at most 100, with two decimals at most."
    assert outcome(problems) == [("INVALID_FORMAT", message)]


def test_zero_is_an_amount_where_something_may_be_free():
    problems = InputProblems()
    assert str(problems.money("price", Decimal("-0"), maximum=100, may_be_zero=True)) == "0.00"
    assert outcome(problems) == []

    problems.money("price", Decimal("-1"), maximum=100, may_be_zero=True)
    message = "price must be between 0 and 100, with two decimals at most."
    assert outcome(problems) == [("INVALID_FORMAT", message)]


def test_a_currency_has_a_code():
    problems = InputProblems()
    assert problems.currency("currency", " EUR ") == "EUR"
    assert outcome(problems) == []

    for unknown in ("eur", "XYZ", ""):
        problems.currency("currency", unknown)
    message = "currency must be a code of ISO 4217 such as EUR."
    assert outcome(problems) == [("INVALID_ENUM_VALUE", message)] * 3


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_takes_is_refused(text: str):
    assert not is_storable(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "{723b8156-9407-5218-a98b-892bbdf94d89}",
        "723b815694075218a98b892bbdf94d89",
        "é" * 36,
    ],
)
def test_text_that_is_no_id_is_none(text: str):
    assert as_uuid(text) is None


def test_an_id_is_read():
    text = "723b8156-9407-5218-a98b-892bbdf94d89"

    assert as_uuid(text) == UUID(text)


Title = Annotated[str, Field(max_length=5)]
Code = Annotated[str, Field(min_length=2, max_length=5)]
Note = Annotated[str | None, Field(max_length=5)]


class Color(Enum):
    RED = "red"


@strawberry.input
class NewLeafInput:
    tree_id: strawberry.ID
    title: Title
    code: Code = "ab"
    note: Note = None
    short_title: Title | None = None
    lead_id: strawberry.ID | None = None
    color: Color = Color.RED
    tags: list[Title] | None = None
    accepted: bool = False


@dataclass(frozen=True)
class NewLeaf:
    tree_id: UUID
    title: str
    code: str
    note: str | None
    short_title: str | None
    lead_id: UUID | None
    color: Color
    tags: tuple[str, ...]


ID = "723b8156-9407-5218-a98b-892bbdf94d89"


def test_a_dataclass_is_made_of_the_members_it_has_fields_for():
    given = NewLeafInput(tree_id=strawberry.ID(ID), title=" oak ", short_title=" ", tags=["x"])

    made = InputProblems().make(NewLeaf, given, tags=("y",))

    assert made == NewLeaf(UUID(ID), "oak", "ab", None, None, None, Color.RED, ("y",))


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"tree_id": "7"}, "treeId", "INVALID_FORMAT"),
        ({"lead_id": "7"}, "leadId", "INVALID_FORMAT"),
        ({"title": " "}, "title", "REQUIRED_FIELD_MISSING"),
        ({"title": "longer"}, "title", "VALUE_TOO_LONG"),
        ({"code": "a"}, "code", "VALUE_TOO_SHORT"),
        ({"note": "longer"}, "note", "VALUE_TOO_LONG"),
        ({"note": "a\x00"}, "note", "INVALID_FORMAT"),
        ({"short_title": "longer"}, "shortTitle", "VALUE_TOO_LONG"),
    ],
)
def test_members_are_checked_by_their_types(wrong: dict[str, str], field: str, code: str):
    given = NewLeafInput(**{"tree_id": strawberry.ID(ID), "title": "oak", **wrong})

    with pytest.raises(BadUserInput) as refusal:
        InputProblems().make(NewLeaf, given, tags=())

    found = [(p["field"], p["code"]) for p in refusal.value.extensions["fields"]]
    assert found == [(field, code)]


def test_what_was_found_before_is_reported_with_the_rest():
    problems = InputProblems()
    problems.add("tags", "INVALID_FORMAT", "tags must differ.")

    with pytest.raises(BadUserInput) as refusal:
        problems.make(NewLeaf, NewLeafInput(tree_id=strawberry.ID("7"), title="oak"), tags=())

    assert refusal.value.message == "tags must differ. treeId is not an id of this platform."


@strawberry.input
class UpdateLeafInput:
    title: Title | None = UNSET
    note: Note = UNSET
    lead_id: strawberry.ID | None = UNSET
    color: Color | None = UNSET
    version: int | None = None


NEEDED = ("title", "color")


def test_changes_are_the_members_that_were_given():
    given = UpdateLeafInput(title=" elm", note=None, lead_id=None, version=3)
    problems = InputProblems()

    changes = problems.members(given, skip=("version",), never_null=NEEDED)

    problems.raise_any()
    assert changes == {"title": "elm", "note": None, "lead_id": None}


def test_what_cannot_be_emptied_is_refused_as_null():
    problems = InputProblems()
    problems.members(UpdateLeafInput(title=None, color=None), never_null=NEEDED)

    with pytest.raises(BadUserInput) as refusal:
        problems.raise_any()

    assert refusal.value.message == "title must not be empty. color cannot be emptied."


def test_the_limit_of_an_input_is_that_of_the_column():
    class Leaf(SQLModel, table=True):
        id: int = Column(primary_key=True)
        title: Title
        note: Note = None

    columns = SQLModel.metadata.tables["leaf"].c
    assert [columns[name].type.length for name in ("title", "note")] == [5, 5]  # type: ignore[attr-defined]
    assert [columns[name].nullable for name in ("title", "note")] == [False, True]
    SQLModel.metadata.remove(SQLModel.metadata.tables["leaf"])


def test_an_id_that_can_be_nobodys_is_answered_like_one_that_is_nobodys():
    def missing(id: str) -> NotFound:
        return NotFound("There is no such leaf.", id=id)

    assert known_id(ID, missing) == UUID(ID)
    with pytest.raises(NotFound) as refusal:
        known_id("7", missing)
    assert refusal.value.extensions == {"code": "NOT_FOUND", "id": "7"}


@pytest.mark.parametrize(
    "amount",
    [
        "0." + "9" * 40,  # a product would be rounded to 100
        "1." + "0" * 30 + "1",
        "1E-100",
        "1E-999999999999999999",  # and this one to nothing
        "0.001",
        "-0.01",
        "1000000.01",
    ],
)
def test_an_amount_is_never_rounded_to_one(amount: str):
    problems = InputProblems()
    problems.money("price", Decimal(amount), maximum=1_000_000, may_be_zero=True)
    with pytest.raises(BadUserInput):
        problems.raise_any()


def test_an_amount_has_two_decimals_however_it_is_written():
    problems = InputProblems()
    for given in ("12.5", "12.500000", "1.25E1"):
        assert str(problems.money("price", Decimal(given), maximum=1_000_000)) == "12.50"
    problems.raise_any()


def test_an_id_is_known_in_any_case_and_is_never_that_of_nobody():
    known = UUID("30b10e63-6802-56c9-9e20-da364101d4e9")
    assert is_id_of(str(known), known)
    assert is_id_of(str(known).upper(), known)
    for other in ("", "x", "None", str(UUID(int=1))):
        assert not is_id_of(other, known)
        assert not is_id_of(other, None)
