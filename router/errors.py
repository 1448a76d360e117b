"""The router's errors; those that subgraphs raise as well are in ``trellis.schema.errors``.

TrellisError (trellis.schema.errors)
├── OperationRefused           an operation that is refused before execution
│   ├── (codes: GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, limits, ...)
│   └── OperationDenied        the caller lacks rights: UNAUTHENTICATED, UNAUTHORIZED_FIELD_OR_TYPE
├── PlanningError              there is no plan, or planning exceeds its limit
├── SubgraphError              a call to a subgraph failed
│   ├── SubgraphUnavailable    SUBGRAPH_UNAVAILABLE        connection refused or reset, HTTP 5xx
│   │   ├── SubgraphCircuitOpen     (reason CIRCUIT_OPEN)   not called, because it kept failing
│   │   └── SubgraphStreamEnded                             an established subscription broke
│   ├── SubgraphTimeout        SUBGRAPH_TIMEOUT            no response in time
│   └── SubgraphInvalidResponse SUBGRAPH_INVALID_RESPONSE  not a GraphQL response, or too large
├── SupergraphInvalid          the supergraph SDL cannot be loaded
└── ConfigError                trellis.toml or the environment is invalid
"""

from collections.abc import Sequence
from typing import Any

from trellis.schema.errors import TrellisError


class OperationRefused(TrellisError):
    """An operation refused as a whole before any subgraph was called.

    ``errors`` are complete GraphQL error objects (message, locations, path, extensions.code).
    """

    http_status = 400

    def __init__(self, errors: Sequence[dict[str, Any]], *, http_status: int = 400) -> None:
        super().__init__("; ".join(str(e.get("message")) for e in errors))
        self.errors = list(errors)
        self.status = http_status


class OperationDenied(OperationRefused):
    """An operation refused because its caller lacks rights. Raised by authorization only."""


class PlanningError(TrellisError):
    code = "PLANNING_FAILED"
    http_status = 500


class PlanningLimit(PlanningError):
    code = "PLANNING_LIMIT"
    http_status = 400


class SubgraphError(TrellisError):
    code = "SUBGRAPH_UNAVAILABLE"
    http_status = 503

    def __init__(
        self,
        subgraph: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        is_reset: bool = False,
        **details: Any,
    ) -> None:
        """``status`` is that of the HTTP response, ``retry_after`` the seconds of its Retry-After.
        ``is_reset``: the connection ended before the response was complete."""
        if retry_after is not None:
            details["retry_after"] = retry_after
        super().__init__(message, service=subgraph, **details)
        self.subgraph = subgraph
        self.status = status
        self.retry_after = retry_after
        self.is_reset = is_reset


class SubgraphUnavailable(SubgraphError):
    code = "SUBGRAPH_UNAVAILABLE"


class SubgraphCircuitOpen(SubgraphUnavailable):
    """The subgraph was not called, because its circuit breaker is open."""

    def __init__(self, subgraph: str, retry_after: int) -> None:
        super().__init__(
            subgraph,
            "The subgraph is not called at the moment, because it kept failing.",
            retry_after=retry_after,
            reason="CIRCUIT_OPEN",
        )


class SubgraphStreamEnded(SubgraphUnavailable):
    """The connection of a subscription ended after the subgraph had accepted it."""


class SubgraphTimeout(SubgraphError):
    code = "SUBGRAPH_TIMEOUT"
    http_status = 504


class SubgraphInvalidResponse(SubgraphError):
    code = "SUBGRAPH_INVALID_RESPONSE"
    http_status = 502


class SupergraphInvalid(TrellisError):
    code = "INVALID_FEDERATION_SUPERGRAPH"


class ConfigError(TrellisError):
    code = "CONFIG_INVALID"
