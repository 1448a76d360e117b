"""Every GET route tells what the graph tells the same caller, no more and no less."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.conformance.rest.asking import Ask
from tests.conformance.rest.cases.files import new_file
from tests.conformance.rest.cases.learn_executions import completed
from tests.conformance.rest.cases.pm import organization_of
from tests.conformance.rest.cases.tracker_reports import report
from tests.conformance.rest.world import World
from tests.support.product_graph import product_graph, product_routes
from trellis.db.seed.chat import demo_channels
from trellis.db.seed.world import demo_id
from trellis.router.rest.route import RestRoute
from trellis.router.rest.shape import Constant, Items, Record, Shape, Unwrapped

pytestmark = pytest.mark.xdist_group("rest_world")

GRAPH = product_graph()
ROUTES = [route for route in product_routes() if route.method == "GET" and route.answers == "JSON"]
# What a route cannot do without beside its path: as clients write it, and as the graph has it.
QUERIES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "pm ListComments": {
        "entity_type": ("project", "PROJECT"),
        "entity_id": (str(demo_id("project", "ENG")), str(demo_id("project", "ENG"))),
    },
    "tracker Search": {"q": ("card", "card")},
    "tracker SuggestSearches": {"q": ("card", "card")},
}
# A link to a file is another one each time.
TICKET = re.compile(r"(/content/\w+/).+")
DECIMAL = re.compile(r"-?\d+\.\d+")
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
    of_area |= {"courses": str(demo_id("course", "python"))}
    if route.area == "files":
        of_area["files"] = new_file(world, owner="ada")
    if route.area == "chat":
        of_area["chat"] = in_general(route)
    if route.area == "executions":
        of_area["executions"] = completed(world, world.token("ada")).path["id"]
    if route.name == "GetLessonVideo":
        of_area["courses"] = str(demo_id("lesson", "python-1"))
    if route.name == "GetReport":
        of_area[route.area] = report(world).path["id"]
    known = {
        "project_id": world.project,
        "user_id": world.person_id("grace"),
        "org_id": organization_of(world, "alan"),
        "id": of_area.get(route.area, ""),
        # A personal task is seen by its maker alone: here by the one who may everything.
        "order_id": str(demo_id("order", "alan-1")),
        "payment_id": str(demo_id("payment", "alan-1")),
        "file_id": of_area.get("files", ""),
        "task_id": world.task if route.profile.name == "pm" else world.personal_task,
    }
    return {p.name: known[p.name] for p in route.parameters if p.place == "path"}


def in_general(route: RestRoute) -> str:
    """The channel of the demo's first organization, or its second message, which has a reply."""
    general = demo_channels()[0]
    return str(
        general.messages[1].id if route.name in ("GetMessage", "ListReplies") else general.id
    )


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.profile.name} {route.name}")
def test_a_route_shows_what_the_graph_shows(world: World, route: RestRoute, caller: str):
    token, path = token_of(world, caller), path_values(world, route)
    graph = ask_graph(world, route, path, token)
    needed = needed_by(route)
    query = {name: written for name, (written, _) in needed.items()}
    rest = Ask(token=token, path=path, query=query).send(
        world, "GET", route.profile.prefix + route.path
    )
    told = value_at(graph.get("data"), route.root)
    if not route.root and told is not None and all(one is None for one in told.values()):
        told = None

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


def needed_by(route: RestRoute) -> Mapping[str, tuple[str, str]]:
    """What is given to a route in the query of its address."""
    return QUERIES.get(f"{route.profile.name} {route.name}", {})


def ask_graph(
    world: World, route: RestRoute, path: Mapping[str, str], token: str | None
) -> dict[str, Any]:
    variables: dict[str, Any] = {
        p.variable: path[p.name] for p in route.parameters if p.name in path
    }
    needed = needed_by(route)
    variables |= {p.variable: needed[p.name][1] for p in route.parameters if p.name in needed}
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
    return with_nodes(told, route.page.path[len(route.root) :])


def with_nodes(value: Any, path: Sequence[str]) -> Any:
    """The value with the nodes of the connection at ``path`` in place of the connection."""
    if not path:
        return [edge["node"] for edge in value["edges"]]
    return {**value, path[0]: with_nodes(value[path[0]], path[1:])}


def leaves(value: Any) -> Iterator[str]:
    """Every scalar in it, in one spelling for enums and decimals; what is null is as good as
    absent, and a link to a file as good as another."""
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        text = str(value)
        text = str(float(text)) if DECIMAL.fullmatch(text) else TICKET.sub(r"\1", text)
        yield text.lower().replace(".", "_")


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
