"""Creates the context of an operation, which the pipeline and subgraphs get."""

import time
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from trellis.router.web.identity import identity_of
from trellis.router.web.request_id import request_id_of
from trellis.router.web.service_token import vouched_context_of
from trellis.schema.errors import BadRequest
from trellis.schema.identity import Identity
from trellis.schema.rate_limit import Charge
from trellis.schema.request import RequestContext

GRAPHQL = "graphql"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_USER_AGENT_LENGTH = 512
_HEADER_CHARACTERS = 8_192  # the usual limit of servers for one header
_CHARGE = "trellis.charge"
_DIALECT = "trellis.dialect"


def begin_charge(scope: MutableMapping[str, Any]) -> Charge:
    """Create the mark by which all contexts of this request know whether it was counted."""
    charge = scope[_CHARGE] = Charge()
    return charge


def note_dialect(scope: MutableMapping[str, Any], dialect: str) -> None:
    """Record the dialect of a request without a route, for counting it."""
    scope[_DIALECT] = dialect


def dialect_of(scope: Mapping[str, Any]) -> str:
    """The dialect of a request without a route, by default GraphQL."""
    return scope.get(_DIALECT, GRAPHQL)


class ContextMaker:
    """Creates the context of one operation: caller, id, deadline and forwarded headers.

    Only allow-listed headers are forwarded to subgraphs, so that clients cannot set internal ones;
    the request id is always the one that ``RequestId`` determined. The context that an
    authenticated router sends (``trellis.router.web.service_token``) is used as it is.
    """

    def __init__(self, allowed_headers: Iterable[str], seconds: float) -> None:
        self._allowed = {name.lower().encode(): name.lower() for name in allowed_headers}
        self._names = frozenset(self._allowed.values())
        self._forwards_id = b"x-request-id" in self._allowed
        self._forwards_token = b"authorization" in self._allowed
        self._seconds = seconds

    def __call__(
        self,
        scope: Mapping[str, Any],
        identity: Identity | None = None,
        authorization: str | None = None,
        *,
        profile: str | None = None,
        route: str | None = None,
        later_headers: Mapping[str, str] = NO_HEADERS,
    ) -> RequestContext:
        """The context of an operation of this request. ``identity``, its ``authorization`` and
        ``later_headers`` (see ``allowed_of``) are for endpoints that do not get them from the
        headers of the request. ``profile`` is by default the recorded dialect, or GraphQL."""
        allowed = self._allowed
        headers = {
            allowed[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in allowed
        }
        headers |= later_headers
        if authorization is not None and self._forwards_token:
            headers["authorization"] = authorization
        request_id = request_id_of(scope)
        if self._forwards_id:
            headers["x-request-id"] = request_id
        vouched = vouched_context_of(scope)
        if vouched is not None:
            return replace(
                vouched,
                headers=headers,
                deadline=self._deadline(vouched.deadline),
                charge=scope.get(_CHARGE),
            )
        client = scope.get("client")
        return RequestContext(
            identity=identity_of(scope) if identity is None else identity,
            request_id=request_id,
            headers=headers,
            deadline=self._deadline(),
            client_address=client[0] if client else None,
            user_agent=_user_agent(scope),
            profile=profile or dialect_of(scope),
            route=route,
            charge=scope.get(_CHARGE),
        )

    def allowed_of(self, payload: Mapping[str, Any]) -> dict[str, str]:
        """The members of a message that are forwarded like headers: strings with allow-listed names
        in any case. Raises BadRequest for one that is too long for a header."""
        found: dict[str, str] = {}
        for name, value in payload.items():
            if name.lower() in self._names and isinstance(value, str):
                if len(value) > _HEADER_CHARACTERS:
                    raise BadRequest(f"'{name.lower()}' has over {_HEADER_CHARACTERS} characters.")
                found[name.lower()] = value
        return found

    def _deadline(self, limit: float | None = None) -> float:
        own = time.monotonic() + self._seconds
        return own if limit is None else min(own, limit)


def _user_agent(scope: Mapping[str, Any]) -> str | None:
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return value[:_USER_AGENT_LENGTH].decode("latin-1")
    return None
