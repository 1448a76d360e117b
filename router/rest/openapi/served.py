"""The OpenAPI documents of an application: written when first asked for, then kept."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

from router.cache import Cache
from router.policy.requirements import FREE, Requirement
from router.rest.openapi.document import (
    Document,
    GraphFacts,
    merged_document,
    profile_document,
)
from router.rest.profile import Profile
from router.rest.root import routes_at_root
from router.rest.route import RestRoute
from router.supergraph import Supergraph
from router.web.json_text import dump_json
from schema.identity import Identity

_KEPT_CHARACTERS = 20_000_000

MERGED = ""
"""The name of the document of what is served without a prefix."""


class OpenApiDocuments:
    """By name: a profile's, or ``MERGED``. Profiles without a prefix are served at the root only,
    and so have no document of their own."""

    def __init__(
        self, routes: Sequence[RestRoute], graph: GraphFacts, *, default_profile: str
    ) -> None:
        self._routes = tuple(routes)
        self._graph = graph
        self._default = default_profile
        profiles = {route.profile.name: route.profile for route in routes}
        self.profiles: Mapping[str, Profile] = {
            name: profile for name, profile in profiles.items() if profile.prefix
        }
        self._written: Cache[tuple[str, frozenset[int]], bytes] = Cache(_KEPT_CHARACTERS)

    @classmethod
    def of(
        cls, supergraph: Supergraph, routes: Sequence[RestRoute], *, default_profile: str
    ) -> Self:
        """The documents of routes over this supergraph."""
        rejects = supergraph.options.reject
        facts = GraphFacts(supergraph.schema, supergraph.rules, rejects=rejects)
        return cls(routes, facts, default_profile=default_profile)

    @property
    def names(self) -> list[str]:
        """The merged document first."""
        return [MERGED, *self.profiles]

    def document(self, name: str, *, caller: Identity | None = None) -> Document:
        """A document; with a ``caller`` only of what their rights open. Raises KeyError."""
        return self._document(name, self._open_to(caller))

    def text(self, name: str, *, caller: Identity | None = None) -> bytes:
        """The document as JSON, remembered for all callers to whom the same routes are open."""
        routes = self._open_to(caller)
        key = (name, frozenset(id(route) for route in routes))
        return self._written.find(key, lambda: dump_json(self._document(name, routes)), len)

    def _document(self, name: str, routes: Sequence[RestRoute]) -> Document:
        if name == MERGED:
            return merged_document(routes_at_root(routes, self._default), self._graph)
        return profile_document(self.profiles[name], routes, self._graph)

    def _open_to(self, caller: Identity | None) -> Sequence[RestRoute]:
        if caller is None:
            return self._routes
        return [route for route in self._routes if self._is_open(route, caller)]

    @cached_property
    def _needed(self) -> Mapping[int, Requirement]:
        return {id(route): self._graph.access(route).needed for route in self._routes}

    def _is_open(self, route: RestRoute, caller: Identity) -> bool:
        needed = self._needed[id(route)]
        # Policies are asked about objects, not about routes: whether one holds is not known here.
        return needed == FREE or needed.is_met_by(
            caller.is_authenticated,
            caller.is_admin,
            caller.scopes,
            frozenset().union(*needed.policies),
        )
