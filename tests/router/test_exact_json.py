"""Integers of any size pass the router unchanged."""

import json

import orjson
import pytest

from trellis.router.exact_json import dumps, loads, loads_surrogates

LONG = [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40, -(10**40)]


@pytest.mark.parametrize("number", LONG)
def test_long_integers_are_read_and_written_as_they_are(number: int) -> None:
    text = json.dumps({"a": [number, {"b": str(number)}]}, separators=(",", ":")).encode()

    assert loads(text) == {"a": [number, {"b": str(number)}]}
    assert type(loads(text)["a"][0]) is int
    assert dumps(loads(text)) == text
    assert loads(text.decode()) == loads(text)


def test_long_digits_in_texts_and_fractions_change_nothing() -> None:
    text = b'{"phone":"00000000000000000000000","ratio":0.12345678901234567890123,"big":1e20}'

    assert loads(text) == orjson.loads(text)


@pytest.mark.parametrize("text", [b"1" * 5000, b'{"a":1e400}', b"[12345678901234567890123,NaN]"])
def test_what_is_no_number_we_can_keep_is_refused(text: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        loads(text)


def test_what_orjson_does_not_write_is_written_all_the_same() -> None:
    assert dumps({"a": 2**70, "b": "\ud800", "c": {1, 2}}, sorted) == (
        b'{"a":1180591620717411303424,"b":"\\ud800","c":[1,2]}'
    )


def test_texts_with_strings_that_are_no_text_can_be_read() -> None:
    assert loads_surrogates('["\\ud800", "\\ud83d\\ude00", 12345678901234567890123]') == [
        "\ud800",
        "😀",
        12345678901234567890123,
    ]
    assert loads_surrogates(b'["\xff", "\xc3\xa9"]') == ["\udcff", "é"]


@pytest.mark.parametrize("text", ['["\\ud800", NaN]', "[1e400]", "[1,]", "[" * 100_000])
def test_what_is_no_json_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        loads_surrogates(text)
