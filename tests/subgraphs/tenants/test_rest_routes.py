"""REST: every route answers to what is the other tenant's as if the other tenant were not there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from tests.subgraphs.tenants.arguments import foreign_values, good_value, kind_of, own_value
from tests.subgraphs.tenants.asking import COMMON_NAMES
from tests.subgraphs.tenants.callers import BOSS, CALLERS
from tests.subgraphs.tenants.domains import merged
from tests.subgraphs.tenants.meaning import FREE
from tests.subgraphs.tenants.tenant import HERE, THERE
from tests.subgraphs.tenants.world import (
    World,
    differences,
    known_ids,
    masked,
    shared_supergraph,
    world_of,
)
from tests.support.shared import ROOT
from tests.support.uploads import MULTIPART, Part, multipart
from trellis.db.settings import DataSettings
from trellis.router.config import Config
from trellis.router.content.door import Contents
from trellis.router.content.sources import LocalContents
from trellis.router.identity.credentials import Credentials
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import RestService, rest_routes
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import ANONYMOUS, Identity

DIALECTS = sorted(path.name for path in (ROOT / "persisted_queries" / "rest").iterdir())
_LAST = ("DELETE", "logout")
_IN_DIALECT = merged("in_dialect")


@cache
def routes() -> tuple[RestRoute, ...]:
    """Those of all dialects; not where tests are only collected, since it takes seconds."""
    return tuple(rest_routes(Config(), shared_supergraph()[0]))


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``place`` is the parameter that has the other tenant's value."""

    route: RestRoute
    place: str | None
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any] | None
    token: str | None

    @property
    def label(self) -> str:
        return f"{self.route.profile.name} {self.route.id} {self.place}"


def requests(dialect: str) -> Iterator[Request]:
    """Each route of a dialect as its own people use it, and with everything foreign in each place;
    what takes something away comes last."""
    of_dialect = [route for route in routes() if route.profile.name == dialect]
    for route in sorted(of_dialect, key=lambda route: any(word in route.id for word in _LAST)):
        meanings = coordinates(route)
        good = {
            parameter.name: own_of(route, meanings[parameter.variable], parameter.type)
            for parameter in route.parameters
            if parameter.is_required
        }
        for parameter in route.parameters:
            place = meanings[parameter.variable]
            kind = _IN_DIALECT.get((dialect, place))
            kind = kind or kind_of(place, get_named_type(parameter.type))
            if kind in (None, FREE) or place in COMMON_NAMES:
                continue
            value = foreign_values(kind)[0]
            yield request(route, parameter.name, {**good, parameter.name: value})
        if route.page is not None and "after" in route.page.variables:
            yield request(route, "cursor", {**good, "cursor": THERE.cursor("issue", 1)})
        yield request(route, None, good)


def own_of(route: RestRoute, place: str, type_: Any) -> Any:
    """A value that the callers' own tenant may well send there in the dialect of the route."""
    kind = _IN_DIALECT.get((route.profile.name, place))
    value = own_value(place, kind, HERE) if kind else good_value(place, type_, HERE)
    is_word = isinstance(get_named_type(type_), GraphQLEnumType) and isinstance(value, str)
    return route.profile.spell_enum(value) if is_word else value


def request(route: RestRoute, place: str | None, values: Mapping[str, Any]) -> Request:
    def of(*kinds: str) -> dict[str, Any]:
        names = {one.name for one in route.parameters if one.place in kinds}
        return {name: value for name, value in values.items() if name in names}

    path = route.path
    for name, value in of("path").items():
        path = path.replace(f"{{{name}}}", quote(value))
    query = of("query") | ({"cursor": values["cursor"]} if place == "cursor" else {})
    token = next(iter(of("bearer").values()), None)
    body = of("body") if route.has_body else None
    return Request(route, place, route.profile.prefix + path, query, body, token)


def coordinates(route: RestRoute) -> dict[str, str]:
    """Where in the graph each variable of the route's operation stands."""
    found: dict[str, str] = {}
    info = TypeInfo(shared_supergraph()[0].schema)

    class Finder(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            name, parent, field = node.name.value, info.get_parent_type(), info.get_field_def()
            if info.get_argument() is None or name in found:
                return
            owner = get_named_type(info.get_parent_input_type())
            path = next(path for path, variable in route.arguments.items() if variable == name)
            last = path.rpartition(".")[2]
            if isinstance(owner, GraphQLInputObjectType) and last in owner.fields:
                found[name] = f"{owner.name}.{last}"
            else:
                assert isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType))
                fields = (one for one, known in parent.fields.items() if known is field)
                found[name] = f"{parent.name}.{next(fields)}.{last}"

    visit(parse(route.document), TypeInfoVisitor(info, Finder()))
    return found


