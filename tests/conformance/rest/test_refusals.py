"""A part of the generated refusals against a real server; ``make contract`` asks for all."""

import pytest

from tests.conformance.rest.contract import Operation, read_contract
from tests.conformance.rest.refusals import all_refusals
from tests.conformance.rest.troubles import Troubles
from tests.conformance.rest.world import World
from tests.support.product_graph import product_routes
from tests.support.shared import find_shared, shared_path
from trellis.router.rest.route import RestRoute

pytestmark = pytest.mark.xdist_group("rest_world")

_FOLDER = find_shared("requirements")
CONTRACT = read_contract(_FOLDER) if _FOLDER else []
SERVED = [operation for operation in CONTRACT if operation.is_served and operation.is_route]
# Of each service the first operations that read, that write, and that answer with a list.
SAMPLED = [
    operation
    for operation in SERVED
    if operation.id
    in {
        *("S0-auth-login", "S0-projects-list", "S0-projects-update", "S0-organizations-invite"),
        *("S1-users-create", "S1-projects-get", "S1-issues-list", "S1-issues-delete"),
        *("S2-users-create", "S2-users-get", "S3-user-sign-on", "S3-user-sign-out"),
        *("S4-auth-register", "S4-users-list", "S4-users-me-update", "S4-auth-sessions-revoke"),
    }
]

EVERY_TROUBLE = {
    *((dialect, "limit:used up") for dialect in ("pm", "tracker", "todo")),
    *(("pm", "away:projects"), ("tracker", "away:projects")),
    *(("pm", "away:accounts"), ("todo", "away:accounts")),
}


@pytest.mark.parametrize("operation", SAMPLED, ids=lambda one: one.id)
def test_every_way_to_fail_is_answered_as_the_document_says(world: World, operation: Operation):
    asked = list(all_refusals(world, [operation], CONTRACT))
    wrong = {one.way: problems for one in asked if (problems := one.problems(world.client))}

    assert wrong == {}
    assert len(asked) > 8


def test_used_up_limits_and_services_away_are_told_as_the_document_says(
    world: World, troubles: Troubles
):
    asked = list(troubles.refusals(world, SAMPLED))
    wrong = {
        (one.operation, one.way): problems
        for one, client in asked
        if (problems := one.problems(client))
    }

    assert wrong == {}
    ways = {(one.dialect, one.way) for one, _ in asked} if SAMPLED else EVERY_TROUBLE
    assert ways >= EVERY_TROUBLE


def test_it_is_not_ready_while_a_subgraph_is_away(troubles: Troubles):
    """S2-ready: what load balancers act on."""
    response = troubles.without_projects.get("/commerce/ready")

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    states = response.json()["subgraphs"]
    assert {name for name, state in states.items() if state != "ok"} == {"projects", "issues"}
    assert troubles.without_projects.get("/commerce/health").status_code == 200


def test_lists_take_every_parameter_that_the_documents_name():
    shared_path("requirements")
    routes = {(route.profile.name, route.method, route.path): route for route in product_routes()}
    refused = {
        operation.id: unknown
        for operation in SERVED
        if (unknown := documented(operation) - taken_by(routes[place_of(operation)]))
    }

    assert refused == {}


def place_of(operation: Operation) -> tuple[str, str, str]:
    return operation.profile, operation.method, operation.path


def documented(operation: Operation) -> set[str]:
    return {parameter["name"] for parameter in operation.query_params}


def taken_by(route: RestRoute) -> set[str]:
    paginator = route.profile.paginator if route.page else None
    own = {parameter.name for parameter in route.parameters if parameter.place == "query"}
    return own | {parameter.name for parameter in (paginator.parameters if paginator else ())}
