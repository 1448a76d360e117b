"""JSON of clients: how deep it may be, and what is no JSON."""

from typing import Any
from uuid import UUID

import pytest

from trellis.router.web.json_text import dump_json, load_json
from trellis.schema.errors import BadRequest


@pytest.mark.parametrize("encode", [str, str.encode])
@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ('{"a":{"b":{}}}', '{"a":{"b":{"c":{}}}}'),
        ("[[[]]]", "[[[[]]]]"),
        ("[[[1]], [[2]]]", "[[[1]], [[[2]]]]"),
        ('[{"a":[1, 2]}]', '[{"a":[1, [2]]}]'),
        ('[{"a":[]}, {"b":[]}, {}, [], [[]]]', '[{"a":[]}, {"b":[]}, {}, [], [[[]]]]'),
        ('{"{{{{": "[[[["}', '{"{{{{": ["[[[[", [[]]]}'),
        ("[[[" + ", ".join(["1"] * 100) + "]]]", "[[[" + ", ".join(["1"] * 100) + ", []]]]"),
    ],
)
def test_json_may_be_as_deep_as_the_limit(within: str, beyond: str, encode: Any):
    assert load_json(encode(within), max_depth=3) is not None
    with pytest.raises(BadRequest, match="nested more than 3 levels deep"):
        load_json(encode(beyond), max_depth=3)


@pytest.mark.parametrize("text", [b"{", b"", b"NaN", b"[1,]", b"\xff", b"{'a': 1}", b"1 2"])
def test_malformed_json_is_an_error_with_its_position(text: bytes):
    with pytest.raises(BadRequest, match=r"^It is not valid JSON: .*line 1"):
        load_json(text, max_depth=3, what="It")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": UUID(int=1)}, b'{"a":"00000000-0000-0000-0000-000000000001"}'),
        ({1: "x", None: 2}, b'{"1":"x","null":2}'),
        ({"a": 2**70, "b": "\u00e9"}, '{"a":1180591620717411303424,"b":"\u00e9"}'.encode()),
    ],
)
def test_values_and_keys_of_other_types_and_large_integers_are_written(value: Any, text: bytes):
    assert dump_json(value) == text
