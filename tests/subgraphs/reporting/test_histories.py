"""Whatever happens in whatever order, figures are those of a model that looks at every row."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete
from sqlmodel import select

from tests.subgraphs.reporting.asking import exporter, figures, generated, tell
from tests.subgraphs.reporting.histories import FIRST, PEOPLE, ZONES, expected, random_history
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.events.event import Event
from trellis.schema.events.projects import ProjectCreated, ProjectDeleted, ProjectState
from trellis.subgraphs.reporting.definitions import ISSUE_SUMMARY
from trellis.subgraphs.reporting.models import (
    Issue,
    Project,
    ProjectMember,
    Task,
    TaskSpan,
    TimeEntry,
)

ALAN = caller("alan")


def project_made(id: UUID) -> ProjectCreated:
    members = {demo_id("user", who): "owner" for who in PEOPLE}
    state = ProjectState(
        key="NEW",
        name="New",
        status="active",
        organization_id=ALAN.tenant_id,
        lead_id=demo_id("user", "alan"),
        settings={},
        members=members,
    )
    return ProjectCreated(project_id=id, version=1, state=state)


@pytest.mark.parametrize("seed", range(2))
async def test_figures_are_those_of_the_rows(reporting: Running, seed: int):
    random = Random(seed)
    for _ in range(3):
        history = random_history(random, uuid4())
        await tell(reporting, project_made(history.project))
        for event, at in history.events:
            await tell(reporting, event, at)
            if random.random() < 0.2:  # told twice, by another id
                await tell(reporting, event, at + timedelta(hours=3))
        for event, at in random.sample(history.events, len(history.events) // 2):  # and late
            await tell(reporting, event, at + timedelta(days=1))
        for zone in ZONES * 2:
            start = FIRST.date() + timedelta(days=random.randint(-1, 5))
            end = start + timedelta(days=random.randint(0, 6))
            told = {"s": str(start), "e": str(end), "z": zone}
            found = await figures(reporting, "Project", history.project, ALAN, **told)
            assert _comparable(found) == expected(history, start, end, zone), (told, history)


def _comparable(found: dict[str, Any]) -> dict[str, Any]:
    names = {str(demo_id("user", who)): who for who in PEOPLE}
    members = {
        names[one["user"]["id"]]: (
            one["tasksCompleted"],
            one["hoursLogged"],
            one["productivityScore"],
        )
        for one in found["teamPerformance"]["members"]
    }
    kept = {name: found[name] for name in ("tasks", "timeTracking", "trends")}
    return {**kept, "members": members}


async def test_the_issue_summary_counts_every_issue_once(reporting: Running):
    """S1-RPT-02: states and priorities both add up to all."""
    random, who = Random(5), exporter("alan")
    history = random_history(random, uuid4())
    while len(history.issues) < 2:
        history = random_history(random, uuid4())
    await tell(reporting, project_made(history.project))
    for event, at in history.events:
        await tell(reporting, event, at)

    report = await generated(reporting, ISSUE_SUMMARY, who, project_id=str(history.project))

    states = [status for status, _ in history.issues.values()]
    words = [priority.lower() for _, priority in history.issues.values()]
    assert report["data"]["summary"] == {
        "total_issues": len(states),
        "open_issues": states.count("Open"),
        "in_progress_issues": states.count("In Progress") + states.count("Odd"),
        "closed_issues": states.count("Done") + states.count("Closed"),
    }
    counted = {word: count for word, count in report["data"]["by_priority"].items() if count}
    assert counted == {word: words.count(word) for word in words}


async def rows(reporting: Running) -> dict[str, list[Any]]:
    """All rows of the read models."""
    found = {}
    async with reporting.context().storage.read() as session:
        for table in (Project, ProjectMember, Task, TaskSpan, Issue, TimeEntry):
            all_ = await session.scalars(select(table))
            found[table.__name__] = sorted(str(row.model_dump()) for row in all_)
    return found


async def empty(reporting: Running) -> None:
    async with reporting.context().storage.begin() as uow:
        for table in (TaskSpan, Task, Issue, TimeEntry, ProjectMember, Project):
            await uow.session.execute(delete(table))


def woven(random: Random, streams: list[list[tuple[Event, Any]]]) -> list[tuple[Event, Any]]:
    """The events of several streams, each in its order, in any order between them."""
    left, found = [list(stream) for stream in streams], []
    while any(left):
        stream = random.choice([one for one in left if one])
        found.append(stream.pop(0))
    return found


async def test_reading_again_from_the_start_leads_to_the_same_rows(reporting: Running):
    """In whatever order the streams are read, and also where events come twice or late."""
    random = Random(11)
    histories = [random_history(random, uuid4()) for _ in range(3)]
    made = [(project_made(one.project), FIRST) for one in histories]
    gone = project_made(histories[0].project)
    deleted = ProjectDeleted(project_id=gone.project_id, version=2, state=gone.state)
    told = [event for one in histories for event in one.events]
    kinds = ("task.", "issue.", "time")
    streams = [[(e, at) for e, at in told if e.topic.startswith(kind)] for kind in kinds]
    streams.append([*made, (deleted, FIRST)])

    found = []
    for is_anew in (True, True, False):
        if is_anew:
            await empty(reporting)
        for event, at in woven(random, streams):
            await tell(reporting, event, at)
        found.append(await rows(reporting))

    assert found[0]["Task"] and found[0]["TimeEntry"] and found[0]["Issue"]
    assert found[0] == found[1] == found[2]
    gone_id = str(histories[0].project)
    assert gone_id not in str(found[0]["Task"] + found[0]["Issue"])
    # People have worked, whatever became of it.
    hours = sum(gone_id in row for row in found[0]["TimeEntry"])
    assert hours >= len(histories[0].entries) > 0
