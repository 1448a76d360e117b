"""Every GET route tells what the graph tells the same caller, no more and no less."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.conformance.rest.asking import Ask
from tests.conformance.rest.cases.pm import organization_of
from tests.conformance.rest.world import World
from tests.support.shared import ROOT
from trellis.router.rest.load import load_routes
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import RestRoute
from trellis.router.rest.shape import Constant, Items, Record, Shape, Unwrapped
from trellis.router.supergraph import Supergraph

pytestmark = pytest.mark.xdist_group("rest_world")

GRAPH = Supergraph.load((ROOT / "schema" / "supergraph.graphql").read_text(encoding="utf-8"))
ROUTES = [
    route
    for route in load_routes(ROOT / "persisted_queries" / "rest", GRAPH, PROFILES)
    if route.method == "GET"
]
CALLERS = ("anonymous", "denied", "partly", "allowed")
# A dialect may speak of the graph's refusals in its own words; these are their statuses.
REFUSED = {"UNAUTHENTICATED": {401}, "UNAUTHORIZED_FIELD_OR_TYPE": {401, 403, 404}}


def token_of(world: World, caller: str) -> str | None:
    """Nobody, somebody without scopes, a colleague, an administrator."""
    tokens = {"denied": world.nobody, "partly": lambda: world.token("alan")}
    if caller == "anonymous":
        return None
    return tokens.get(caller, lambda: world.token("ada"))()


def path_values(world: World, route: RestRoute) -> dict[str, str]:
    """Something for each parameter of a route's path that alan may see in part."""
    of_area = {
        "projects": world.project,
        "issues": world.discussed_issue,
        "comments": world.discussed_issue,
        "users": world.person_id("grace"),
    }
    known = {
        "project_id": world.project,
        "user_id": world.person_id("grace"),
        "org_id": organization_of(world, "alan"),
        "id": of_area.get(route.area, ""),
        # A personal task is seen by its maker alone: here by the one who may everything.
        "task_id": world.task if route.profile.name == "pm" else world.personal_task,
    }
    return {p.name: known[p.name] for p in route.parameters if p.place == "path"}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.profile.name} {route.name}")
def test_a_route_shows_what_the_graph_shows(world: World, route: RestRoute, caller: str):
    token, path = token_of(world, caller), path_values(world, route)
    graph = ask_graph(world, route, path, token)
    rest = Ask(token=token, path=path).send(world, "GET", route.profile.prefix + route.path)
    told = value_at(graph.get("data"), route.root)

    if told is None or value_at(graph["data"], route.page.path if route.page else ()) is None:
        codes = {error["extensions"]["code"] for error in graph.get("errors", ())}
        allowed = set.union({404}, *(REFUSED.get(code, {403, 404}) for code in codes))
        assert caller != "allowed"
        assert rest.status_code in allowed, rest.text
        assert "data" not in rest.json()
        return
    assert (rest.status_code, caller != "anonymous") == (200, True), rest.text
    body = rest.json()
    shown = body["data"] if "success" in body else body
    constants = Counter(constant_leaves(route.shape, shown))
    assert Counter(leaves(shown)) - constants == Counter(leaves(told_items(told, route)))


def ask_graph(
    world: World, route: RestRoute, path: Mapping[str, str], token: str | None
) -> dict[str, Any]:
    variables: dict[str, Any] = {
        p.variable: path[p.name] for p in route.parameters if p.name in path
    }
    if route.page is not None and route.profile.paginator is not None:
        page = route.profile.paginator.read({}).variables
        variables |= {name: page[name] for name in page.keys() & route.page.variables}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"query": route.document, "variables": variables}
    return world.client.post("/graphql", json=body, headers=headers).json()


def told_items(told: Any, route: RestRoute) -> Any:
    """The graph's value; of a connection that is paged only its nodes."""
    if route.page is None:
        return told
    below = route.page.path[len(route.root) :]
    edges = value_at(told, below)["edges"]
    nodes = [edge["node"] for edge in edges]
    for key in reversed(below):
        nodes = {key: nodes}
    return nodes


def leaves(value: Any) -> Iterator[str]:
    """Every scalar in it, in one spelling for enums; what is null is as good as absent."""
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield str(value).lower().replace(".", "_")


def constant_leaves(shape: Shape, shown: Any) -> Iterator[str]:
    """The scalars in shown data that are not the graph's but the stored operation's."""
    if isinstance(shape, Items):
        for item in shown or ():
            yield from constant_leaves(shape.item, item)
    elif isinstance(shape, Unwrapped):
        yield from constant_leaves(shape.inner, shown)
    elif isinstance(shape, Record) and shown is not None:
        for member in shape.members:
            if isinstance(member.shape, Constant):
                yield from leaves(member.shape.value)
            elif member.name in shown:
                yield from constant_leaves(member.shape, shown[member.name])


def value_at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value[key] if value is not None else None
    return value


def test_the_graph_is_asked_by_every_dialect():
    assert {route.profile.name for route in ROUTES} >= {
        "pm",
        "tracker",
        "commerce",
        "learn",
        "union",
    }
    assert len(ROUTES) >= 22
