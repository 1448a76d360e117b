"""The interface between a subgraph and the process that runs it or serves it over HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry.federation

from trellis.schema.identity import Identity
from trellis.schema.policy import Policy
from trellis.schema.request import RequestContext
from trellis.schema.revocations import Revocations


async def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable that a subgraph reads, for the settings page."""

    name: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One Strawberry federation schema and what is needed to run it.

    ``make_context`` builds the resolver context of one operation: fresh loaders each time, so no
    cached row outlives the caller it was filtered for. It may be ``async``, and may give an async
    context manager, which is entered for the operation. ``start`` opens connections, migrates the
    schema and starts background tasks, ``stop`` undoes it; ``seed`` writes demo data once.
    ``is_ready`` answers the readiness probe. ``jwks`` is given by the subgraph that issues
    tokens: it returns the JSON Web Key Set (RFC 7517) with its public keys. ``is_revoked`` is its
    answer to whether a verified token is good no more, although it has not expired: it is asked
    with every request, so it must not wait for anything. ``revocations`` tells the same as a value
    to routers in other processes, which ask every two seconds. ``verify_api_key`` finds out whose
    API key a text is, None when it is nobody's; it takes equally long for any text, and its answer
    is remembered for two seconds at most. The identity has ``kind="service"``, ``key_id``, and the
    key's own ``scopes`` and ``expires_at``. ``settings`` tells what the subgraph reads from the
    environment beside what every subgraph does. ``policies`` are the functions behind the names in
    ``@policy``, by name; a name belongs to one subgraph of the graph. ``find_caller`` is given by
    the subgraph that knows people: the identity that somebody (a user name or an e-mail address)
    would sign in with, for the tools of whoever runs the graph; no door ever asks it.
    """

    name: str
    schema: strawberry.federation.Schema
    make_context: Callable[[RequestContext], Any]
    start: Callable[[], Awaitable[None]] = _nothing
    stop: Callable[[], Awaitable[None]] = _nothing
    seed: Callable[[], Awaitable[None]] = _nothing
    is_ready: Callable[[], Awaitable[None]] = _nothing
    jwks: Callable[[], Awaitable[Mapping[str, Any]]] | None = None
    is_revoked: Callable[[Identity], Awaitable[bool]] | None = None
    revocations: Callable[[], Awaitable[Revocations]] | None = None
    verify_api_key: Callable[[str], Awaitable[Identity | None]] | None = None
    settings: tuple[Setting, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict, hash=False)
    find_caller: Callable[[str], Awaitable[Identity | None]] | None = None
