"""Times that cannot be kept and dates of another form are refused as what they are: bad input."""

from typing import Any

import pytest

from tests.conformance.rest.world import World

pytestmark = pytest.mark.xdist_group("rest_world")

# In UTC these are after the last year of four digits, and before the first.
OUTSIDE = ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00")


def headers(world: World) -> dict[str, str]:
    return {"authorization": f"Bearer {world.token('ada')}"}


@pytest.mark.parametrize("moment", OUTSIDE)
def test_a_time_outside_of_the_years_is_invalid_in_every_dialect(world: World, moment: str):
    task = {"title": "d", "due_date": moment}
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/pm/api/v1/tasks", task | {"project_id": world.project}),
        ("POST", "/api/v1/tasks", task | {"project_id": world.project}),
        ("POST", "/todo/api/tasks", task),
        ("PUT", f"/todo/api/tasks/{world.personal_task}", {"due_date": moment}),
    ]
    for method, path, body in asked:
        answer = world.client.request(method, path, json=body, headers=headers(world))
        told = answer.json()
        code = "INVALID_INPUT" if path.startswith("/todo") else "VALIDATION_ERROR"
        assert (answer.status_code, code in answer.text) == (400, True), told
        assert "due_date" in answer.text


@pytest.mark.parametrize("moment", OUTSIDE)
@pytest.mark.parametrize("is_literal", [False, True])
def test_the_graph_tells_it_as_bad_input(world: World, moment: str, is_literal: bool):
    field = "createTask(input: {title: "
    given = f'"d", dueDate: "{moment}"' if is_literal else '"d", dueDate: $v'
    variables = "" if is_literal else "($v: DateTime)"
    query = f"mutation{variables} {{ {field}{given}}}) {{ task {{ id }} }} }}"
    body = {"query": query} if is_literal else {"query": query, "variables": {"v": moment}}
    told = world.client.post("/graphql", json=body, headers=headers(world)).json()
    assert [one["extensions"]["code"] for one in told["errors"]] == ["BAD_USER_INPUT"], told


def test_dates_are_written_in_one_way_only(world: World):
    for form in ("2024-W05-4", "20240201", "2024-2-1"):
        body = {"name": "w", "start_date": form}
        answer = world.client.post("/pm/api/v1/projects", json=body, headers=headers(world))
        assert answer.status_code == 400, form
        asked = {"due_date_gte": form}
        answer = world.client.get("/pm/api/v1/tasks", params=asked, headers=headers(world))
        assert answer.status_code == 400, form
