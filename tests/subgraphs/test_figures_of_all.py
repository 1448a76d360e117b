"""What people do in tasks, issues and hours is what reporting counts in the very next answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.subgraphs.reporting.asking import ENG, exporter
from tests.subgraphs.reporting.quiet import make_quiet
from tests.support.subgraphs import Running, running
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.bus import MemoryBus
from trellis.db.settings import DataSettings
from trellis.subgraphs.reporting.definitions import ISSUE_SUMMARY
from trellis.subgraphs.reporting.graph import make_subgraph as make_reporting
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks
from trellis.subgraphs.timetracking.graph import make_subgraph as make_hours

ALAN = exporter("alan")
NEW_PROJECT = """mutation { createProject(input: {name: "Bombe"}) { project { id } } }"""
NEW_TASK = """mutation($p: ID!, $u: ID!) { createTask(input: {projectId: $p, title: "x",
  assigneeId: $u}) { task { id } } }"""
FINISH = "mutation($id: ID!) { updateTaskStatus(id: $id, status: DONE) { task { id } } }"
DELETE = "mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId } }"
WORK = """mutation($p: ID!, $s: DateTime!, $e: DateTime!) { createTimeEntry(input: {projectId: $p,
  startedAt: $s, endedAt: $e}) { timeEntry { id } } }"""
NEW_ISSUE = """mutation($p: ID!) { createIssue(input: {projectId: $p, summary: "x"}) {
  issue { id } } }"""
CLOSE = """mutation($id: ID!) { updateIssue(id: $id, input: {status: "Done"}) { issue { id } } }"""
FIGURES = """query($p: ID!) { project(id: $p) {
  issueStatistics { totalIssues openIssues closedIssues }
  taskStatistics { total completed completionRate }
  totalHours
  analytics { tasks { total completed completionRate } timeTracking { totalHours }
    teamPerformance { members { user { displayName } tasksCompleted hoursLogged } } } } }"""
MINE = """query($u: ID!) { user(id: $u) { displayName
  analytics { timeTracking { totalHours } projects { project { name } hoursLogged } } } }"""
GENERATE = """mutation($i: GenerateReportInput!) { generateReport(input: $i) { report { id } } }"""
REPORT = "query($id: ID!) { report(id: $id) { status data downloadUrl project { name } } }"


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[WholeGraph]:
    settings = DataSettings(data_dir=tmp_path)
    also = [make_tasks, make_hours, make_reporting]
    async with whole_graph(settings, also=also) as graph:
        yield graph


async def test_figures_follow_what_was_done_a_moment_ago(graph: WholeGraph):
    async def do(operation: str, **variables: Any) -> Any:
        return next(iter((await graph.ask(operation, ALAN, **variables)).values()))

    project = (await do(NEW_PROJECT))["project"]["id"]
    tasks = [(await do(NEW_TASK, p=project, u=str(ALAN.id)))["task"]["id"] for _ in range(4)]
    await do(FINISH, id=tasks[0])
    await do(DELETE, id=tasks[3])
    now = datetime.now(UTC).replace(microsecond=0)
    began = now - timedelta(hours=2)
    await do(WORK, p=project, s=began.isoformat(), e=(now - timedelta(minutes=30)).isoformat())
    issues = [(await do(NEW_ISSUE, p=project))["issue"]["id"] for _ in range(2)]
    await do(CLOSE, id=issues[0])

    found = (await graph.ask(FIGURES, ALAN, p=project))["project"]
    statistics, analytics = found["taskStatistics"], found["analytics"]
    mine = (await graph.ask(MINE, ALAN, u=str(ALAN.id)))["user"]

    assert statistics == {"total": 3, "completed": 1, "completionRate": 33.33}
    assert analytics["tasks"] == statistics
    assert analytics["timeTracking"]["totalHours"] == float(found["totalHours"]) == 1.5
    assert analytics["teamPerformance"]["members"] == [
        {"user": {"displayName": "Alan Turing"}, "tasksCompleted": 1, "hoursLogged": 1.5}
    ]
    assert {"project": {"name": "Bombe"}, "hoursLogged": 1.5} in mine["analytics"]["projects"]

    given = {"definitionId": str(ISSUE_SUMMARY.id), "parameters": {"project_id": project}}
    id = (await do(GENERATE, i=given))["report"]["id"]
    report = await _completed(graph, id)
    assert report["project"] == {"name": "Bombe"}
    counted = report["data"]["summary"]
    assert counted == {
        "total_issues": 2,
        "open_issues": 1,
        "in_progress_issues": 0,
        "closed_issues": 1,
    }
    assert counted["total_issues"] == found["issueStatistics"]["totalIssues"]
    assert "/content/reporting/" in report["downloadUrl"]


async def _completed(graph: WholeGraph, id: str) -> dict[str, Any]:
    """The report, once the subgraph's own job has generated it."""
    async with asyncio.timeout(20):
        while True:
            report = (await graph.ask(REPORT, ALAN, id=id))["report"]
            if report["status"] != "GENERATING":
                return report
            await asyncio.sleep(0.05)


async def test_what_happened_while_reporting_was_down_is_counted_at_its_start(tmp_path: Path):
    settings, bus = DataSettings(data_dir=tmp_path), MemoryBus()
    await bus.connect()
    async with running(make_tasks, settings, ["accounts", "projects"], bus=bus) as tasks:
        absent = ["workflows", "issues", "timetracking"]
        async with running(make_quiet, settings, absent, bus=bus):
            pass
        project = str(ENG)
        before = await tasks.ask(NEW_TASK, ALAN, p=project, u=str(ALAN.id))
        await tasks.ask(FINISH, ALAN, id=before["createTask"]["task"]["id"])
        async with running(make_quiet, settings, bus=bus, fresh=False) as reporting:
            await reporting.context().storage.catch_up("tasks", timeout=10)
            assert await _completed_today(reporting, project) == 1
    await bus.close()


async def _completed_today(reporting: Running, project: str) -> int:
    query = """query($r: [_Any!]!) { _entities(representations: $r) {
      ... on Project { analytics { tasks { completed } } } } }"""
    data = await reporting.ask(query, ALAN, r=[{"__typename": "Project", "id": project}])
    return data["_entities"][0]["analytics"]["tasks"]["completed"]
