"""Asks a running graph, as any client would: ``trellis ask``."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from router.errors import SubgraphError
from router.transports.base import SubgraphRequest
from router.transports.websocket import WebSocketTransport
from schema.errors import Unavailable
from schema.request import RequestContext


async def ask(
    url: str, document: str, variables: Mapping[str, Any], token: str | None
) -> AsyncGenerator[dict[str, Any], None]:
    """The answers to one operation: one for a query or mutation, one per event for a subscription.

    ``url`` is the GraphQL endpoint (``http://`` or ``ws://``); everything goes over one WebSocket
    (graphql-transport-ws). Raises Unavailable when the server cannot be reached or hangs up.
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    request = SubgraphRequest(
        subgraph="server",
        query=document,
        variables=variables,
        kind="subscription",
        context=RequestContext(headers=headers),
    )
    transport = WebSocketTransport("ws" + url.removeprefix("http").removeprefix("ws"))
    try:
        async with aclosing(transport.subscribe(request)) as answers:
            async for answer in answers:
                errors = {"errors": answer.errors} if answer.errors else {}
                yield {**errors, "data": answer.data}
    except SubgraphError:
        raise Unavailable(
            f"{url} cannot be reached, or refused the token. `trellis dev` starts a graph."
        ) from None
