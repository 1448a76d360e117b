"""The interface between a subgraph and the process that runs it or serves it over HTTP."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry

from trellis.schema.changes import ReadChanges
from trellis.schema.content import Content
from trellis.schema.identity import Identity
from trellis.schema.policy import Policy
from trellis.schema.request import RequestContext
from trellis.schema.revocations import Revocations
from trellis.schema.web_routes import AnswerWeb


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
    """One Strawberry schema and what is needed to run it.

    - ``schema`` is a ``strawberry.federation.Schema`` if other subgraphs refer to its types, or if
      it is to run in a process of its own: a plain one cannot tell its SDL to a router.
    - ``make_context`` creates the resolver context of one operation, with new loaders: no cached
      row outlives the caller it was filtered for. It may be ``async``, and may return an async
      context manager, which is entered for the operation.
    - ``start`` opens connections, migrates the schema and starts background tasks; ``stop`` undoes
      it; ``seed`` writes demo data once; ``is_ready`` raises if the subgraph cannot serve requests.
    - ``jwks``, of the subgraph that issues tokens: the JSON Web Key Set (RFC 7517) with its public
      keys. ``is_revoked``: whether a verified token has been revoked before it expires; it is
      called for each request, so it must not wait for I/O. ``revocations`` returns the revoked
      tokens, for routers in other processes, which poll it every two seconds.
    - ``verify_api_key`` returns the identity that an API key belongs to, None for an unknown key.
      It takes equally long for any text; its result is cached for two seconds at most. The identity
      has ``kind="service"``, ``key_id``, and the ``scopes`` and ``expires_at`` of the key.
    - ``settings`` are the environment variables that the subgraph reads, in addition to those that
      all subgraphs read.
    - ``policies`` are the functions behind the names in ``@policy``; a name belongs to one subgraph
      of the graph.
    - ``find_caller``, of the subgraph that knows people: the identity that a person (user name or
      e-mail address) would sign in with. Command line tools call it, endpoints never do.
    - ``changes`` reads which objects have changed; without it, routers reuse no responses.
    - ``open_content``, of a subgraph that stores bytes for clients: finds what a ticket in a link
      (``trellis.schema.content``) leads to. Nothing but the ticket says who asks; it raises
      ``NotFound`` for one that is forged or has expired.
    - ``answer_web``, of a subgraph with HTTP routes of its own (``trellis.schema.web_routes``): it
      answers what comes to ``/web/<subgraph>/``.
    - ``unfit_for_production`` tells what of its settings is for development only, in sentences that
      the log has as errors when it starts in production.
    - ``supports_dry_run``: a mutation whose context has ``is_dry_run`` commits nothing, and
      has no other effect.
    """

    name: str
    schema: strawberry.Schema
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
    changes: ReadChanges | None = None
    open_content: Callable[[str], Awaitable[Content]] | None = None
    answer_web: AnswerWeb | None = None
    unfit_for_production: Callable[[], Sequence[str]] = tuple
    supports_dry_run: bool = False
