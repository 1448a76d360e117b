"""The OpenAPI documents of an application, which are created on demand and cached."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Self

from graphql import GraphQLSchema

from trellis.router.cache import Cache
from trellis.router.requirements import FREE, Requirement
from trellis.router.rest.openapi.document import (
    Document,
    GraphFacts,
    merged_document,
    profile_document,
)
from trellis.router.rest.openapi.permitted import permitted_route
from trellis.router.rest.profile import Profile
from trellis.router.rest.root import routes_at_root
from trellis.router.rest.route import RestRoute
from trellis.router.supergraph import Supergraph
from trellis.router.web.json_text import dump_json
from trellis.schema.identity import Identity

_KEPT_CHARACTERS = 20_000_000

MERGED = ""
"""The name of the document of the routes at the root."""


class OpenApiDocuments:
    """The documents by name, that of a profile or ``MERGED``. Profiles without a prefix are part of
    ``MERGED`` only."""

    def __init__(
        self,
        routes: Sequence[RestRoute],
        supergraph: Supergraph,
        graph: GraphFacts,
        *,
        default_profile: str,
    ) -> None:
        self._routes = tuple(routes)
        self._supergraph = supergraph
        self._graph = graph
        self._default = default_profile
        profiles = {route.profile.name: route.profile for route in routes}
        self.profiles: Mapping[str, Profile] = {
            name: profile for name, profile in profiles.items() if profile.prefix
        }
        self._written: Cache[tuple[str, frozenset[int], GraphQLSchema], bytes] = Cache(
            _KEPT_CHARACTERS
        )

    @classmethod
    def of(
        cls, supergraph: Supergraph, routes: Sequence[RestRoute], *, default_profile: str
    ) -> Self:
        """The documents of routes over this supergraph."""
        rejects = supergraph.options.reject
        facts = GraphFacts(supergraph.schema, supergraph.rules, rejects=rejects)
        return cls(routes, supergraph, facts, default_profile=default_profile)

    @property
    def names(self) -> list[str]:
        """The merged document first."""
        return [MERGED, *self.profiles]

    def document(self, name: str, *, caller: Identity | None = None) -> Document:
        """A document; with a ``caller``, of the routes that are permitted and of the members and
        parameters in the caller's view of the schema. Raises KeyError."""
        return self._document(name, self._open_to(caller), self._view_of(caller))

    def text(self, name: str, *, caller: Identity | None = None) -> bytes:
        """The document as JSON, cached for all callers with the same permissions."""
        routes, view = self._open_to(caller), self._view_of(caller)
        key = (name, frozenset(id(route) for route in routes), view)
        write = lambda: dump_json(self._document(name, routes, view))  # noqa: E731
        return self._written.find(key, write, len)

    def _document(self, name: str, routes: Sequence[RestRoute], view: GraphQLSchema) -> Document:
        facts = self._graph
        if view is not facts.schema:
            narrowed = (permitted_route(route, facts.schema, view) for route in routes)
            routes = [route for route in narrowed if route is not None]
            facts = replace(facts, tells_wishes=False)
        if name == MERGED:
            return merged_document(routes_at_root(routes, self._default), facts)
        return profile_document(self.profiles[name], routes, facts)

    def _view_of(self, caller: Identity | None) -> GraphQLSchema:
        full = self._graph.schema
        return full if caller is None else self._supergraph.schema_for(caller)

    def _open_to(self, caller: Identity | None) -> Sequence[RestRoute]:
        if caller is None:
            return self._routes
        return [route for route in self._routes if self._is_open(route, caller)]

    @cached_property
    def _needed(self) -> Mapping[int, Requirement]:
        return {id(route): self._graph.access(route).needed for route in self._routes}

    def _is_open(self, route: RestRoute, caller: Identity) -> bool:
        needed = self._needed[id(route)]
        # Policies are about objects, not routes, so they are assumed to allow access.
        return needed == FREE or needed.is_met_by(
            caller.is_authenticated,
            caller.is_admin,
            caller.scopes,
            frozenset().union(*needed.policies),
        )
