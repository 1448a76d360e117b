"""The comments of the project management suite."""

from collections.abc import Mapping
from uuid import uuid4

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.cases.pm_tasks import VALIDATION, make_task, without_rights
from tests.conformance.rest.world import World

FORBIDDEN = (403, "AUTHORIZATION_FAILED")
NOT_FOUND = (404, "RESOURCE_NOT_FOUND")
AT = "/pm/api/v1/comments"


def make_comment(world: World, **members: str) -> str:
    """A new comment of alan."""
    return changed(new_comment, **members)(world).send(world, "POST", AT).json()["data"]["id"]


def new_comment(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        body={
            "content": "Great work on this feature! @grace can you review the UI changes?",
            "entity_type": "task",
            "entity_id": make_task(world),
            "parent_comment_id": None,
        },
    )


def mentions_grace(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    same = ("content", "entity_type", "entity_id", "parent_comment_id")
    wrong = [name for name in same if data[name] != ask.body[name]]
    if data["mentions"] != [{"id": world.person_id("grace"), "name": "Grace Hopper"}]:
        wrong.append(f"mentions: {data['mentions']}")
    reply = Ask(token=ask.token, body={**ask.body, "parent_comment_id": data["id"]})
    told = reply.send(world, "POST", AT).json()["data"]["parent_comment_id"]
    return wrong if told == data["id"] else [*wrong, f"the parent of the reply is {told}"]


def comments(world: World) -> Ask:
    task = make_task(world)
    first = make_comment(world, entity_id=task)
    for id in (first, make_comment(world, entity_id=task, parent_comment_id=first)):
        liked = {"comment_id": id}
        given = Ask(token=world.token("alan"), path=liked, body={"reaction_type": "thumbs_up"})
        given.send(world, "POST", f"{AT}/{{comment_id}}/reactions")
    return Ask(token=world.token("alan"), query={"entity_type": "task", "entity_id": task})


def thread_of_the_task(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    first, reply = response.json()["data"]
    alan = world.person_id("alan")
    wrong = [] if reply["parent_comment_id"] == first["id"] else ["the reply has no parent"]
    if first["reactions"] != [{"type": "thumbs_up", "count": 1, "users": [alan]}]:
        wrong.append(f"reactions: {first['reactions']}")
    listed = Ask(token=ask.token, query={"project_id": world.project, "per_page": "100"})
    tasks = listed.send(world, "GET", "/pm/api/v1/tasks").json()["data"]
    counts = [task["comment_count"] for task in tasks if task["id"] == ask.query["entity_id"]]
    return wrong if counts == [2] else [*wrong, f"comment_count of the task: {counts}"]


def edit(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"comment_id": make_comment(world)},
        body={"content": "Updated comment content"},
    )


def is_edited(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [] if data["content"] == ask.body["content"] else ["the text is as it was"]
    if not data["is_edited"] or data["updated_at"] <= data["created_at"]:
        wrong.append("nothing tells of the edit")
    return wrong


def by_somebody_else(ask: Asking) -> Asking:
    """The same request by another member of the project."""
    return by(ask, lambda world: world.token("grace"))


def unknown_comment(ask: Asking) -> Asking:
    """The same request about a comment that is not there."""

    def asking(world: World) -> Ask:
        asked = ask(world)
        return Ask(token=asked.token, path={"comment_id": str(uuid4())}, body=asked.body)

    return asking


def reaction(world: World) -> Ask:
    return Ask(
        token=world.token("grace"),
        path={"comment_id": make_comment(world)},
        body={"reaction_type": "thumbs_up"},
    )


def counts_once(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    again = ask.send(world, "POST", f"{AT}/{{comment_id}}/reactions").json()["data"]["reactions"]
    once = [{"type": "thumbs_up", "count": 1, "users": [world.person_id("grace")]}]
    told = response.json()["data"]["reactions"]
    return [] if told == again == once else [f"reactions: {told}, then {again}"]


PM_COMMENTS: Mapping[str, Case] = {
    "S0-comments-list": Case(
        comments,
        {
            VALIDATION: lambda world: Ask(
                token=world.token("alan"), query={"entity_type": "planet", "entity_id": "x"}
            ),
            FORBIDDEN: without_rights(comments),
        },
        thread_of_the_task,
    ),
    "S0-comments-create": Case(
        new_comment,
        {
            VALIDATION: changed(new_comment, content=" "),
            FORBIDDEN: without_rights(new_comment),
            NOT_FOUND: changed(new_comment, entity_id=str(uuid4())),
        },
        mentions_grace,
    ),
    "S0-comments-update": Case(
        edit,
        {
            VALIDATION: changed(edit, content=""),
            FORBIDDEN: by_somebody_else(edit),
            NOT_FOUND: unknown_comment(edit),
        },
        is_edited,
    ),
    "S0-comments-react": Case(
        reaction,
        {
            VALIDATION: changed(reaction, reaction_type="shrug"),
            FORBIDDEN: without_rights(reaction),
            NOT_FOUND: unknown_comment(reaction),
        },
        counts_once,
    ),
}
