"""The tasks of the project management suite."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.cases.files import new_file
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

VALIDATION = (400, "VALIDATION_ERROR")
FORBIDDEN = (403, "AUTHORIZATION_FAILED")
CONFLICT = (409, "RESOURCE_CONFLICT")
AT = "/pm/api/v1/tasks"


def without_rights(ask: Asking) -> Asking:
    """The same request by somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


def demo_task(number: int) -> str:
    """Of ENG; every third waits for the one before it."""
    return str(demo_id("task", f"ENG-{number}"))


def make_task(world: World, **members: Any) -> str:
    """A new task of ENG."""
    ask = changed(new_task, **members)(world)
    return ask.send(world, "POST", AT).json()["data"]["id"]


def tasks(world: World) -> Ask:
    make_task(world, title="Authentication of cards", priority="high", due_date=None)
    query = {
        "project_id": world.project,
        "status": "todo",
        "priority": "high",
        "assignee_id": world.person_id("alan"),
        "search": "authentication",
        "search_fields": "title,description",
        "sort_by": "due_date",
        "sort_order": "asc",
    }
    make_task(world, title="Authentication of people", priority="high")
    return Ask(token=world.token("alan"), query={**query, "due_date_gte": "2024-01-01"})


def filters_hold(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    wrong = [
        task["title"]
        for task in response.json()["data"]
        if (task["status"], task["priority"], task["project_id"]) != ("todo", "high", world.project)
        or task["assigned_to"]["id"] != world.person_id("alan")
        or "authentication" not in (task["title"] + task["description"]).lower()
        or task["due_date"] < "2024-01-01"
    ]
    whole = dict(ask.query)
    del whole["due_date_gte"]
    more = Ask(token=ask.token, query=whole).send(world, "GET", AT).json()["data"]
    dates = [task["due_date"] for task in more]
    if len(more) <= len(response.json()["data"]) or dates[-1] is not None:
        wrong.append(f"those without a due date do not come last: {dates}")
    return wrong


def new_task(world: World) -> Ask:
    return Ask(
        token=world.token("grace"),
        body={
            "title": "New Task",
            "description": "Task description",
            "project_id": world.project,
            "assigned_to": world.person_id("alan"),
            "priority": "medium",
            "due_date": "2024-02-20T00:00:00Z",
            "estimated_hours": 6.0,
            "tags": ["frontend", "ui"],
        },
    )


def is_made(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    same = ("title", "description", "project_id", "priority", "due_date", "estimated_hours", "tags")
    wrong = [name for name in same if data[name] != ask.body[name]]
    people = {role: data[role]["id"] for role in ("assigned_to", "created_by")}
    if people != {"assigned_to": ask.body["assigned_to"], "created_by": world.person_id("grace")}:
        wrong.append(f"people: {people}")
    return wrong if data["status"] == "todo" else [*wrong, f"status {data['status']}"]


def elsewhere(world: World) -> Ask:
    """In a project that the caller does not see."""
    return changed(new_task, project_id=str(demo_id("project", "HOP")), assigned_to=None)(world)


def task(world: World) -> Ask:
    new_file(world, projectId=None, taskId=demo_task(3))
    return Ask(token=world.token("alan"), path={"task_id": demo_task(3)})


def depends_on_the_second(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = data["dependencies"] if isinstance(data, dict) else data
    return [] if [one["id"] for one in told] == [demo_task(2)] else [f"dependencies: {told}"]


def status(world: World) -> Ask:
    id = make_task(world)
    return Ask(token=world.token("alan"), path={"task_id": id}, body={"status": "review"})


def has_the_status(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["data"]["status"]
    before = figures(world)
    done = Ask(token=ask.token, path=ask.path, body={"status": "done"})
    done.send(world, "PUT", f"{AT}/{{task_id}}/status")
    after = figures(world)
    wrong = [] if told == "review" else [f"status {told}"]
    if after["completed_tasks"] != before["completed_tasks"] + 1:
        wrong.append("the figures of the project do not follow")
    rate = 100 * after["completed_tasks"] // after["total_tasks"]
    return wrong if after["progress"] == rate else [*wrong, f"progress {after['progress']}"]


def figures(world: World) -> dict[str, int]:
    """Of ENG."""
    ask = Ask(token=world.token("alan"), path={"project_id": world.project})
    return ask.send(world, "GET", "/pm/api/v1/projects/{project_id}").json()["data"]


def assign(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"task_id": make_task(world)},
        body={"assigned_to": world.person_id("katherine")},
    )


def is_assigned(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["data"]["assigned_to"]
    right = told["id"] == ask.body["assigned_to"] and set(told) == {"id", "name", "avatar_url"}
    return [] if right else [f"assigned_to: {told}"]


def stranger(world: World) -> Ask:
    return changed(assign, assigned_to=world.person_id("hedy"))(world)


def dependency(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"task_id": make_task(world)},
        body={"depends_on_task_id": make_task(world), "dependency_type": "finish_to_start"},
    )


def is_waited_for(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """And neither itself, nor twice, nor in a circle."""
    where = f"{AT}/{{task_id}}/dependencies"
    listed = Ask(token=ask.token, path=ask.path).send(world, "GET", where).json()["data"]
    wrong = [] if listed == [response.json()["data"]] else [f"listed: {listed}"]
    task, other = ask.path["task_id"], ask.body["depends_on_task_id"]
    for waiting, for_ in ((task, task), (task, other), (other, task)):
        body = {"depends_on_task_id": for_, "dependency_type": "finish_to_start"}
        again = Ask(token=ask.token, path={"task_id": waiting}, body=body)
        refused = again.send(world, "POST", where).status_code
        wrong += [] if refused == 409 else [f"status {refused} instead of 409"]
    return wrong


def dependency_again(world: World) -> Ask:
    ask = dependency(world)
    ask.send(world, "POST", f"{AT}/{{task_id}}/dependencies")
    return ask


PM_TASKS: Mapping[str, Case] = {
    "S0-tasks-list": Case(tasks, check=filters_hold),
    "S0-tasks-create": Case(
        new_task,
        {
            VALIDATION: changed(new_task, assigned_to=str(demo_id("user", "hedy"))),
            FORBIDDEN: without_rights(new_task),
            (404, "RESOURCE_NOT_FOUND"): elsewhere,
        },
        is_made,
    ),
    "S0-tasks-get": Case(task, {FORBIDDEN: without_rights(task)}, depends_on_the_second),
    "S0-tasks-status": Case(
        status,
        {VALIDATION: changed(status, status="asleep"), FORBIDDEN: without_rights(status)},
        has_the_status,
    ),
    "S0-tasks-assign": Case(
        assign, {VALIDATION: stranger, FORBIDDEN: without_rights(assign)}, is_assigned
    ),
    "S0-tasks-dependencies-list": Case(
        task, {FORBIDDEN: without_rights(task)}, depends_on_the_second
    ),
    "S0-tasks-dependencies-add": Case(
        dependency,
        {
            VALIDATION: changed(dependency, dependency_type="sometimes"),
            FORBIDDEN: without_rights(dependency),
            CONFLICT: dependency_again,
        },
        is_waited_for,
    ),
}
