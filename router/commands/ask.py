"""``trellis ask``: sends an operation to a running graph."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import httpx
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from trellis.router.errors import SubgraphError
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.websocket import WebSocketTransport
from trellis.schema.errors import Unavailable
from trellis.schema.request import RequestContext

ANSWER_SECONDS = 30.0
"""The default timeout of a query or mutation: the default of ``limits.request_seconds``, after
which the router stops a request as well."""


def is_subscription(document: str) -> bool:
    """Whether a document has a subscription. False for a syntax error, which the server reports."""
    try:
        definitions = parse(document, no_location=True).definitions
    except GraphQLError:
        return False
    return any(
        isinstance(definition, OperationDefinitionNode)
        and definition.operation is OperationType.SUBSCRIPTION
        for definition in definitions
    )


async def ask(
    url: str,
    document: str,
    variables: Mapping[str, Any],
    token: str | None,
    *,
    operation_name: str | None = None,
    timeout: float | None = None,
) -> AsyncGenerator[dict[str, Any], None]:
    """The responses to one operation: one for a query or mutation, one per event of a subscription.

    ``url`` is the GraphQL endpoint (``http://`` or ``ws://``). The operation is sent over a
    WebSocket (graphql-transport-ws). Raises Unavailable if the server cannot be reached, closes the
    connection, or sends no response for ``timeout`` seconds (None: no timeout).
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    request = SubgraphRequest(
        subgraph="server",
        query=document,
        variables=variables,
        operation_name=operation_name,
        kind="subscription",
        context=RequestContext(headers=headers),
    )
    transport = WebSocketTransport("ws" + url.removeprefix("http").removeprefix("ws"))
    try:
        async with aclosing(transport.subscribe(request)) as answers:
            while True:
                async with asyncio.timeout(timeout):
                    answer = await anext(answers, None)
                if answer is None:
                    return
                errors = {"errors": answer.errors} if answer.errors else {}
                yield {**errors, "data": answer.data}
    except TimeoutError:
        raise Unavailable(
            f"{url} did not respond within {timeout:g} seconds; use --timeout to wait longer."
        ) from None
    except SubgraphError:
        raise Unavailable(await _connection_problem(url, token)) from None


async def _connection_problem(url: str, token: str | None) -> str:
    """Why the WebSocket connection failed: the reason is found with a request over HTTP."""
    plain = "http" + url.removeprefix("ws").removeprefix("http")
    if not plain.startswith(("http://", "https://")):
        return f"{url!r} is not an http:// or ws:// URL."
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.post(plain, json={"query": "{ __typename }"}, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL):
        return f"{url} cannot be reached. Start the graph with `trellis dev`."
    match _json(answer):
        case {"errors": [{"message": str(message)}, *_]}:
            return f"{url} rejected the connection: {message}"
        case {"data": _}:
            return f"{url} closed the connection without a response."
        case _:
            return f"{url} is not a GraphQL endpoint: it returned HTTP {answer.status_code}."


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
