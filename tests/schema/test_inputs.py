from uuid import UUID

import pytest

from trellis.schema.errors import BadUserInput
from trellis.schema.inputs import InputProblems, as_uuid, is_storable


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
