"""What the operations of the demo graph may cost: all that is stored passes the default limit with
the longest pages, and what multiplies long lists does not."""

from functools import cache

import pytest

from tests.support.product_graph import product_graph, product_sdl
from tests.support.shared import ROOT
from trellis.router.config import Config, Cost
from trellis.router.cost.demand import Demand, Estimates
from trellis.router.operation.normalize import normalize
from trellis.router.planner.supergraph_ast import parse_sdl
from trellis.router.rest.routes import written_routes

LONGEST = 100
MOST = Cost().most


@cache
def estimates() -> Estimates:
    return Estimates(parse_sdl(product_sdl()), Cost(mode="measure"))


def demand(document: str, first: int = LONGEST) -> Demand:
    parsed = product_graph().parse(document)
    pages = {"first": first, "last": first}
    given = {
        definition.variable.name.value: pages[definition.variable.name.value]
        for definition in parsed.operation.variable_definitions or ()
        if definition.variable.name.value in pages
    }
    operation = normalize(parsed.operation, product_graph().schema, parsed.fragments, {})
    return estimates().check(operation, given)


def stored() -> dict[str, str]:
    config = Config(operations_dir=ROOT / "persisted_queries")
    routes = {
        f"{r.profile.name} {r.id}": r.document for r in written_routes(config, product_graph())
    }
    files = (ROOT / "persisted_queries" / "explorer").glob("*.graphql")
    return routes | {file.name: file.read_text() for file in files}


def test_every_stored_operation_passes_with_the_longest_pages() -> None:
    costs = {name: demand(document).estimated for name, document in stored().items()}

    assert len(costs) > 70
    assert {name: cost for name, cost in costs.items() if cost > MOST} == {}
    # A page of a hundred costs what it brings: these figures are what authors of clients plan with.
    assert costs["tracker GET /api/v1/issues"] == 502
    assert costs["project_board.graphql"] == 2706


CONNECTIONS = """{ issues(first: 100) { edges { node { comments(first: 100) { edges { node {
  author { assignedIssues(first: 100) { edges { node { id } } } }
} } } } } } }"""


@pytest.mark.parametrize(
    ("document", "is_too_high"),
    [
        (CONNECTIONS, True),
        (CONNECTIONS.replace("100", "10"), False),
        ("{ issues { edges { node { comments { edges { node { id } } } } } } }", False),
        (
            "{ projects(first: 100) { edges { node { issues(first: 100)"
            " { edges { node { id } } } } } } }",
            True,
        ),
    ],
)
def test_long_lists_within_long_lists_are_refused(document: str, is_too_high: bool) -> None:
    assert demand(document).is_too_high is is_too_high


def test_a_list_of_tasks_is_as_long_as_a_page_unless_its_arguments_say_so() -> None:
    tasks = "tasks%s { edges { node { title } } }"
    for arguments, length in (("", 20), ("(first: 5)", 5), ("(last: 7)", 7)):
        assert demand(f"{{ {tasks % arguments} }}").estimated == 1 + 2 * length
        project = f'{{ project(id: "1") {{ {tasks % arguments} }} }}'
        assert demand(project).estimated == 2 + 2 * length


def test_a_dependency_costs_what_it_takes_to_look_for_circles() -> None:
    add = 'mutation { addTaskDependency(input: {taskId: "1", dependsOnId: "2"}) { task { id } } }'
    move = 'mutation { updateTaskStatus(id: "1", status: DONE) { task { id } } }'

    # The input object costs one, too.
    assert demand(add).estimated - demand(move).estimated == 19 + 1