def client(world: World) -> httpx.AsyncClient:
    """The routes in this process, for callers who are believed by name."""

    async def authenticate(credentials: Credentials) -> Identity:
        given = credentials.authorization
        return CALLERS[given.removeprefix("Bearer ")] if given else ANONYMOUS

    config, supergraph = Config(), shared_supergraph()[0]
    services = Services(
        graph=LiveGraph.over(supergraph),
        make_context=ContextMaker((), 60.0),
        authenticate=authenticate,
        limits=config.limits,
    )
    contents = Contents({"files": LocalContents(world.parts["files"].subgraph)})
    door = RestService(config, contents).door(routes(), supergraph, services, nothing_here)
    transport = httpx.ASGITransport(app=wrap(door, config))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


def sent(one: Request) -> tuple[bytes | None, str]:
    """The body and its type."""
    if "MULTIPART" not in one.route.accepts:
        return (None if one.body is None else orjson.dumps(one.body)), "application/json"
    given = dict(one.body or {})
    file = Part("file", given.pop("file").encode(), "words.txt", "text/plain")
    members = {name for name in given if "." in name}
    parts = [Part(name, str(given[name]).encode()) for name in given if name not in members]
    about: dict[str, dict[str, Any]] = {}
    for name in members:
        about.setdefault(name.partition(".")[0], {})[name.partition(".")[2]] = given[name]
    parts += [Part(name, orjson.dumps(value)) for name, value in about.items()]
    return multipart([file, *parts]), MULTIPART


async def heard(
    dialect: str, tenants: Any, folder: Path, callers: Mapping[str, Identity]
) -> dict[str, str]:
    """Status, place and body of each answer, without what differs from run to run."""
    answers: dict[str, str] = {}
    async with world_of(tenants, DataSettings(data_dir=folder)) as world, client(world) as http:
        before = await world.rows(THERE.marks)
        for one in requests(dialect):
            for name in callers:
                token = one.token or (name if callers[name].is_authenticated else None)
                content, kind = sent(one)
                headers = {"authorization": f"Bearer {token}"} if token else {}
                response = await http.request(
                    one.route.method,
                    one.path,
                    params=one.query,
                    content=content,
                    headers={**headers, **({"content-type": kind} if content else {})},
                )
                assert response.status_code < 500, (one.label, response.text)
                is_json = "json" in response.headers.get("content-type", "")
                body: Any = response.json() if is_json else response.text
                told = [response.status_code, response.headers.get("location"), body]
                answers[f"{name}: {one.label}"] = masked(told, known_ids())
        assert before - await world.rows(THERE.marks) == set()
    return answers


async def compare(dialect: str, folder: Path, callers: Mapping[str, Identity]) -> dict[str, str]:
    alone = await heard(dialect, (HERE,), folder / "alone", callers)
    beside = await heard(dialect, (HERE, THERE), folder / "beside", callers)
    assert differences(alone, beside) == {}
    return beside


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_route_answers_as_if_the_other_tenant_were_not_there(
    dialect: str, tmp_path: Path
):
    answers = await compare(dialect, tmp_path, {"boss": BOSS})
    statuses = {label: answer.split()[1].rstrip(",") for label, answer in answers.items()}
    own = {label for label in statuses if label.endswith(" None")}
    refused = {label: statuses[label] for label in own if statuses[label][0] != "2"}
    # Most routes are really used: a request that is never good would prove nothing.
    assert len(refused) < len(own) / 2, refused
    ids = {label for label in statuses if label.endswith("id") and "GET" in label}
    assert {statuses[label] for label in ids} <= {"200", "403", "404"}


@pytest.mark.long
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_route_answers_everybody_so(dialect: str, tmp_path: Path):
    await compare(dialect, tmp_path, CALLERS)


def test_every_parameter_is_known():
    assert {route.profile.name for route in routes()} == set(DIALECTS)
    for route in routes():
        meanings = coordinates(route)
        unknown = [one for one in route.parameters if one.variable not in meanings]
        assert unknown == [], route.id
