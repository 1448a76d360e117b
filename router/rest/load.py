"""Reads and checks the stored operations that are REST routes.

A file ``<folder>/<profile>/<area>/<name>.graphql`` holds one operation with ``@rest``. The comment
lines above it are its summary (the first) and its description. Topics of the event socket are read
in the same way (``router/topics/load.py``).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from graphql import (
    DirectiveLocation,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    TokenKind,
    parse,
    print_ast,
    validate,
)

from trellis.router.errors import ConfigError, OperationRefused
from trellis.router.rest.constraints import read_constraints, variable_rules
from trellis.router.rest.directives import Reading, read_directives, without_directives
from trellis.router.rest.parameters import PAGE_VARIABLES, argument_paths, read_parameters
from trellis.router.rest.path import read_template
from trellis.router.rest.profile import Profile
from trellis.router.rest.retirement import read_deprecation
from trellis.router.rest.route import (
    Constraints,
    FailureOverride,
    FieldSource,
    OperationNodes,
    PageUse,
    RestRoute,
    Source,
)
from trellis.router.rest.route_checks import check_location, check_rest, path_template
from trellis.router.rest.selection import Shown, read_selection
from trellis.router.rest.shape import Leaf, omitting_nulls, visible
from trellis.router.rest.topic import CURSOR_HEADER, TOPIC_PATH, Topic, is_cursor

_LOCATIONS = {
    "query": DirectiveLocation.QUERY,
    "mutation": DirectiveLocation.MUTATION,
    "subscription": DirectiveLocation.SUBSCRIPTION,
}
_TOPIC_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
# A topic is a stream of events like a route with `answers: EVENTS`, but for its framing.
_TOPIC_AS_ROUTE = {
    "method": "GET",
    "status": 200,
    "accepts": ("JSON",),
    "answers": "EVENTS",
    "anonymous": False,
    "reuseSeconds": 0,
}


class OperationChecks(Protocol):
    """The part of a supergraph that is needed to check operations."""

    @property
    def schema(self) -> GraphQLSchema: ...

    @property
    def sdl(self) -> str: ...

    def parse(self, document: str, operation_name: str | None = None) -> Any:
        """Check limits and validity of a document. Raises OperationRefused."""
        ...


def load_routes(
    folder: Path,
    graph: OperationChecks,
    profiles: Mapping[str, Profile],
    *,
    served: Collection[str] | None = None,
) -> list[RestRoute]:
    """All routes below ``folder``, by profile, area and name; only those of the ``served`` profiles
    if they are given.

    Raises ConfigError with file and line for invalid routes: an unknown field, variable or profile,
    a path parameter without a variable, two routes with the same method and path.
    """
    constraints = read_constraints(graph.sdl)
    routes = [
        load_route(text, graph, profile, area=area, file=file, constraints=constraints)
        for file, text, profile, area in stored_documents(folder, profiles, served)
    ]
    refuse_clashes(routes)
    return routes


class StoredDocument(NamedTuple):
    file: Path
    text: str
    profile: Profile
    area: str


def stored_documents(
    folder: Path, profiles: Mapping[str, Profile], served: Collection[str] | None
) -> Iterator[StoredDocument]:
    """The files below ``folder`` of the ``served`` profiles, of all if they are not given. Raises
    ConfigError for a folder that is no profile."""
    for file in sorted(folder.glob("*/**/*.graphql")):
        profile_name, *areas = file.relative_to(folder).parts[:-1]
        profile = profiles.get(profile_name)
        if profile is None:
            known = ", ".join(profiles)
            raise ConfigError(f"{file}: there is no profile {profile_name}, only {known}.")
        if served is None or profile_name in served:
            yield StoredDocument(file, file.read_text(encoding="utf-8"), profile, ".".join(areas))


def load_route(
    text: str,
    graph: OperationChecks,
    profile: Profile,
    *,
    area: str,
    file: Path,
    constraints: Constraints | None = None,
) -> RestRoute:
    """The route that a document describes; ``file`` is the file it was read from. Without
    ``constraints`` they are read from the graph, which takes a while. Raises ConfigError."""
    constraints = read_constraints(graph.sdl) if constraints is None else constraints
    with _located(file, text):
        return _Document(text, graph, profile, constraints, area, file).route()


def load_topic(stored: StoredDocument, graph: OperationChecks, constraints: Constraints) -> Topic:
    """The topic of the event socket that a document describes. Raises ConfigError."""
    file, text, profile, area = stored
    with _located(file, text):
        return _Document(text, graph, profile, constraints, area, file).topic()


@contextmanager
def _located(file: Path, text: str) -> Iterator[None]:
    """Raises ConfigError with file and line for a GraphQLError."""
    try:
        yield
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else _line_of_operation(text)
        raise ConfigError(f"{file}:{line}: {error.message}") from None


def load_generated(
    text: str,
    graph: OperationChecks,
    profile: Profile,
    *,
    area: str,
    source: FieldSource,
    constraints: Constraints,
) -> RestRoute:
    """The route of a document that was generated for a field. Raises ConfigError that names the
    field."""
    try:
        return _Document(text, graph, profile, constraints, area, source).route()
    except GraphQLError as error:
        raise ConfigError(f"{source}: {error.message}") from None


def refuse_clashes(routes: Iterable[RestRoute]) -> None:
    """Raises ConfigError if two routes of a profile have the same method and path, or name."""
    known: dict[tuple[Any, ...], RestRoute] = {}
    for route in routes:
        for key in (
            ("place", route.profile.name, route.method, read_template(route.path).texts),
            ("name", route.profile.name, route.name),
        ):
            other = known.setdefault(key, route)
            if other is not route:
                what = route.id if key[0] == "place" else f"The operation {route.name}"
                raise ConfigError(f"{route.source}: {what} is in {other.source} already.")


class _Parsed(NamedTuple):
    document: DocumentNode
    operation: OperationDefinitionNode
    directives: Reading


@dataclass(frozen=True, slots=True)
class _Document:
    text: str
    graph: OperationChecks
    profile: Profile
    constraints: Constraints
    area: str
    origin: Path | FieldSource

    def route(self) -> RestRoute:
        parsed = self._parse()
        _, operation, reading = parsed
        rest = reading.one("rest")
        if rest is None:
            message = "A route says where it is: @rest(method: GET, path: ...) after its variables."
            raise GraphQLError(message, operation)
        if "topic" in reading:
            raise GraphQLError("A topic is a document of its own, below `topics`.", operation)
        return self._route(parsed, rest)

    def topic(self) -> Topic:
        parsed = self._parse()
        _, operation, reading = parsed
        given = reading.one("topic")
        if given is None or "rest" in reading:
            message = "A topic says what it is, and is no route: @topic(name: ...)."
            raise GraphQLError(message, operation)
        if not _TOPIC_NAME.fullmatch(given["name"]):
            raise GraphQLError("@topic: a name has small letters, digits and `-`.", operation)
        id = given.get("id") and self.profile.member_speller(self.area)(given["id"])
        path = f"{TOPIC_PATH}/{given['name']}" + (f"/{{{id}}}" if id else "")
        rest = {**_TOPIC_AS_ROUTE, "path": path, "root": given.get("root")}
        route = self._route(parsed, rest)
        for parameter in route.parameters:
            if not (parameter.place == "path" or is_cursor(parameter)):
                message = f"@topic: nothing fills ${parameter.variable}; a topic has an id, and a "
                message += f'cursor that is @from(header: "{CURSOR_HEADER}").'
                raise GraphQLError(message, operation)
        return Topic(given["name"], route)

    def _parse(self) -> _Parsed:
        document = parse(self.text)
        operation = _only_operation(document)
        location = _LOCATIONS[operation.operation.value]
        directives = read_directives(operation.directives, location, operation)
        return _Parsed(document, operation, directives)

    def _route(self, parsed: _Parsed, rest: Mapping[str, Any]) -> RestRoute:
        document, operation, reading = parsed
        bare = without_directives(document)
        printed = print_ast(bare)
        self._check(printed, bare)
        template = path_template(rest["path"], operation)
        check_rest(rest, operation)
        shown = self._shown(document, operation, rest, reading)
        if shown.event_id is not None and rest["answers"] != "EVENTS":
            raise GraphQLError("@eventId goes with `answers: EVENTS`.", operation)
        if rest["answers"] == "FILE" and not isinstance(visible(shown.shape), Leaf):
            raise GraphQLError("@rest: a file is one field, the link to it.", operation)
        page = self._page(operation, shown)
        parameters = read_parameters(
            self.graph.schema,
            operation.variable_definitions or (),
            method=rest["method"],
            path_names=template.names,
            profile=self.profile,
            area=self.area,
            is_paged=page is not None,
            takes_files="MULTIPART" in rest["accepts"],
            rules=variable_rules(bare, self.graph.schema, self.constraints),
            constraints=self.constraints,
        )
        if rest.get("location"):
            check_location(rest["location"], template, shown, operation)
        summary, description = _words_above(operation)
        assert operation.name is not None
        assert operation.loc is not None
        return RestRoute(
            profile=self.profile,
            area=self.area,
            name=operation.name.value,
            source=self._source(operation.loc.start_token.line),
            method=rest["method"],
            path=rest["path"],
            kind=operation.operation.value,
            document=printed,
            nodes=self._nodes(bare),
            root=shown.root,
            shape=omitting_nulls(shown.shape) if self.profile.omits_nulls else shown.shape,
            status=rest["status"],
            parameters=parameters,
            page=page,
            accepts=tuple(rest["accepts"]),
            answers=rest["answers"],
            location=rest.get("location"),
            message=rest.get("message"),
            failures=_failures(reading),
            arguments=argument_paths(document),
            tags=tuple(rest.get("tags") or ()),
            summary=summary,
            description=description,
            deprecated=read_deprecation(rest.get("deprecated"), self.profile, operation),
            event_id=shown.event_id,
            anonymous=rest["anonymous"],
            reuse_seconds=rest["reuseSeconds"],
            constraints=self.constraints,
        )

    def _nodes(self, bare: DocumentNode) -> OperationNodes:
        operation = _only_operation(bare)
        root = self.graph.schema.get_root_type(operation.operation)
        assert root is not None, "the operation has been validated"
        return OperationNodes(operation, root.name, _fragments(bare))

    def _source(self, line: int) -> Source | FieldSource:
        return Source(self.origin, line) if isinstance(self.origin, Path) else self.origin

    def _check(self, printed: str, bare: DocumentNode) -> None:
        """Validate the operation, with error locations in the file."""
        try:
            self.graph.parse(printed)
        except OperationRefused as refusal:
            # ``bare`` has the locations of the file, the printed text does not.
            for error in validate(self.graph.schema, bare):
                raise error from None
            raise GraphQLError(refusal.message, _only_operation(bare)) from None

    def _shown(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        rest: Mapping[str, Any],
        reading: Reading,
    ) -> Shown:
        return read_selection(
            self.graph.schema,
            operation,
            _fragments(document),
            root=rest.get("root"),
            members=reading.all("member"),
            spell_member=self.profile.member_speller(self.area),
            spell_enum=self.profile.spell_enum,
            paginator=self.profile.paginator,
        )

    def _page(self, operation: OperationDefinitionNode, shown: Shown) -> PageUse | None:
        if shown.page is None:
            return None
        paginator = self.profile.paginator
        assert paginator is not None, "the selection has been checked"
        nodes = operation.variable_definitions or ()
        declared = PAGE_VARIABLES.intersection(node.variable.name.value for node in nodes)
        if missing := paginator.variables - declared:
            wanted = ", ".join(f"${name}" for name in sorted(missing))
            raise GraphQLError(f"The pagination needs the variables {wanted}.", operation)
        return PageUse(shown.page, declared)


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def _only_operation(document: DocumentNode) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1:
        raise GraphQLError("A route has exactly one operation.", operations[1:2] or None)
    if operations[0].name is None:
        raise GraphQLError("The operation needs a name, which documentation uses.", operations[0])
    return operations[0]


def _failures(reading: Reading) -> dict[str, FailureOverride]:
    return {
        given["code"]: FailureOverride(given.get("status"), given.get("as"))
        for given in reading.all("failure")
    }


def _words_above(operation: OperationDefinitionNode) -> tuple[str, str]:
    """The comment directly above the operation: the first line, and the other lines as one text."""
    assert operation.loc is not None
    lines: list[str] = []
    token = operation.loc.start_token
    line = token.line
    while (
        token.prev is not None
        and token.prev.kind is TokenKind.COMMENT
        and token.prev.line == line - 1
    ):
        token, line = token.prev, line - 1
        lines.insert(0, (token.value or "").strip())
    if not lines:
        return "", ""
    return lines[0], "\n".join(lines[1:]).strip()


def _line_of_operation(text: str) -> int:
    """The line for errors without a location: the first one that is not a comment."""
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if line and line[0] != "#"), 1)
