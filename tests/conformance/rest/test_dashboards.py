"""The dashboard and the statistics of a project: what its own routes answer, in one response."""

from typing import Any

import pytest

from tests.conformance.rest.world import World

pytestmark = pytest.mark.xdist_group("rest_world")


def get(world: World, path: str, who: str = "alan") -> Any:
    headers = {"authorization": f"Bearer {world.token(who)}"}
    return world.client.get(f"/pm/api/v1{path}", headers=headers)


def test_a_dashboard_shows_what_the_routes_of_its_parts_show(world: World):
    board = get(world, f"/projects/{world.project}/dashboard").json()["data"]
    project = get(world, f"/projects/{world.project}").json()["data"]
    tasks = get(world, f"/tasks?project_id={world.project}&per_page=100").json()["data"]

    assert board["project"]["name"] == project["name"]
    assert board["project"]["members"] == project["members"]
    assert board["time_tracking"]["total_hours"] == project["total_hours"]
    assert board["project"]["total_tasks"] == project["total_tasks"] > 0
    by_id = {task["id"]: task for task in tasks}
    assert 0 < len(board["tasks"]) <= 20
    for task in board["tasks"]:
        assert {name: by_id[task["id"]][name] for name in task} == task
    assert board["recent_comments"]
    assert set(board) == {"project", "tasks", "time_tracking", "recent_comments"}


def test_statistics_are_those_of_the_parts(world: World):
    found = get(world, f"/projects/{world.project}/statistics").json()["data"]
    project = get(world, f"/projects/{world.project}").json()["data"]

    tasks, comments = found["task_statistics"], found["comment_statistics"]
    assert tasks["total"] == project["total_tasks"]
    assert tasks["completed"] == project["completed_tasks"]
    assert found["time_statistics"]["billable_hours"] == project["billable_hours"]
    parts = ("on_project", "on_tasks", "on_issues", "on_files", "on_milestones")
    assert comments["total"] == sum(comments[part] for part in parts) > 0


@pytest.mark.parametrize("part", ["dashboard", "statistics"])
def test_whoever_does_not_see_the_project_gets_404(world: World, part: str):
    hidden = get(world, f"/projects/{world.project}/{part}", who="hedy")
    assert hidden.status_code == 404
    assert hidden.json()["error"]["code"] == "RESOURCE_NOT_FOUND"


def test_a_change_is_in_the_next_dashboard(world: World):
    path = f"/projects/{world.project}/dashboard"
    before = [get(world, path).json()["data"] for _ in range(2)]
    headers = {"authorization": f"Bearer {world.token('alan')}"}
    task = {"project_id": world.project, "title": "Look at the dashboard"}
    made = world.client.post("/pm/api/v1/tasks", headers=headers, json=task).json()["data"]
    after = get(world, path).json()["data"]

    assert before[0] == before[1]
    assert after["tasks"][0]["id"] == made["id"]
    assert after["project"]["total_tasks"] == before[0]["project"]["total_tasks"] + 1
