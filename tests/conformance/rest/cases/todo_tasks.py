"""The tasks of the personal task list."""

from collections.abc import Mapping
from dataclasses import replace

import httpx

from tests.conformance.rest.asking import Ask, Case, changed
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

AT = "/todo/api/tasks"
ONE = f"{AT}/{{task_id}}"


def new_task(world: World) -> Ask:
    return Ask(
        token=world.fresh(profile="TODO").token,
        body={
            "title": "Buy groceries",
            "description": "Milk, Eggs, Bread",
            "due_date": "2025-04-10T12:00:00Z",
            "priority": "high",
        },
    )


def is_pending_and_short(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()
    right = (told["title"], told["status"]) == (ask.body["title"], "pending")
    right = right and set(told) == {"id", "title", "status", "created_at"}
    return [] if right else [f"not as short as that: {told}"]


def made(world: World) -> Ask:
    """A task that was just made, and the one who made it."""
    ask = new_task(world)
    id = ask.send(world, "POST", AT).json()["id"]
    return Ask(token=ask.token, path={"task_id": id})


def finish(world: World) -> Ask:
    ask = made(world)
    return Ask(
        token=ask.token, path=ask.path, body={"title": "Buy groceries", "status": "completed"}
    )


def is_kept(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """What is not sent stays, and the task can be opened again."""
    where = Ask(token=ask.token, path=ask.path)
    completed = where.send(world, "GET", ONE).json()
    wrong = [] if completed == response.json() else [f"not kept: {completed}"]
    again = Ask(token=ask.token, path=ask.path, body={"status": "pending"})
    told = again.send(world, "PUT", ONE).json()
    right = (told["title"], told["status"]) == ("Buy groceries", "pending")
    return wrong if right else [*wrong, f"not opened again: {told}"]


def is_nobody_elses(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    other = Ask(token=world.fresh(profile="TODO").token, path=ask.path)
    refused = [
        other.send(world, "GET", ONE).status_code,
        Ask(token=other.token, path=ask.path, body={"title": "x"})
        .send(world, "PUT", ONE)
        .status_code,
        other.send(world, "DELETE", ONE).status_code,
    ]
    return [] if refused == [404] * 3 else [f"another user gets {refused}"]


def task_of_a_project(world: World) -> Ask:
    """Its members see it in the suite, not here."""
    path = {"task_id": str(demo_id("task", "ENG-1"))}
    return Ask(token=world.token("alan"), path=path)


def is_gone(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "DELETE", ONE).status_code
    return [] if again == 404 else [f"the second time it is {again}"]


def search(world: World) -> Ask:
    ask = new_task(world)
    for members in ({}, {"priority": "low"}, {"title": "Call"}):
        Ask(token=ask.token, body={**ask.body, **members}).send(world, "POST", AT)
    newest = Ask(token=ask.token).send(world, "GET", AT).json()[0]
    done = Ask(token=ask.token, path={"task_id": newest["id"]}, body={"status": "completed"})
    done.send(world, "PUT", ONE)
    return Ask(token=ask.token, query={"status": "pending", "priority": "high"})


def finds_only_that(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()
    right = [(task["title"], task["status"]) for task in told] == [("Buy groceries", "pending")]
    every = Ask(token=ask.token).send(world, "GET", AT).json()
    wrong = [] if right else [f"found {told}"]
    return wrong if len(every) == 3 else [*wrong, f"all are {every}"]


TODO_TASKS: Mapping[str, Case] = {
    "S3-tasks-create": Case(
        new_task, {(400, None): changed(new_task, title=None)}, is_pending_and_short
    ),
    "S3-tasks-update": Case(
        finish,
        {
            (400, None): changed(finish, status="half"),
            (404, None): lambda world: replace(task_of_a_project(world), body={"title": "x"}),
        },
        is_kept,
    ),
    "S3-tasks-delete": Case(made, {(404, None): task_of_a_project}, is_gone),
    "S3-tasks-get": Case(made, {(404, None): task_of_a_project}, is_nobody_elses),
    "S3-tasks-search": Case(search, check=finds_only_that),
}
