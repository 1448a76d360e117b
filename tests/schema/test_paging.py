from typing import Any

import pytest

from trellis.schema.errors import BadUserInput
from trellis.schema.paging import Page, PageRequest, decode_cursor, encode_cursor


def test_the_default_page_has_twenty_rows():
    assert PageRequest.of() == PageRequest(size=20, backward=False)


@pytest.mark.parametrize("size", [1, 100])
def test_both_ends_of_the_range_are_allowed(size: int):
    assert PageRequest.of(first=size).size == size
    assert PageRequest.of(last=size) == PageRequest(size=size, backward=True)


@pytest.mark.parametrize("argument", ["first", "last"])
@pytest.mark.parametrize("size", [-1, 0, 101, 10_000, 2_147_483_647])
def test_other_sizes_are_refused_with_the_limit(argument: str, size: int):
    arguments: dict[str, Any] = {argument: size}
    with pytest.raises(BadUserInput) as refusal:
        PageRequest.of(**arguments)

    assert refusal.value.message == f"{argument} must be between 1 and 100, not {size}."
    assert refusal.value.extensions["limit"] == 100


def test_first_and_last_together_are_refused():
    with pytest.raises(BadUserInput):
        PageRequest.of(first=1, last=1)


@pytest.mark.parametrize("skip", [-1, 10_001])
def test_skipping_is_bounded(skip: int):
    with pytest.raises(BadUserInput):
        PageRequest.of(skip=skip)


def test_a_cursor_carries_the_sort_key_and_looks_like_nothing():
    cursor = encode_cursor(["2026-01-31T12:00:00+00:00", "é", 7])

    assert decode_cursor(cursor, 3) == ["2026-01-31T12:00:00+00:00", "é", 7]
    assert cursor.isascii()
    assert "=" not in cursor


@pytest.mark.parametrize("cursor", ["", "=", "a", "!!", "e30", "MQ", "W10", "WzFd=", "\x00"])
def test_anything_else_is_refused(cursor: str):
    with pytest.raises(BadUserInput):
        decode_cursor(cursor, 2)


def test_an_empty_page_has_no_cursors():
    info = Page().info()

    assert (info.start_cursor, info.end_cursor) == (None, None)
    assert (info.has_next_page, info.has_previous_page) == (False, False)
