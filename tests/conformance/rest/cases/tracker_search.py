"""Searching in the issue tracker."""

from collections.abc import Mapping
from dataclasses import replace

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case
from tests.conformance.rest.cases.tracker import INVALID
from tests.conformance.rest.world import World

AT = "/tracker/api/v1/search"


def without_query(case_ask: Asking) -> Asking:
    return lambda world: replace(case_ask(world), query={"type": "issues"})


def search(world: World) -> Ask:
    """By its key, for an issue that was made a moment ago."""
    issue = world.new_issue(summary="Fix login bug", description="Users cannot login")
    key = Ask(token=world.token("alan"), path={"id": issue})
    found = key.send(world, "GET", "/tracker/api/v1/issues/{id}").json()["data"]["key"]
    return Ask(token=world.token("alan"), query={"q": found, "project_id": world.project})


def is_the_best(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    first, total = data["results"][0], response.json()["pagination"]["total"]
    shown = (first["type"], first["key"], first["title"], first["description"], first["score"])
    wrong = []
    if shown != ("issue", ask.query["q"], "Fix login bug", "Users cannot login", 1.0):
        wrong.append(f"first: {shown}")
    if (first["project"]["id"], first["project"]["key"]) != (world.project, "ENG"):
        wrong.append(f"project {first['project']}")
    counts = data["aggregations"]
    if counts["by_type"] != {"issues": total, "projects": 0, "users": 0}:
        wrong.append(f"{total} in all, {counts['by_type']}")
    if counts["by_project"] != {"ENG": total}:
        wrong.append(f"{total} in all, {counts['by_project']}")
    return [*wrong, *_types_can_be_chosen(world, ask), *_tasks_are_unknown(world, ask)]


def _types_can_be_chosen(world: World, ask: Ask) -> list[str]:
    told = {
        kind: Ask(token=ask.token, query={"q": "alan turing", "type": kind})
        .send(world, "GET", AT)
        .json()
        for kind in ("issues", "projects", "users")
    }
    totals = {kind: answer["pagination"]["total"] for kind, answer in told.items()}
    titles = [one["title"] for one in told["users"]["data"]["results"]]
    right = totals == {"issues": 0, "projects": 0, "users": 1} and titles == ["Alan Turing"]
    return [] if right else [f"by type: {totals}, {titles}"]


def _tasks_are_unknown(world: World, ask: Ask) -> list[str]:
    """The tracker has no tasks, of which there are with these words."""
    frames = Ask(token=ask.token, query={"q": "describe frame"}).send(world, "GET", AT).json()
    known = world.graph(
        '{ search(query: "describe frame") { results { totalCount } } }', {}, ask.token or ""
    )
    refused = Ask(token=ask.token, query={"q": "frame", "type": "tasks"}).send(world, "GET", AT)
    totals = frames["pagination"]["total"], known["search"]["results"]["totalCount"]
    wrong = [] if totals[0] == 0 < totals[1] else [f"tasks are found: {totals}"]
    return wrong if refused.status_code == 422 else [*wrong, "tasks can be asked for"]


def suggest(world: World) -> Ask:
    return Ask(token=world.token("alan"), query={"q": "card"})


def most_frequent_first(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["data"]["suggestions"]
    counts = [one["count"] for one in told]
    texts = [(one["text"], one["type"]) for one in told]
    wrong = [] if counts == sorted(counts, reverse=True) else [f"order: {counts}"]
    if ("card", "issue") not in texts or ("card reader", "issue") not in texts:
        wrong.append(f"suggested {texts}")
    people = Ask(token=ask.token, query={"q": "tur", "type": "users"})
    named = people.send(world, "GET", f"{AT}/suggestions").json()["data"]["suggestions"]
    if named != [{"text": "turing", "type": "user", "count": 1}]:
        wrong.append(f"suggested {named}")
    return wrong


TRACKER_SEARCH: Mapping[str, Case] = {
    "S1-search": Case(
        search,
        {INVALID: without_query(search)},
        is_the_best,
        keyed=("data.aggregations.by_project",),
    ),
    "S1-search-suggestions": Case(suggest, {INVALID: without_query(suggest)}, most_frequent_first),
}
