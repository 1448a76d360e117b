"""Reading a subgraph's answer: what is a GraphQL response and what is not."""

from typing import Any

import orjson

from trellis.router.errors import SubgraphInvalidResponse
from trellis.router.exact_json import loads, loads_broken
from trellis.router.transports.base import SubgraphResponse
from trellis.router.transports.lost_text import has_lost_text, without_lost_text


def read_body(subgraph: str, body: bytes, query: str = "") -> SubgraphResponse:
    """The response in ``body`` to ``query``. Raises SubgraphInvalidResponse when it is none."""
    payload, is_whole = read_json(subgraph, body)
    if is_whole:
        return read_response(subgraph, payload, body)
    return without_lost_text(read_response(subgraph, payload), query)


def read_json(subgraph: str, text: bytes | str) -> tuple[Any, bool]:
    """The value of a JSON text, and whether all its strings are Unicode text. Raises
    SubgraphInvalidResponse."""
    try:
        return loads(text), True
    except orjson.JSONDecodeError:
        pass
    try:
        payload = loads_broken(text)
    except ValueError:
        payload = None
    # Whatever else orjson finds wrong with a text is not for us to tolerate.
    if not has_lost_text(payload):
        raise SubgraphInvalidResponse(subgraph, "The subgraph's answer is not JSON.")
    return payload, False


def read_response(subgraph: str, payload: Any, body: bytes | None = None) -> SubgraphResponse:
    """The response in a decoded ``payload`` (GraphQL specification, "Response Format"): an object
    with ``data``, ``errors`` or both. Raises SubgraphInvalidResponse.

    ``body``, the bytes it came from, is kept only when they hold nothing but ``data``.
    """
    if type(payload) is not dict:
        raise SubgraphInvalidResponse(subgraph, "The subgraph's answer is not a GraphQL response.")
    data = payload.get("data")
    errors = payload.get("errors")
    if (data is not None and type(data) is not dict) or ("data" not in payload and not errors):
        raise SubgraphInvalidResponse(subgraph, "The subgraph's answer is not a GraphQL response.")
    if errors is not None and type(errors) is not list:
        raise SubgraphInvalidResponse(subgraph, "The subgraph's errors are not a list.")
    extensions = payload.get("extensions")
    return SubgraphResponse(
        data=data,
        errors=[error for error in errors or () if type(error) is dict],
        extensions=extensions if type(extensions) is dict else {},
        body=body if len(payload) == 1 and data is not None else None,
    )
