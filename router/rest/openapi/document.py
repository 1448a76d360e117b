"""OpenAPI 3.1 documents: one for each profile, and one for what is served at the root.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLSchema

from trellis.router.authorization.rules.index import AuthorizationRules
from trellis.router.requirements import FREE
from trellis.router.rest.access import Access, access_of
from trellis.router.rest.openapi.components import Components
from trellis.router.rest.openapi.documented import documented
from trellis.router.rest.openapi.examples import Examples
from trellis.router.rest.openapi.inputs import InputSchemas
from trellis.router.rest.openapi.parameters import parameter_objects, request_body
from trellis.router.rest.openapi.responses import ResponseWriter, data_schema
from trellis.router.rest.openapi.security import BEARER, access_sentences, security_requirements
from trellis.router.rest.openapi.sharing import share_objects
from trellis.router.rest.openapi.unused import without_unused
from trellis.router.rest.path import read_template
from trellis.router.rest.preconditions import place_of, shows_its_place
from trellis.router.rest.profile import Profile
from trellis.router.rest.route import RestRoute

Document = dict[str, Any]

OPENAPI = "3.1.1"
VERSION = "v1"

# A POST has its path in common with the GET of a list.
_CHANGES_OF_ONE = frozenset({"PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What the documents take from the graph: its public schema, its permissions, and whether one
    denied field refuses a whole operation. With ``tells_wishes`` they name what callers lack to
    read more."""

    schema: GraphQLSchema
    rules: AuthorizationRules
    rejects: bool = False
    tells_wishes: bool = True

    def access(self, route: RestRoute) -> Access:
        """Who may call a route."""
        access = access_of(route, self.schema, self.rules, rejects=self.rejects)
        return access if self.tells_wishes else replace(access, wished=FREE)


def profile_document(profile: Profile, routes: Iterable[RestRoute], graph: GraphFacts) -> Document:
    """The document of one profile, at its prefix."""
    own = [route for route in routes if route.profile.name == profile.name]
    title = profile.title or f"{profile.name} API"
    writer = _Writer(graph, own, is_merged=False)
    written = writer.document(title, profile.description, profile.prefix or "/", own)
    return documented(written, profile.documentation)


def merged_document(
    routes: Iterable[RestRoute], graph: GraphFacts, *, title: str = "REST API"
) -> Document:
    """The document of the routes that are served without a prefix, whatever their profiles."""
    chosen = list(routes)
    about = (
        "Everything that is served without a prefix. Each operation speaks the dialect of its "
        "profile; below the prefix of a profile all of its operations speak the same."
    )
    return _Writer(graph, chosen, is_merged=True).document(title, about, "/", chosen)


class _Writer:
    def __init__(self, graph: GraphFacts, routes: Sequence[RestRoute], *, is_merged: bool) -> None:
        self._graph = graph
        self._is_merged = is_merged
        self._shown = {place_of(route) for route in routes if shows_its_place(route)}
        self._components = Components()
        self._examples = Examples(self._components.schemas)
        self._inputs: dict[tuple[str, str], InputSchemas] = {}
        profiles = {route.profile.name: route.profile for route in routes}
        self._responses = {
            name: self._response_writer(profile, routes) for name, profile in profiles.items()
        }

    def document(
        self, title: str, description: str, url: str, routes: Sequence[RestRoute]
    ) -> Document:
        paths: dict[str, Any] = {}
        templates: dict[tuple[str | None, ...], str] = {}
        for route in sorted(routes, key=lambda route: route.path):
            # Templates that differ only in the names of parameters are one path (section 4.8.8).
            path = templates.setdefault(read_template(route.path).texts, route.path)
            paths.setdefault(path, {})[route.method.lower()] = self._operation(route, path)
        document = {
            "openapi": OPENAPI,
            "info": {"title": title, "version": VERSION, "description": description},
            "servers": [{"url": url}],
            "security": [{BEARER: []}],
            "tags": [{"name": name} for name in _tags(routes)],
            "paths": paths,
            "components": self._components.written(),
        }
        documentations = [route.profile.documentation for route in routes]
        described = {title for one in documentations for title in one.members}
        share_objects(self._components.schemas, described)
        return without_unused(document)

    def _operation(self, route: RestRoute, path: str) -> dict[str, Any]:
        access, inputs = self._graph.access(route), self._input_schemas(route)
        takes_if_match = route.method in _CHANGES_OF_ONE and place_of(route) in self._shown
        renamed = dict(zip(read_template(route.path).names, read_template(path).names, strict=True))
        operation: dict[str, Any] = {
            "operationId": self._operation_id(route),
            "summary": route.summary or route.name,
            "description": self._description(route, access),
            "tags": list(route.tags or _area_tag(route)),
            "deprecated": True if route.deprecated else None,
            "security": security_requirements(route, access),
            "parameters": [
                _named(p, renamed)
                for p in parameter_objects(route, inputs, takes_if_match=takes_if_match)
            ],
            "requestBody": request_body(route, inputs, self._examples),
            "responses": self._responses[route.profile.name].responses(
                route,
                access,
                self._examples,
                data=data_schema(route),
                takes_if_match=takes_if_match,
            ),
        }
        return {name: value for name, value in operation.items() if value not in (None, "")}

    def _operation_id(self, route: RestRoute) -> str:
        if self._is_merged:
            return route.profile.name + route.name[0].upper() + route.name[1:]
        return route.name[0].lower() + route.name[1:]

    def _description(self, route: RestRoute, access: Access) -> str:
        parts = [route.description] if route.description else []
        if route.deprecated and route.deprecated.successor:
            parts.append(f"Use {route.deprecated.successor} instead.")
        parts += access_sentences(access)
        if self._is_merged:
            parts.append(f"Profile: {route.profile.name}.")
        return "\n\n".join(parts)

    def _input_schemas(self, route: RestRoute) -> InputSchemas:
        """One for each way of spelling: areas of a profile may have their own."""
        profile = route.profile
        own_area = route.area if route.area in profile.spell_member_in else ""
        key = (profile.name, own_area)
        if key not in self._inputs:
            self._inputs[key] = InputSchemas(
                self._components.schemas,
                member=profile.member_speller(route.area),
                enum=profile.spell_enum,
                closed=profile.refuses_unknown_members,
                component=self._component_namer(profile, own_area),
                constraints=route.constraints,
            )
        return self._inputs[key]

    def _component_namer(self, profile: Profile, area: str) -> Callable[[str], str]:
        start = self._prefix(profile) + area.capitalize()
        return lambda name: start + name

    def _response_writer(self, profile: Profile, routes: Iterable[RestRoute]) -> ResponseWriter:
        return ResponseWriter(
            profile,
            self._components,
            prefix=self._prefix(profile),
            areas=frozenset(r.area for r in routes if r.profile.name == profile.name),
        )

    def _prefix(self, profile: Profile) -> str:
        return profile.name.capitalize() if self._is_merged else ""


def _area_tag(route: RestRoute) -> tuple[str, ...]:
    return (route.area,) if route.area else ()


def _tags(routes: Iterable[RestRoute]) -> list[str]:
    return sorted({tag for route in routes for tag in route.tags or _area_tag(route)})


def _named(parameter: Mapping[str, Any], renamed: Mapping[str, str]) -> Mapping[str, Any]:
    if parameter.get("in") != "path":
        return parameter
    return {**parameter, "name": renamed[parameter["name"]]}
