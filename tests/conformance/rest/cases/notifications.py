"""Notifications, as the project management suite and the issue tracker have them."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.cases.pm_tasks import make_task
from tests.conformance.rest.world import World

VALIDATION = (400, "VALIDATION_ERROR")
INVALID = (422, "VALIDATION_ERROR")
NOT_FOUND = (404, "RESOURCE_NOT_FOUND")
PM_FORBIDDEN = (403, "AUTHORIZATION_FAILED")
FORBIDDEN = (403, "INSUFFICIENT_PERMISSIONS")
PM_AT = "/pm/api/v1/notifications"
TRACKER_AT = "/tracker/api/v1/notifications"


def without_rights(ask: Asking) -> Asking:
    """The same request by somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


def assigned_task(world: World) -> Ask:
    """What alan was told last: that grace has given him a task."""
    make_task(world, title="Implement User Authentication")
    return Ask(token=world.token("alan"), query={"per_page": 1, "unread_only": "true"})


def tells_of_the_task(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    [told] = response.json()["data"]
    wrong = []
    if (told["type"], told["title"]) != ("task_assigned", "Task Assigned"):
        wrong.append(f"told of {told['type']}: {told['title']}")
    if told["message"] != "You have been assigned to 'Implement User Authentication'":
        wrong.append(f"message {told['message']}")
    data = told["data"]
    named = (data["task_title"], data["project_id"], data["project_name"])
    if named != ("Implement User Authentication", world.project, "Analytical Engine"):
        wrong.append(f"data {data}")
    read = Ask(token=ask.token, path={"notification_id": told["id"]})
    read.send(world, "PUT", f"{PM_AT}/{{notification_id}}/read")
    unread = ask.send(world, "GET", PM_AT).json()
    if told["id"] in [row["id"] for row in unread["data"]]:
        wrong.append("what was read is among the unread")
    if unread["pagination"]["total"] != response.json()["pagination"]["total"] - 1:
        wrong.append(f"{unread['pagination']['total']} are unread")
    return wrong


def assigned_issue(world: World) -> Ask:
    world.new_issue(reporter="grace", assigneeId=world.person_id("alan"))
    return Ask(
        token=world.token("alan"),
        query={"per_page": 1, "unread": "true", "type": "issue_assigned"},
    )


def tells_of_the_issue(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    [told] = response.json()["data"]
    key = told["data"]["issue_key"]
    wrong = [] if told["message"] == f"{key} has been assigned to you" else [told["message"]]
    other = Ask(token=ask.token, query={"type": "nothing"}).send(world, "GET", TRACKER_AT)
    return wrong if other.json()["data"] == [] else [*wrong, "the type does not narrow the list"]


def _newest(world: World, at: str, ask: Ask) -> str:
    return ask.send(world, "GET", at).json()["data"][0]["id"]


def read_in_pm(world: World) -> Ask:
    newest = _newest(world, PM_AT, assigned_task(world))
    return Ask(token=world.token("alan"), path={"notification_id": newest})


def is_read_in_pm(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    again = ask.send(world, "PUT", f"{PM_AT}/{{notification_id}}/read").json()["data"]
    data = response.json()["data"]
    return [] if data["read"] and again == data else [f"{data}, then {again}"]


def read_in_tracker(world: World) -> Ask:
    newest = _newest(world, TRACKER_AT, assigned_issue(world))
    return Ask(token=world.token("alan"), path={"id": newest})


def is_read_in_tracker(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    again = ask.send(world, "PUT", f"{TRACKER_AT}/{{id}}/read").json()["data"]
    data = response.json()["data"]
    return [] if data["is_read"] and again == data else [f"{data}, then {again}"]


def anothers(ask: Asking) -> Asking:
    """The same by somebody to whom it was not told."""
    return by(ask, lambda world: world.token("barbara"))


def preferences(world: World) -> Ask:
    return Ask(token=world.fresh().token)


def new_in_pm(world: World) -> Ask:
    kinds = ("task_assigned", "project_updates", "mentions")
    return Ask(
        token=world.fresh().token,
        body={
            "email": dict(zip(kinds, (True, False, True), strict=True)),
            "push": dict.fromkeys(kinds, True),
            "in_app": dict.fromkeys(kinds, True),
        },
    )


def are_kept_in_pm(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """All of them, and with part of them in another request the others stay."""
    told = response.json()["data"]
    part = Ask(token=ask.token, body={"push": {"mentions": False}})
    part.send(world, "PUT", f"{PM_AT}/preferences")
    kept = Ask(token=ask.token).send(world, "GET", f"{PM_AT}/preferences").json()["data"]
    wanted = {**ask.body, "push": {**ask.body["push"], "mentions": False}}
    return [] if (told, kept) == (ask.body, wanted) else [f"{told}, then {kept}"]


def new_in_tracker(world: World) -> Ask:
    kinds = ("issue_assigned", "issue_updated", "comment_added")
    return Ask(
        token=world.fresh().token,
        body={
            "email_notifications": dict(zip(kinds, (True, False, True), strict=True)),
            "push_notifications": dict(zip(kinds, (True, True, False), strict=True)),
        },
    )


def are_kept_in_tracker(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """The channel that is absent keeps its values."""
    told = response.json()["data"]
    kept = Ask(token=ask.token).send(world, "GET", f"{TRACKER_AT}/preferences").json()["data"]
    in_app = dict.fromkeys(ask.body["email_notifications"], True)
    wanted: dict[str, Any] = {**ask.body, "in_app_notifications": in_app}
    return [] if told == kept == wanted else [f"{told}, then {kept}"]


NOTIFICATIONS: Mapping[str, Case] = {
    "S0-notifications-list": Case(assigned_task, check=tells_of_the_task),
    "S0-notifications-read": Case(
        read_in_pm,
        {PM_FORBIDDEN: without_rights(read_in_pm), NOT_FOUND: anothers(read_in_pm)},
        is_read_in_pm,
    ),
    "S0-notification-preferences-get": Case(preferences),
    "S0-notification-preferences-update": Case(
        new_in_pm, {VALIDATION: changed(new_in_pm, email={"mentions": "often"})}, are_kept_in_pm
    ),
    "S1-notifications-list": Case(assigned_issue, check=tells_of_the_issue),
    "S1-notifications-read": Case(
        read_in_tracker,
        {FORBIDDEN: without_rights(read_in_tracker), NOT_FOUND: anothers(read_in_tracker)},
        is_read_in_tracker,
    ),
    "S1-notification-preferences-get": Case(preferences),
    "S1-notification-preferences-update": Case(
        new_in_tracker,
        {INVALID: changed(new_in_tracker, push_notifications={"comment_added": "often"})},
        are_kept_in_tracker,
    ),
}
