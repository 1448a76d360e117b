"""How large a tree becomes when it is written out, shared parts counted as often as they occur."""

from typing import Any

import pytest

from trellis.router.executor.size import expanded_size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({}, 12),
        ({"a": None}, 24),
        ({"a": 1, "b": 2.5, "c": True}, 48),
        ({"a": "four"}, 28),
        ({"a": ["four", "12"]}, 24 + 36 + 6),
        ({"a": {"b": "x"}, "c": []}, 36 + 24 + 1 + 12),
        ({"a": [[], [1]]}, 24 + 36 + 12 + 24),
    ],
)
def test_every_member_item_and_text_counts(value: dict[str, Any], size: int):
    assert expanded_size(value) == size


def test_a_shared_part_counts_wherever_it_occurs_and_is_measured_once():
    shared = {"name": "x" * 100}
    assert expanded_size({"a": shared, "b": [shared, shared]}) == 36 + 36 + 3 * 124
    data: dict[str, Any] = {"x": 1}
    for _ in range(200):
        data = {"a": data, "b": data}
    assert expanded_size(data) > 2**200
