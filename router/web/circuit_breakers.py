"""``/api/circuit-breaker/status``: which subgraphs the router does not call at the moment."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from trellis.router.transports.breakers import CircuitBreakers
from trellis.router.web.request_context import dialect_of
from trellis.schema.circuit_breaker import NEVER_CALLED, BreakerStatus


class CircuitBreakerStatus:
    """The state of each subgraph, as the router that responds sees it: other workers have called it
    at other times. A subgraph of this process needs no breaker and is always closed.

    Two documents describe the members differently: 002 in snake case, 004 in camel case, in its
    envelope and with the time as milliseconds. The prefix of a dialect selects one of them.
    """

    def __init__(self, breakers: CircuitBreakers, names: Mapping[str, str | None]) -> None:
        """``names`` has all subgraphs, with the name to show where it is another one."""
        self._breakers = breakers
        self._names = {subgraph: name or subgraph for subgraph, name in names.items()}

    async def respond(self, request: Request) -> JSONResponse:
        found = self._breakers.statuses()
        statuses = {
            name: found.get(subgraph, NEVER_CALLED) for subgraph, name in self._names.items()
        }
        write = _IN_DIALECT.get(dialect_of(request.scope), _snake_case)
        return JSONResponse(write(statuses), headers={"cache-control": "no-store"})


def _snake_case(statuses: Mapping[str, BreakerStatus]) -> dict[str, Any]:
    """As in document 002."""
    return {
        name: {
            "state": status.state.value,
            "failure_count": status.failures,
            "last_failure": status.last_failure
            and status.last_failure.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for name, status in statuses.items()
    }


def _camel_case(statuses: Mapping[str, BreakerStatus]) -> dict[str, Any]:
    """As ``getState()`` in document 004, where the time is 0 before the first failure."""
    data = {
        _camel(name): {
            "state": status.state.value,
            "failures": status.failures,
            "lastFailure": int(status.last_failure.timestamp() * 1000)
            if status.last_failure
            else 0,
        }
        for name, status in statuses.items()
    }
    return {"success": True, "data": data}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


_IN_DIALECT: Mapping[str, Callable[[Mapping[str, BreakerStatus]], dict[str, Any]]] = {
    "learn": _camel_case
}
