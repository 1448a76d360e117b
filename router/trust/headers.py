"""The context of a request as headers between the router and a subgraph.

x-trellis-caller    the caller's identity as JSON; absent for an anonymous one
x-trellis-request   the rest as JSON: address, agent, request id, profile, route, seconds left,
                    state of the rate limits

They are trusted only together with a service token. Client headers of these names are never
forwarded.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import orjson

from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.router.trust.wire import identity_from_json, identity_to_json, optional_member
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.rate_limit import RateLimitState
from trellis.schema.request import RequestContext

CALLER = "x-trellis-caller"
REQUEST = "x-trellis-request"


class Vouch:
    """Makes the headers by which a router vouches for the caller of a request to one subgraph."""

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
    """The context in these two headers; its ``headers`` are not set.

    Unknown members are ignored, since the router may be newer. Raises ValueError for invalid text.
    """
    facts = _object(request) if request is not None else {}
    seconds = optional_member(facts, "seconds", (int, float))
    return RequestContext(
        identity=_read_caller(caller) if caller is not None else ANONYMOUS,
        request_id=optional_member(facts, "id", str) or "",
        deadline=None if seconds is None else time.monotonic() + seconds,
        client_address=optional_member(facts, "address", str),
        user_agent=optional_member(facts, "agent", str),
        profile=optional_member(facts, "profile", str) or "graphql",
        route=optional_member(facts, "route", str),
        rate_limit=tuple(_limit(state) for state in facts.get("limits", ())),
    )


def _request_facts(context: RequestContext) -> dict[str, Any]:
    facts = {
        "id": context.request_id,
        "address": context.client_address,
        "agent": context.user_agent,
        "profile": context.profile,
        "route": context.route,
    }
    if context.rate_limit:
        facts["limits"] = [asdict(state) for state in context.rate_limit]
    if context.deadline is not None:
        facts["seconds"] = round(max(0.0, context.deadline - time.monotonic()), 3)
    return facts


def _limit(state: Any) -> RateLimitState:
    if not isinstance(state, Mapping):
        raise ValueError("expected an object for each rate limit")
    numbers = {
        name: int(state.get(name, 0)) for name in ("limit", "window", "remaining", "reset_at")
    }
    return RateLimitState(name=str(state.get("name", "")), **numbers)


@lru_cache(maxsize=1024)
def _caller_text(identity: Identity) -> str:
    """Cached, because a few callers make most requests."""
    return _text_of(identity_to_json(identity))


@lru_cache(maxsize=1024)
def _read_caller(text: str) -> Identity:
    return identity_from_json(_object(text))


def _text_of(value: Any) -> str:
    """JSON that is valid in a header: printable ASCII only (RFC 9110, section 5.5)."""
    try:
        text = orjson.dumps(value).decode()
        if text.isascii() and "\x7f" not in text:
            return text
    except orjson.JSONEncodeError:  # a lone surrogate, which some clients send
        pass
    return json.dumps(value).replace("\x7f", "\\u007f")


def _object(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
