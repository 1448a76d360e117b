"""What the three analytics count, by the formulas of document 000."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.reporting.asking import (
    DAY,
    ENG,
    TIME,
    entry,
    figures,
    task,
    tell,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.events.accounts import UserUpdated
from trellis.schema.events.projects import ProjectCreated, ProjectState
from trellis.subgraphs.reporting.figures import TaskFigures

ALAN, ADA = caller("alan"), caller("ada")
WEEK = {"s": "2026-05-04", "e": "2026-05-10"}


async def new_project(reporting: Running, *members: str) -> UUID:
    """Without the demo's tasks; the first of its members owns it."""
    id = uuid4()
    roles = {
        demo_id("user", name): "owner" if n == 0 else "member" for n, name in enumerate(members)
    }
    state = ProjectState(
        key="NEW",
        name="New",
        status="active",
        organization_id=ADA.tenant_id,
        lead_id=demo_id("user", members[0]),
        settings={},
        members=roles,
    )
    await tell(reporting, ProjectCreated(project_id=id, version=1, state=state))
    return id


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of May 2026."""
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


async def move(reporting: Running, project: UUID, *steps: tuple[str, datetime], who: str) -> UUID:
    """A task of somebody that had these statuses since then."""
    id = uuid4()
    about = {"task_id": id, "project_id": project, "assignee_id": demo_id("user", who)}
    for version, (status, since) in enumerate(steps, 1):
        await tell(reporting, task(status, version, **about), since)
    return id


def test_the_completion_rate_is_completed_of_all():
    """The example of the document: 32 of 50 are 64.0, C-67."""
    assert TaskFigures(total=50, completed=32, in_progress=12, todo=6).completion_rate == 64.0
    assert TaskFigures(total=0, completed=0, in_progress=0, todo=0).completion_rate == 0.0


async def test_figures_of_a_project_are_those_of_the_period(reporting: Running):
    """The tasks of a period are those that were there and not done before, as they were at its
    end."""
    project = await new_project(reporting, "alan", "grace")
    steps = [
        (("todo", at(1)), ("done", at(3, 23))),  # done before: no task of the week
        (("todo", at(1)), ("done", at(4))),
        (("todo", at(6)), ("in_progress", at(7)), ("done", at(11))),  # done after it
        (("todo", at(2)), ("review", at(5)), ("todo", at(12))),
        (("todo", at(9, 12)),),
        (("todo", at(11)),),  # made after it
        (("todo", at(1)), ("done", at(2)), ("todo", at(5)), ("done", at(6))),  # done again
    ]
    for number, one in enumerate(steps):
        await move(reporting, project, *one, who=("alan", "grace")[number % 2])
    for minutes, began, billable in ((150, at(4, 9), True), (45, at(10, 23, 59), False)):
        await tell(reporting, entry(minutes, began, project_id=project, billable=billable))
    for began in (at(3, 23, 59), at(11)):
        await tell(reporting, entry(600, began, project_id=project))

    found = await figures(reporting, "Project", project, ALAN, **WEEK)

    assert found["period"] == {"startDate": WEEK["s"], "endDate": WEEK["e"], "timeZone": "UTC"}
    assert found["tasks"] == {
        "total": 5,
        "completed": 2,
        "inProgress": 2,
        "todo": 1,
        "completionRate": 40.0,
    }
    assert found["timeTracking"] == {
        "totalHours": 3.25,
        "billableHours": 2.5,
        "averageHoursPerDay": 0.46,
        "mostActiveDay": "2026-05-04",
    }
    rates = [one["rate"] for one in found["trends"]["dailyCompletionRate"]]
    # On the 5th a task that was done before is open again; it is done on the 6th.
    assert rates == [50.0, 33.33, 50.0, 50.0, 50.0, 40.0, 40.0]
    members = {one["user"]["id"]: one for one in found["teamPerformance"]["members"]}
    assert set(members) == {user("alan"), user("grace")}
    alan, grace = members[user("alan")], members[user("grace")]
    assert (alan["tasksCompleted"], alan["hoursLogged"], alan["productivityScore"]) == (
        1,
        3.25,
        33.33,
    )
    assert (grace["tasksCompleted"], grace["hoursLogged"], grace["productivityScore"]) == (
        1,
        0.0,
        50.0,
    )


async def test_a_period_in_which_nothing_happened_has_figures(reporting: Running):
    project = await new_project(reporting, "alan")

    found = await figures(reporting, "Project", project, ALAN, **WEEK)

    assert set(found["tasks"].values()) == {0}
    assert found["timeTracking"]["mostActiveDay"] is None
    assert [one["rate"] for one in found["trends"]["dailyCompletionRate"]] == [0.0] * 7
    [alone] = found["teamPerformance"]["members"]
    assert (alone["user"]["id"], alone["productivityScore"]) == (user("alan"), 0.0)


async def test_days_begin_and_end_in_the_time_zone_that_is_asked_for(reporting: Running):
    """23:30 UTC of May 4th is May 5th in Paris and May 4th in New York."""
    project = await new_project(reporting, "alan")
    await move(reporting, project, ("todo", at(1)), ("done", at(4, 23, 30)), who="alan")
    await tell(reporting, entry(60, at(4, 23, 30), project_id=project))
    day = {"s": "2026-05-04", "e": "2026-05-04"}
    told = {}
    for zone in ("UTC", "Europe/Paris", "America/New_York"):
        found = await figures(reporting, "Project", project, ALAN, **day, z=zone)
        told[zone] = found["tasks"]["completed"], found["timeTracking"]["totalHours"]

    assert told == {"UTC": (1, 1.0), "Europe/Paris": (0, 0.0), "America/New_York": (1, 1.0)}


async def test_without_a_time_zone_it_is_that_of_the_asker(reporting: Running):
    project = await new_project(reporting, "alan", "grace")
    await tell(reporting, entry(60, at(4, 23, 30), project_id=project))
    moved = UserUpdated(
        user_id=demo_id("user", "alan"),
        version=2,
        username="alan",
        display_name="Alan Turing",
        avatar_url=None,
        organization_id=ADA.tenant_id,
        roles=("user",),
        is_active=True,
        timezone="Europe/Paris",
        changed=("timezone",),
    )
    await tell(reporting, moved)
    day = {"s": "2026-05-04", "e": "2026-05-04"}

    alan = await figures(reporting, "Project", project, ALAN, **day)
    grace = await figures(reporting, "Project", project, caller("grace"), **day)

    assert [one["period"]["timeZone"] for one in (alan, grace)] == ["Europe/Paris", "UTC"]
    assert [one["timeTracking"]["totalHours"] for one in (alan, grace)] == [0.0, 1.0]

    # A zone that only newer machines know.
    await tell(reporting, replace(moved, version=3, timezone="Europe/Atlantis"))
    alan = await figures(reporting, "Project", project, ALAN, **day)
    assert alan["period"]["timeZone"] == "UTC"


async def test_the_trend_ends_today(reporting: Running):
    today = datetime.now(UTC).date()
    days = {"s": str(today - timedelta(days=2)), "e": str(today + timedelta(days=5))}

    found = await figures(reporting, "Project", ENG, ALAN, **days)

    told = [one["date"] for one in found["trends"]["dailyCompletionRate"]]
    # The day may have ended between the two questions.
    assert told in (
        [str(today - timedelta(days=n)) for n in (2, 1, 0)],
        [str(today - timedelta(days=n)) for n in (2, 1, 0, -1)],
    )


async def test_figures_of_a_person_are_those_of_their_tasks_and_hours(reporting: Running):
    project, other = [await new_project(reporting, "alan", "grace") for _ in range(2)]
    for number, who in enumerate(("alan", "alan", "grace")):
        await move(reporting, project, ("todo", at(5)), ("done", at(6 + number)), who=who)
    await move(reporting, other, ("todo", at(5)), who="alan")
    for minutes, project_id in ((30, project), (15, other), (60, None)):
        await tell(reporting, entry(minutes, at(6), project_id=project_id))
    await tell(reporting, entry(500, at(6), "grace", project_id=project))

    found = await figures(reporting, "User", user("alan"), ALAN, **WEEK)
    shares = {
        one["project"] and one["project"]["id"]: (one["tasks"]["total"], one["hoursLogged"])
        for one in found["projects"]
    }

    # The demo has seven open tasks of alan in other projects.
    assert (found["tasks"]["completed"], found["tasks"]["total"]) == (2, 10)
    assert found["timeTracking"]["totalHours"] == 1.75
    assert shares[str(project)] == (2, 0.5)
    assert shares[str(other)] == (1, 0.25)
    assert shares[None] == (0, 1.0)
    assert sum(total for total, _ in shares.values()) == 10


async def test_hours_are_told_by_day_person_and_project(reporting: Running):
    project = await new_project(reporting, "alan", "grace")
    for minutes, began, who in ((30, at(5), "alan"), (90, at(6), "grace"), (20, at(6), "alan")):
        await tell(
            reporting, entry(minutes, began, who, project_id=project, billable=who == "alan")
        )

    data = await reporting.ask(TIME, ALAN, p=str(project), **WEEK)
    found = data["timeAnalytics"]
    of_alan = await reporting.ask(TIME, ALAN, p=str(project), u=user("alan"), **WEEK)

    assert found["byDay"] == [
        {"date": "2026-05-05", "hours": 0.5, "billableHours": 0.5},
        {"date": "2026-05-06", "hours": 1.83, "billableHours": 0.33},
    ]
    assert found["byUser"] == [
        {"user": {"id": user("grace")}, "hours": 1.5, "billableHours": 0.0},
        {"user": {"id": user("alan")}, "hours": 0.83, "billableHours": 0.83},
    ]
    assert found["byProject"] == [
        {"project": {"id": str(project)}, "hours": 2.33, "billableHours": 0.83}
    ]
    assert found["timeTracking"]["mostActiveDay"] == "2026-05-06"
    assert of_alan["timeAnalytics"]["timeTracking"]["totalHours"] == 0.83


async def test_a_timer_that_runs_counts_when_it_is_stopped(reporting: Running):
    stopped = entry(30, DAY, version=2)
    at_work = replace(stopped.state, duration_minutes=None, ended_at=None)
    told = []
    for event in (replace(stopped, state=at_work, version=1), stopped):
        await tell(reporting, event)
        found = await reporting.ask(TIME, ALAN, **WEEK)
        told.append(found["timeAnalytics"]["timeTracking"]["totalHours"])

    assert told == [0.0, 0.5]


@pytest.mark.parametrize("data_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"s": "2026-05-02", "e": "2026-05-01"}, "endDate"),
        ({"s": "2020-01-01", "e": "2026-05-01"}, "endDate"),
        ({"s": "0001-01-01"}, "startDate"),
        ({"e": "9999-12-31"}, "endDate"),
        ({"z": "Nowhere/Else"}, "timeZone"),
        ({"z": "../../etc/passwd"}, "timeZone"),
        ({"u": "x"}, "userId"),
        ({"p": "x"}, "projectId"),
    ],
)
async def test_what_is_no_period_is_told(reporting: Running, given: dict[str, str], field: str):
    told = await reporting.refusal(TIME, ALAN, **given)

    assert told["code"] == "BAD_USER_INPUT"
    assert [one["field"] for one in told["fields"]] == [field]
