"""The result that the pipeline returns to every door."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from trellis.router.authorization.object_checks import DeniedValue
from trellis.router.errors import OperationRefused
from trellis.router.exact_json import dumps
from trellis.router.operation.model import OperationKind
from trellis.router.rate_limit.report import Headers, RateReport
from trellis.schema.errors import TrellisError


class Answer(NamedTuple):
    """The result of one operation, or of one event of a subscription.

    ``executed`` is false if the operation was refused before execution. The response then has no
    ``data`` member ("Request Error Result" in the GraphQL specification), and ``status`` is the
    HTTP status for ``application/graphql-response+json``. ``body`` has the bytes of the complete
    response if a subgraph's response is the client's. ``kind`` is None if the operation could not
    be parsed. ``rate`` is the state of the rate limits that counted it, for doors that can report
    it. ``denied_values`` are the values that policies denied, for explanations; ``errors`` has an
    error for each.
    """

    data: dict[str, Any] | None = None
    errors: Sequence[dict[str, Any]] = ()
    extensions: Mapping[str, Any] = MappingProxyType({})
    executed: bool = True
    status: int = 200
    body: bytes | None = None
    kind: OperationKind | None = None
    rate: RateReport | None = None
    denied_values: Sequence[DeniedValue] = ()

    @classmethod
    def refused(cls, error: TrellisError, rate: RateReport | None = None) -> "Answer":
        """The answer to an operation that was refused with this error."""
        if isinstance(error, OperationRefused):
            return cls(errors=error.errors, executed=False, status=error.status, rate=rate)
        errors = [{"message": error.message, "extensions": error.extensions}]
        return cls(errors=errors, executed=False, status=error.http_status, rate=rate)

    @property
    def headers(self) -> Headers:
        """Additional headers for doors that write HTTP headers."""
        return () if self.rate is None else self.rate.headers

    def with_rate(self, rate: RateReport) -> "Answer":
        """The same answer with the state of its rate limits. This takes a third of the time of
        ``_replace``, and it runs for each operation."""
        return Answer(
            self.data,
            self.errors,
            self.extensions,
            self.executed,
            self.status,
            self.body,
            self.kind,
            rate,
            self.denied_values,
        )

    def with_stale(self, ages: Mapping[str, float]) -> "Answer":
        """The same answer, marked as containing earlier data of these subgraphs, which are ``ages``
        seconds old."""
        stale = [{"service": name, "seconds": math.ceil(age)} for name, age in sorted(ages.items())]
        return self._replace(extensions={**self.extensions, "stale": stale})

    @property
    def stale_seconds(self) -> int | None:
        """The age of the oldest data in the answer; None if all are fresh."""
        stale = self.extensions.get("stale")
        return max(one["seconds"] for one in stale) if stale else None

    def to_dict(self) -> dict[str, Any]:
        """The response map, with ``errors`` first, as the specification recommends."""
        response: dict[str, Any] = {}
        if self.errors:
            response["errors"] = list(self.errors)
        if self.executed:
            response["data"] = self.data
        if self.extensions:
            response["extensions"] = dict(self.extensions)
        return response

    def to_bytes(self) -> bytes:
        """The response as JSON."""
        if self.body is not None and not self.errors and not self.extensions:
            return self.body
        return dumps(self.to_dict())
