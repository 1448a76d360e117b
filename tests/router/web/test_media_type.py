"""Which media type answers, and which request bodies are JSON."""

import pytest

from trellis.router.web.media_type import GRAPHQL_RESPONSE, JSON, is_json, negotiate


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", JSON),
        ("  ", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        ("Application/JSON", JSON),
        ("application/*", GRAPHQL_RESPONSE),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", JSON),
        (f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE),
        (f"{JSON};q=0.5, {GRAPHQL_RESPONSE};q=0.6", GRAPHQL_RESPONSE),
        (f"{JSON}; q=0.7, {GRAPHQL_RESPONSE};q=0.6", JSON),
        (f"text/html, {JSON};q=0.1", JSON),
        (f"{GRAPHQL_RESPONSE};charset=utf-8", GRAPHQL_RESPONSE),
        (f'{GRAPHQL_RESPONSE};charset="UTF-8";q=0.2', GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};charset=latin-1, {JSON};q=0.1", JSON),
        (f"{JSON};q=much, {GRAPHQL_RESPONSE};q=0.1", GRAPHQL_RESPONSE),
        (f"{JSON};q=0", None),
        (f"{JSON};q=much", None),
        (f"{JSON};charset=latin-1", None),
        ("text/html", None),
        ("application/xml, text/*", None),
    ],
)
def test_the_first_type_with_the_highest_weight_is_used(accept: str, answered: str | None):
    assert negotiate(accept) == answered


@pytest.mark.parametrize(
    ("content_type", "is_one"),
    [
        (JSON, True),
        ("Application/Json ; Charset=UTF-8", True),
        (f'{JSON};charset="utf8"', True),
        (f"{JSON};charset=utf-8;charset=latin-1", False),
        (f"{JSON};charset=utf-16", False),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
def test_a_body_is_json_in_utf_8_or_no_json(content_type: str, is_one: bool):
    assert is_json(content_type) is is_one
