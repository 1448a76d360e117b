"""A request's context as headers between router and subgraph, and back.

x-trellis-caller    the caller's identity as JSON; absent for an anonymous one
x-trellis-request   the rest as JSON: address, agent, request id, profile, route, seconds left

Only a request with a service token is believed, and clients' headers of these names never travel.
"""

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from schema.identity import ANONYMOUS, Identity
from schema.request import RequestContext

CALLER = "x-trellis-caller"
REQUEST = "x-trellis-request"

_KINDS = {"user": "user", "service": "service"}


class Vouch:
    """Makes the headers by which a router vouches for a request at one subgraph."""

    def __init__(self, tokens: ServiceTokens, subgraph: str) -> None:
        self._tokens = tokens
        self._subgraph = subgraph

    def __call__(self, context: RequestContext) -> Mapping[str, str]:
        headers = {
            SERVICE_TOKEN: self._tokens.sign(self._subgraph),
            REQUEST: _text_of(_request_facts(context)),
        }
        if context.identity.is_authenticated:
            headers[CALLER] = _caller_text(context.identity)
        return headers


def read_context(caller: str | None, request: str | None) -> RequestContext:
    """The context that a router put into these two headers, still without ``headers``.

    Members that are not known are left alone: the router may be newer. Raises ValueError for text
    that no router writes.
    """
    facts = _object(request) if request is not None else {}
    seconds = _optional(facts, "seconds", (int, float))
    return RequestContext(
        identity=_read_caller(caller) if caller is not None else ANONYMOUS,
        request_id=_optional(facts, "id", str) or "",
        deadline=None if seconds is None else time.monotonic() + seconds,
        client_address=_optional(facts, "address", str),
        user_agent=_optional(facts, "agent", str),
        profile=_optional(facts, "profile", str) or "graphql",
        route=_optional(facts, "route", str),
    )


def _request_facts(context: RequestContext) -> dict[str, Any]:
    facts = {
        "id": context.request_id,
        "address": context.client_address,
        "agent": context.user_agent,
        "profile": context.profile,
        "route": context.route,
    }
    if context.deadline is not None:
        facts["seconds"] = round(max(0.0, context.deadline - time.monotonic()), 3)
    return facts


def identity_to_json(identity: Identity) -> dict[str, Any]:
    """An identity as JSON values, without the members that say nothing."""
    members = {
        "id": _id_text(identity.id),
        "username": identity.username,
        "email": identity.email,
        "roles": sorted(identity.roles),
        "scopes": sorted(identity.scopes),
        "tenantId": _id_text(identity.tenant_id),
        "tokenId": identity.token_id,
        "expiresAt": identity.expires_at,
        "issuedAt": identity.issued_at,
        "sessionId": _id_text(identity.session_id),
        "teamId": _id_text(identity.team_id),
        "kind": identity.kind,
        "keyId": identity.key_id,
        "tier": identity.tier,
    }
    return {name: value for name, value in members.items() if value not in (None, [])}


def identity_from_json(members: Mapping[str, Any]) -> Identity:
    """The identity that ``identity_to_json`` wrote. Raises ValueError."""
    kind = _KINDS.get(members.get("kind", "user"))
    if kind is None:
        raise ValueError("a caller of unknown kind")
    return Identity(
        id=_id(members, "id"),
        username=_optional(members, "username", str),
        email=_optional(members, "email", str),
        roles=_names(members, "roles"),
        scopes=_names(members, "scopes"),
        tenant_id=_id(members, "tenantId"),
        token_id=_optional(members, "tokenId", str),
        expires_at=_optional(members, "expiresAt", int),
        issued_at=_optional(members, "issuedAt", int),
        session_id=_id(members, "sessionId"),
        team_id=_id(members, "teamId"),
        kind=kind,  # pyright: ignore[reportArgumentType]
        key_id=_optional(members, "keyId", str),
        tier=_optional(members, "tier", str),
    )


@lru_cache(maxsize=1024)
def _caller_text(identity: Identity) -> str:
    """The same few callers come with every request."""
    return _text_of(identity_to_json(identity))


@lru_cache(maxsize=1024)
def _read_caller(text: str) -> Identity:
    return identity_from_json(_object(text))


def _text_of(value: Any) -> str:
    """JSON that may stand in a header: printable ASCII only (RFC 9110, section 5.5)."""
    try:
        text = orjson.dumps(value).decode()
        if text.isascii() and "\x7f" not in text:
            return text
    except orjson.JSONEncodeError:  # half a surrogate pair, which some clients send
        pass
    return json.dumps(value).replace("\x7f", "\\u007f")


def _object(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _optional(members: Mapping[str, Any], name: str, kind: Any) -> Any:
    value = members.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ValueError(f"{name} has the wrong type")
    return value


def _names(members: Mapping[str, Any], name: str) -> frozenset[str]:
    value = members.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is not a list of names")
    return frozenset(value)


def _id(members: Mapping[str, Any], name: str) -> UUID | None:
    text = _optional(members, name, str)
    return UUID(text) if text is not None else None


def _id_text(id: UUID | None) -> str | None:
    return str(id) if id is not None else None
