"""The routes generated from fields with ``@rest``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trellis.router.rest.constraints import read_constraints
from trellis.router.rest.generated.fields import Locate, RestField, nowhere, refusal, rest_fields
from trellis.router.rest.generated.operation import write_operation
from trellis.router.rest.generated.selection import Selector, public_keys
from trellis.router.rest.load import load_generated, refuse_clashes
from trellis.router.rest.path import PathTemplate, read_template
from trellis.router.rest.profile import Profile
from trellis.router.rest.route import RestRoute
from trellis.router.supergraph import Supergraph
from trellis.router.web.ops_paths import OPS_PATHS
from trellis.schema.content import CONTENT_PATH
from trellis.schema.web_routes import WEB_PATH

TAKEN_PATHS = (
    "/graphql",
    "/api/v1/graphql",
    "/api/v2/graphql",
    "/ws",
    *OPS_PATHS,
    "/.well-known/jwks.json",
    "/openapi.json",
    "/asyncapi.json",
    "/docs",
    "/docs/",
)
"""Paths at the root that are not REST routes."""

TAKEN_FOLDERS = (CONTENT_PATH, WEB_PATH)
"""What is two or more segments below them is not a REST route either."""


@dataclass(frozen=True, slots=True)
class Generated:
    """The document that was generated for a field, and its route."""

    field: RestField
    text: str
    route: RestRoute


def generate(
    supergraph: Supergraph,
    written: Sequence[RestRoute],
    profile: Profile,
    locate: Locate = nowhere,
) -> list[Generated]:
    """The operations of all fields with ``@rest``, in ``profile``, by coordinate.

    There is none for a field whose method and path belong to one of the ``written`` routes at the
    root. Raises ConfigError that names the field if it cannot be a route, if its path cannot be
    reached, or if another field has the same method and path.
    """
    fields = rest_fields(supergraph, locate)
    places = {_place(r.method, r.path) for r in written if r.profile.owns_root}
    prefixes = sorted({route.profile.prefix for route in written})
    names = {route.name for route in written if route.profile.name == profile.name}
    keys = public_keys(supergraph.graph) if fields else {}
    constraints = read_constraints(supergraph.sdl) if fields else {}
    found = []
    for field in fields:
        _refuse_unreachable(field, prefixes)
        if _place(field.method, field.path) in places:
            continue
        name = _new_name(field, names)
        names.add(name)
        selector = Selector(
            supergraph.graph,
            supergraph.rules.index,
            keys,
            field,
            rejects=supergraph.options.reject,
        )
        text = write_operation(field, name, selector)
        route = load_generated(
            text,
            supergraph,
            profile,
            area=field.subgraph,
            source=field.source,
            constraints=constraints,
        )
        found.append(Generated(field, text, route))
    refuse_clashes(one.route for one in found)
    return found


def _place(method: str, path: str) -> tuple[str, tuple[str | None, ...]]:
    return method, read_template(path).texts


def _new_name(field: RestField, taken: Iterable[str]) -> str:
    """The field's name as an operation's; numbered when there is such an operation already."""
    start = field.name[0].upper() + field.name[1:]
    name, number = start, 1
    while name in taken:
        number += 1
        name = f"{start}{number}"
    return name


def _refuse_unreachable(field: RestField, prefixes: Iterable[str]) -> None:
    try:
        template = read_template(field.path)
    except ValueError as error:
        raise refusal(field.source, f"{error}.") from None
    for prefix in prefixes:
        if prefix and template.texts[0] == prefix[1:]:
            raise refusal(
                field.source, f"{field.path} is never reached, for {prefix} is a dialect's prefix."
            )
    for path in TAKEN_PATHS:
        if _covers(template, path):
            raise refusal(field.source, f"{field.path} would take {path} from the router.")
    for folder in TAKEN_FOLDERS:
        if len(template.texts) > 2 and template.texts[0] in (None, folder[1:]):
            raise refusal(
                field.source, f"{field.path} would take paths below {folder} from the router."
            )


def _covers(template: PathTemplate, path: str) -> bool:
    segments = path[1:].split("/")
    return len(segments) == len(template.texts) and all(
        text == segment or (text is None and segment != "")
        for text, segment in zip(template.texts, segments, strict=True)
    )
