"""The reports of the issue tracker."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from tests.conformance.rest.asking import Ask, Case, by, changed
from tests.conformance.rest.world import World

FORBIDDEN = (403, "INSUFFICIENT_PERMISSIONS")
INVALID = (422, "VALIDATION_ERROR")
NOT_FOUND = (404, "RESOURCE_NOT_FOUND")
AT = "/tracker/api/v1/reports"


def definitions(world: World) -> Ask:
    return Ask(token=world.token("alan"))


def has_the_issue_summary(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    found = {one["name"]: one for one in response.json()["data"]}["Issue Summary Report"]
    told = [(one["name"], one["type"], one["required"]) for one in found["parameters"]]
    right = told == [("project_id", "string", True), ("date_range", "date_range", False)]
    return [] if right and found["type"] == "summary" else [f"defined as {found}"]


def definition(world: World) -> str:
    """The id of the issue summary."""
    listed = definitions(world).send(world, "GET", AT).json()["data"]
    return next(one["id"] for one in listed if one["name"] == "Issue Summary Report")


def generate(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        body={
            "report_id": definition(world),
            "parameters": {
                "project_id": world.project,
                "date_range": {"start": "2026-01-01", "end": "2026-01-31"},
            },
            "format": "json",
        },
    )


def is_estimated(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [] if data["status"] == "generating" else [f"status {data['status']}"]
    if data["report_id"] == ask.body["report_id"]:
        wrong.append("the report has the id of its kind")
    at = response.headers["location"]
    return wrong if at.endswith(f"/reports/{data['report_id']}") else [*wrong, f"location {at}"]


def without_a_project(world: World) -> Ask:
    return changed(generate, parameters={"date_range": {"start": "2026-01-01"}})(world)


def of_no_kind(world: World) -> Ask:
    return changed(generate, report_id=str(uuid4()))(world)


def report(world: World) -> Ask:
    """One with a PDF, once it is completed."""
    asked = changed(generate, format="pdf", parameters={"project_id": world.project})(world)
    id = asked.send(world, "POST", f"{AT}/generate").json()["data"]["report_id"]
    ask = Ask(token=asked.token, path={"id": id})
    for _ in range(200):
        if read(world, ask)["status"] != "generating":
            break
        time.sleep(0.1)
    return ask


def read(world: World, ask: Ask) -> dict[str, Any]:
    return ask.send(world, "GET", f"{AT}/{{id}}").json()["data"]


def agrees_with_the_issues(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    summary = data["data"]["summary"]
    parts = [summary[f"{state}_issues"] for state in ("open", "in_progress", "closed")]
    priorities = sum(data["data"]["by_priority"].values())
    wrong = [] if sum(parts) == priorities == summary["total_issues"] else [f"sums of {data}"]
    query = """query($id: ID!) { project(id: $id) {
      issueStatistics { totalIssues openIssues inProgressIssues closedIssues } } }"""
    told = world.graph(query, {"id": world.project}, ask.token)["project"]["issueStatistics"]
    if list(told.values()) != [sum(parts), *parts]:
        wrong.append(f"not those of the issues: {summary}, {told}")
    file = world.client.get(httpx.URL(data["download_url"]).path)
    if file.status_code != 200 or not file.content.startswith(b"%PDF-"):
        wrong.append(f"no PDF at {data['download_url']}: {file.status_code}")
    return wrong


TRACKER_REPORTS: Mapping[str, Case] = {
    "S1-reports-list": Case(
        definitions,
        {FORBIDDEN: by(definitions, lambda world: world.nobody())},
        has_the_issue_summary,
    ),
    "S1-reports-generate": Case(
        generate,
        {
            INVALID: without_a_project,
            NOT_FOUND: of_no_kind,
            FORBIDDEN: by(generate, lambda world: world.nobody()),
        },
        is_estimated,
    ),
    "S1-reports-get": Case(
        report,
        {FORBIDDEN: by(report, lambda world: world.nobody())},
        agrees_with_the_issues,
    ),
}
