"""Parses the responses of subgraphs."""

from typing import Any

import orjson

from trellis.router.errors import SubgraphInvalidResponse
from trellis.router.exact_json import loads, loads_surrogates
from trellis.router.transports.base import SubgraphResponse
from trellis.router.transports.invalid_text import has_invalid_text, without_invalid_text


def read_body(subgraph: str, body: bytes, query: str = "") -> SubgraphResponse:
    """Parse the response to ``query``. Raises SubgraphInvalidResponse."""
    payload, is_whole = read_json(subgraph, body)
    response = read_response(subgraph, payload, body if is_whole else None, len(body))
    return response if is_whole else without_invalid_text(response, query)


def read_json(subgraph: str, text: bytes | str) -> tuple[Any, bool]:
    """Parse a JSON text. Returns its value and whether all its strings are Unicode text. Raises
    SubgraphInvalidResponse."""
    try:
        return loads(text), True
    except orjson.JSONDecodeError:
        pass
    try:
        payload = loads_surrogates(text)
    except ValueError:
        payload = None
    # Only invalid text is tolerated; anything else that orjson rejects is an error.
    if not has_invalid_text(payload):
        raise SubgraphInvalidResponse(subgraph, "The subgraph's response is not JSON.")
    return payload, False


def read_response(
    subgraph: str, payload: Any, body: bytes | None = None, size: int = 0
) -> SubgraphResponse:
    """Check a decoded ``payload`` (GraphQL specification, "Response Format"): an object with
    ``data``, ``errors`` or both. Raises SubgraphInvalidResponse.

    ``body``, the bytes it was parsed from, is kept only if ``data`` is the only member; ``size`` is
    their number.
    """
    if type(payload) is not dict:
        raise SubgraphInvalidResponse(subgraph, "The subgraph did not return a GraphQL response.")
    data = payload.get("data")
    errors = payload.get("errors")
    if (data is not None and type(data) is not dict) or ("data" not in payload and not errors):
        raise SubgraphInvalidResponse(subgraph, "The subgraph did not return a GraphQL response.")
    if errors is not None and type(errors) is not list:
        raise SubgraphInvalidResponse(subgraph, "The subgraph's errors are not a list.")
    extensions = payload.get("extensions")
    return SubgraphResponse(
        data=data,
        errors=[error for error in errors or () if type(error) is dict],
        extensions=extensions if type(extensions) is dict else {},
        body=body if len(payload) == 1 and data is not None else None,
        size=size,
    )
