"""Earlier responses of a subgraph, for the time in which it is not called (document 004, section
2.3: "cached data as fallback").

A response stands in only for the same request of the same caller. It is bounded in age, and clients
see that it is stale.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from trellis.router.cache import Cache
from trellis.router.exact_json import dumps
from trellis.router.pace import LARGE_BYTES
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.read import read_body
from trellis.schema.request import OF_ONE_REQUEST

KEPT_BYTES = 16_000_000
"""Per subgraph and worker: some ten thousand users."""


@dataclass(frozen=True, slots=True)
class _Kept:
    body: bytes
    received: float


class KeptResponses:
    """The last response to each request. None is used that is older than ``seconds``."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: Cache[Hashable, _Kept] = Cache(KEPT_BYTES, "kept_responses")

    def keep(self, request: SubgraphRequest, response: SubgraphResponse) -> None:
        """Keep a response that has nothing but data; any other ends the one before it, since the
        caller may have lost the right to that. Large ones are not kept, because reading them takes
        long."""
        body = response.body
        key, weight = _key_of(request)
        if body is None or len(body) >= LARGE_BYTES:
            self._kept.remove(key)
        else:
            self._kept.put(key, _Kept(body, self._clock()), weight + len(body))

    def find(self, request: SubgraphRequest) -> SubgraphResponse | None:
        """The kept response with its age."""
        kept = self._kept.get(_key_of(request)[0])
        if kept is None:
            return None
        age = self._clock() - kept.received
        if age > self._seconds:
            return None
        response = read_body(request.subgraph, kept.body, request.query)
        return replace(response, age=age)


def _key_of(request: SubgraphRequest) -> tuple[Hashable, int]:
    """Everything that the response may depend on, and its size."""
    context = request.context
    caller = context.identity.without_token
    headers = frozenset(pair for pair in context.headers.items() if pair[0] not in OF_ONE_REQUEST)
    variables = dumps(request.variables)
    facts = context.profile, context.route, context.client_address, context.user_agent
    size = 500 + len(request.query) + len(variables) + sum(len(a) + len(b) for a, b in headers)
    return (request.query, request.operation_name, variables, caller, headers, facts), size
