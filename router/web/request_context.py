"""What the pipeline and subgraphs learn about a request from the door it came through."""

import time
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from trellis.router.web.identity import identity_of
from trellis.router.web.request_id import request_id_of
from trellis.router.web.service_token import router_word_of
from trellis.schema.errors import BadRequest
from trellis.schema.identity import Identity
from trellis.schema.rate_limit import Charge
from trellis.schema.request import RequestContext

GRAPHQL = "graphql"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_USER_AGENT_LENGTH = 512
_HEADER_CHARACTERS = 8_192  # what servers usually take for one header
_CHARGE = "trellis.charge"
_DIALECT = "trellis.dialect"


def begin_charge(scope: MutableMapping[str, Any]) -> Charge:
    """Let the contexts of this request know whether it has been counted."""
    charge = scope[_CHARGE] = Charge()
    return charge


def note_dialect(scope: MutableMapping[str, Any], dialect: str) -> None:
    """Let whoever counts a request that no route took know the dialect that it meant."""
    scope[_DIALECT] = dialect


class ContextMaker:
    """Makes the context of one operation: caller, id, deadline, and the headers that may travel.

    Only allow-listed headers reach subgraphs, so nothing that a client adds can pose as ours; the
    request id is always the one we settled on. What a router that proved itself says about the
    request (``trellis.router.web.service_token``) is taken over as it is.
    """

    def __init__(self, allowed_headers: Iterable[str], seconds: float) -> None:
        self._allowed = {name.lower().encode(): name.lower() for name in allowed_headers}
        self._names = frozenset(self._allowed.values())
        self._passes_id_on = b"x-request-id" in self._allowed
        self._passes_token_on = b"authorization" in self._allowed
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
        """``identity``, the ``authorization`` that proves it and ``later_headers`` (see
        ``allowed_of``) are given by doors that learn them later than by the request's headers;
        ``profile`` and ``route`` by those that have some; else the dialect that was noted is meant,
        or GraphQL."""
        allowed = self._allowed
        headers = {
            allowed[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in allowed
        }
        headers |= later_headers
        if authorization is not None and self._passes_token_on:
            headers["authorization"] = authorization
        request_id = request_id_of(scope)
        if self._passes_id_on:
            headers["x-request-id"] = request_id
        word = router_word_of(scope)
        if word is not None:
            return replace(
                word,
                headers=headers,
                deadline=self._deadline(word.deadline),
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
            profile=profile or scope.get(_DIALECT, GRAPHQL),
            route=route,
            charge=scope.get(_CHARGE),
        )

    def allowed_of(self, payload: Mapping[str, Any]) -> dict[str, str]:
        """What of a message's members may travel like headers: texts under allow-listed names, in
        any case. Raises BadRequest for one that is longer than headers may be."""
        found: dict[str, str] = {}
        for name, value in payload.items():
            if name.lower() in self._names and isinstance(value, str):
                if len(value) > _HEADER_CHARACTERS:
                    raise BadRequest(f"'{name.lower()}' has over {_HEADER_CHARACTERS} characters.")
                found[name.lower()] = value
        return found

    def _deadline(self, told: float | None = None) -> float:
        own = time.monotonic() + self._seconds
        return own if told is None else min(own, told)


def _user_agent(scope: Mapping[str, Any]) -> str | None:
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return value[:_USER_AGENT_LENGTH].decode("latin-1")
    return None
