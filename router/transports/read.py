"""Reading a subgraph's answer: what is a GraphQL response and what is not."""

from typing import Any

import orjson

from router.errors import SubgraphInvalidResponse
from router.exact_json import loads
from router.transports.base import SubgraphResponse


def read_body(subgraph: str, body: bytes) -> SubgraphResponse:
    """The response in ``body``. Raises SubgraphInvalidResponse when it is none."""
    try:
        payload = loads(body)
    except orjson.JSONDecodeError:
        raise SubgraphInvalidResponse(subgraph, "The subgraph's answer is not JSON.") from None
    return read_response(subgraph, payload, body)


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
