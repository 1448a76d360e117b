"""The analytics of the project management suite."""

from collections.abc import Mapping

import httpx

from tests.conformance.rest.asking import Ask, Case, by
from tests.conformance.rest.world import World

VALIDATION = (400, "VALIDATION_ERROR")
FORBIDDEN = (403, "AUTHORIZATION_FAILED")
JANUARY = {"start_date": "2026-01-05", "end_date": "2026-01-31"}
BACKWARDS = {"start_date": "2026-01-31", "end_date": "2026-01-05"}
FREE_OF_HOURS = ("data.time_tracking.most_active_day",)


def project(world: World) -> Ask:
    path = {"project_id": world.project}
    return Ask(token=world.token("alan"), path=path, query=JANUARY)


def project_backwards(world: World) -> Ask:
    path = {"project_id": world.project}
    return Ask(token=world.token("alan"), path=path, query=BACKWARDS)


def figures_agree(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    tasks, days = data["tasks"], data["trends"]["daily_completion_rate"]
    wrong = [name for name, day in ask.query.items() if data["period"][name] != day]
    if tasks["total"] != tasks["completed"] + tasks["in_progress"] + tasks["todo"]:
        wrong.append(f"tasks do not add up: {tasks}")
    if tasks["completion_rate"] != round(100 * tasks["completed"] / tasks["total"], 2):
        wrong.append(f"completion rate of {tasks}")
    if len(days) != 27 or days[-1]["rate"] != tasks["completion_rate"]:
        wrong.append(f"trend: {days}")
    done = sum(one["tasks_completed"] for one in data["team_performance"]["members"])
    if not 0 < done <= tasks["completed"]:
        wrong.append(f"members completed {done} of {tasks['completed']}")
    return wrong


def person(world: World) -> Ask:
    path = {"user_id": world.person_id("alan")}
    return Ask(token=world.token("alan"), path=path, query=JANUARY)


def person_backwards(world: World) -> Ask:
    path = {"user_id": world.person_id("alan")}
    return Ask(token=world.token("alan"), path=path, query=BACKWARDS)


def colleague(world: World) -> Ask:
    """Of somebody whose project alan does not manage."""
    path = {"user_id": world.person_id("grace")}
    return Ask(token=world.token("alan"), path=path, query=JANUARY)


def of_the_person(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    shares = sum(one["tasks"]["total"] for one in data["projects"])
    right = data["user_id"] == world.person_id("alan") and shares == data["tasks"]["total"] > 0
    return [] if right else [f"figures of another or without parts: {data}"]


def hours(world: World) -> Ask:
    given = {"user_id": world.person_id("alan"), "project_id": world.project, **JANUARY}
    return Ask(token=world.token("alan"), query=given)


def hours_backwards(world: World) -> Ask:
    return Ask(token=world.token("alan"), query=BACKWARDS)


def hours_of_a_colleague(world: World) -> Ask:
    return Ask(token=world.token("alan"), query={"user_id": world.person_id("grace")})


def of_both(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = data["user_id"], data["project_id"], data["time_tracking"]["total_hours"]
    right = told[:2] == (world.person_id("alan"), world.project) and told[2] >= 0
    return [] if right else [f"hours of {told}"]


PM_ANALYTICS: Mapping[str, Case] = {
    "S0-analytics-project": Case(
        project,
        {VALIDATION: project_backwards, FORBIDDEN: by(project, lambda world: world.nobody())},
        figures_agree,
        nullable=FREE_OF_HOURS,
    ),
    "S0-analytics-user": Case(
        person, {VALIDATION: person_backwards, FORBIDDEN: colleague}, of_the_person
    ),
    "S0-analytics-time": Case(
        hours, {VALIDATION: hours_backwards, FORBIDDEN: hours_of_a_colleague}, of_both
    ),
}
