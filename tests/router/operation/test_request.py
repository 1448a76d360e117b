"""Requests are read member by member."""

from typing import Any

import pytest

from trellis.router.operation.request import GraphQLRequest, read_request
from trellis.schema.errors import BadRequest


def test_all_members_are_read() -> None:
    payload = {
        "query": "{ a }",
        "variables": {"x": 1},
        "operationName": "A",
        "extensions": {"e": 1},
    }

    assert read_request(payload) == GraphQLRequest("{ a }", {"x": 1}, "A", {"e": 1})


def test_null_members_are_like_absent_ones() -> None:
    payload = {"query": "{ a }", "variables": None, "operationName": None, "extensions": None}

    assert read_request(payload) == read_request({"query": "{ a }"})


@pytest.mark.parametrize(
    "payload",
    [
        [],
        "query",
        None,
        {},
        {"query": 1},
        {"query": " "},
        {"query": "{a}", "variables": []},
        {"query": "{a}", "variables": "{}"},
        {"query": "{a}", "operationName": 1},
        {"query": "{a}", "extensions": "x"},
    ],
)
def test_malformed_requests_name_what_is_wrong(payload: Any) -> None:
    with pytest.raises(BadRequest, match=r"must be|empty"):
        read_request(payload)
