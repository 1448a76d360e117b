"""Asks a running graph, as any client would: ``trellis ask``."""

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
"""How long a query or mutation may take: what takes longer is more often stuck than slow."""


def is_subscription(document: str) -> bool:
    """Whether a document has a subscription; not where it has a syntax error, of which the server
    says more."""
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
    """The answers to one operation: one for a query or mutation, one per event for a subscription.

    ``url`` is the GraphQL endpoint (``http://`` or ``ws://``); everything goes over one WebSocket
    (graphql-transport-ws). Raises Unavailable when the server cannot be reached, hangs up, or lets
    ``timeout`` seconds pass before an answer (None: waits as long as it takes).
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
            f"{url} did not answer within {timeout:g} seconds; --timeout waits longer."
        ) from None
    except SubgraphError:
        raise Unavailable(await _why_not(url, token)) from None


async def _why_not(url: str, token: str | None) -> str:
    """What is wrong where no WebSocket came about, or it ended: asked once more over HTTP."""
    plain = "http" + url.removeprefix("ws").removeprefix("http")
    if not plain.startswith(("http://", "https://")):
        return f"{url!r} is no http:// or ws:// address."
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.post(plain, json={"query": "{ __typename }"}, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL):
        return f"{url} cannot be reached. `trellis dev` starts a graph."
    match _json(answer):
        case {"errors": [{"message": str(message)}, *_]}:
            return f"{url} refuses: {message}"
        case {"data": _}:
            return f"{url} ended the connection without an answer."
        case _:
            return f"{url} is no GraphQL endpoint: it answers {answer.status_code}."


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
