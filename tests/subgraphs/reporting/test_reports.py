"""Asking for reports, their parameters, and what comes of them."""

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlmodel import col, select

from tests.subgraphs.reporting.asking import (
    CANCEL,
    ENG,
    GENERATE,
    HOP,
    REPORT,
    entry,
    exporter,
    generated,
    request,
    tell,
    user,
)
from tests.support.leaving import user_deleted
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.schema.errors import NotFound
from trellis.schema.events.projects import ProjectDeleted, ProjectState
from trellis.subgraphs.reporting.definitions import (
    DEFINITIONS,
    ISSUE_SUMMARY,
    PROJECT_ANALYTICS,
    TIME,
    USER_ANALYTICS,
    Definition,
)
from trellis.subgraphs.reporting.models import Report, ReportContent, ReportStatus
from trellis.subgraphs.reporting.use_cases.expiry import expire_all
from trellis.subgraphs.reporting.use_cases.generation import generate_all

ALAN = exporter("alan")
P = str(ENG)


async def load(reporting: Running, link: str) -> tuple[bytes, str, str]:
    """The file behind a link."""
    assert reporting.subgraph.open_content is not None
    content = await reporting.subgraph.open_content(link.rpartition("/")[2])
    pieces = [piece async for piece in content.read(0, content.size)]
    return b"".join(pieces), content.media_type, content.filename


async def topics(reporting: Running, id: str) -> list[str]:
    events = await reporting.bus.read_after("reporting", "0", 200)
    return [event.topic for event in events if event.key == id]


async def test_there_are_definitions_with_typed_parameters(reporting: Running):
    """S1-DM-09."""
    query = """{ reportDefinitions { id name description type parameters {
      name type required } } }"""
    told = (await reporting.ask(query, ALAN))["reportDefinitions"]

    assert [one["id"] for one in told] == [str(id) for id in DEFINITIONS]
    [summary] = [one for one in told if one["name"] == "Issue Summary Report"]
    assert summary["description"] == "Summary of issues by status and priority"
    assert summary["type"] == "summary"
    assert summary["parameters"] == [
        {"name": "project_id", "type": "STRING", "required": True},
        {"name": "date_range", "type": "DATE_RANGE", "required": False},
    ]


async def test_a_report_is_estimated_at_once_and_completed_later(reporting: Running):
    """S1-RPT-01, S1-DM-10."""
    asked = await request(reporting, ISSUE_SUMMARY, project_id=P)
    assert (asked["name"], asked["status"], asked["progress"]) == (
        "Issue Summary Report",
        "GENERATING",
        0,
    )
    estimated, made = (
        datetime.fromisoformat(asked[name]) for name in ("estimatedCompletion", "createdAt")
    )
    assert timedelta(0) < estimated - made <= timedelta(minutes=1)
    before = (await reporting.ask(REPORT, ALAN, id=asked["id"]))["report"]
    assert (before["data"], before["downloadUrl"], before["generatedAt"]) == (None, None, None)

    await generate_all(reporting.context().storage)

    report = (await reporting.ask(REPORT, ALAN, id=asked["id"]))["report"]
    assert (report["status"], report["progress"], report["error"]) == ("COMPLETED", 100, None)
    assert report["definition"] == {"id": str(ISSUE_SUMMARY.id)}
    assert report["project"] == {"id": P}
    assert report["data"]["summary"] == {
        "total_issues": 120,
        "open_issues": 45,
        "in_progress_issues": 30,
        "closed_issues": 45,
    }
    assert sum(report["data"]["by_priority"].values()) == 120
    content, media_type, name = await load(reporting, report["downloadUrl"])
    assert (orjson.loads(content), media_type) == (report["data"], "application/json")
    assert name.startswith("issue-summary-") and name.endswith(".json")
    assert report["size"] == len(content)
    assert await topics(reporting, asked["id"]) == [
        "report.requested",
        "report.progressed",
        "report.progressed",
        "report.completed",
    ]


async def test_a_range_of_dates_leaves_out_other_issues(reporting: Running):
    """Issues of ENG are made every five hours from January 6th, 9:00, on."""
    days = {"start": "2026-01-07", "end": "2026-01-07"}
    report = await generated(reporting, ISSUE_SUMMARY, project_id=P, date_range=days)

    assert report["data"]["summary"]["total_issues"] == 5


@pytest.mark.parametrize("data_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("definition", "parameters"),
    [
        (PROJECT_ANALYTICS, {"project_id": P}),
        (USER_ANALYTICS, {}),
        (TIME, {"project_id": P, "date_range": {"start": "2026-05-01", "end": "2026-05-31"}}),
    ],
    ids=lambda one: one.key if isinstance(one, Definition) else "",
)
async def test_every_kind_comes_as_json_csv_and_pdf(
    reporting: Running, definition: Definition, parameters: dict[str, Any]
):
    await tell(reporting, entry(90, utc_now() - timedelta(hours=2)))
    ids = [
        (await request(reporting, definition, ALAN, format, **parameters))["id"]
        for format in ("JSON", "CSV", "PDF")
    ]
    await generate_all(reporting.context().storage)
    reports = [(await reporting.ask(REPORT, ALAN, id=id))["report"] for id in ids]
    files = [await load(reporting, report["downloadUrl"]) for report in reports]

    assert reports[0]["data"] == reports[1]["data"] == reports[2]["data"]
    assert orjson.loads(files[0][0]) == reports[0]["data"]
    table = list(csv.reader(io.StringIO(files[1][0].decode("utf-8-sig"))))
    hours = str(reports[0]["data"]["time_tracking"]["total_hours"])
    assert table[0] == [definition.name] and ["Hours", hours] in table
    assert files[2][0].startswith(b"%PDF-")
    assert [file[1] for file in files[1:]] == ["text/csv; charset=utf-8", "application/pdf"]


@pytest.mark.parametrize("data_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ({}, ["parameters.project_id"]),
        ({"project_id": None}, ["parameters.project_id"]),
        ({"project_id": 7}, ["parameters.project_id"]),
        ({"project_id": "x"}, ["parameters.project_id"]),
        ({"project_id": "  "}, ["parameters.project_id"]),
        ({"project_id": P, "color": "red"}, ["parameters.color"]),
        ({"project_id": P, "date_range": "2026"}, ["parameters.date_range"]),
        ({"project_id": P, "date_range": {"start": "2026-01-01"}}, ["parameters.date_range"]),
        (
            {"project_id": P, "date_range": {"start": "2026-01-02", "end": "2026-01-01"}},
            ["parameters.date_range"],
        ),
        (
            {"project_id": P, "date_range": {"start": "2026-01-02", "end": "2026-13-01"}},
            ["parameters.date_range"],
        ),
        (
            {"project_id": P, "date_range": {"start": "2026-W01-1", "end": "2026-01-31"}},
            ["parameters.date_range"],
        ),
        (
            {"project_id": P, "date_range": {"start": "1999-01-01", "end": "2026-01-01"}},
            ["parameters.date_range"],
        ),
        (
            {"date_range": 1, "a": 1},
            ["parameters.a", "parameters.project_id", "parameters.date_range"],
        ),
        ([], ["parameters"]),
    ],
)
async def test_parameters_are_checked_by_their_definition(
    reporting: Running, parameters: Any, fields: list[str]
):
    """S1-RPT-03: everything that is wrong is told at once, and nothing is made."""
    given = {"definitionId": str(ISSUE_SUMMARY.id), "parameters": parameters}
    told = await reporting.refusal(GENERATE, ALAN, i=given)

    assert (told["code"], [one["field"] for one in told["fields"]]) == ("BAD_USER_INPUT", fields)
    async with reporting.context().storage.read() as session:
        assert list(await session.scalars(select(Report))) == []
    assert await reporting.bus.read_after("reporting", "0", 10) == []


@pytest.mark.parametrize("data_settings", ["sqlite"], indirect=True)
async def test_what_is_no_kind_of_report_is_not_found(reporting: Running):
    for id in ("x", "", str(uuid4())):
        told = await reporting.refusal(GENERATE, ALAN, i={"definitionId": id, "parameters": {}})
        assert told["code"] == "NOT_FOUND"


async def test_a_time_zone_must_be_one(reporting: Running):
    given = {"definitionId": str(TIME.id), "timeZone": "Mars/Base"}
    told = await reporting.refusal(GENERATE, ALAN, i=given)
    assert [one["field"] for one in told["fields"]] == ["timeZone"]


async def test_a_project_that_is_not_seen_is_not_found(reporting: Running):
    for project in (str(HOP), str(uuid4())):
        given = {"definitionId": str(ISSUE_SUMMARY.id), "parameters": {"project_id": project}}
        assert (await reporting.refusal(GENERATE, ALAN, i=given))["code"] == "NOT_FOUND"


async def test_a_cancelled_report_is_never_completed(reporting: Running):
    asked = await request(reporting, ISSUE_SUMMARY, project_id=P)
    for _ in range(2):
        told = (await reporting.ask(CANCEL, ALAN, id=asked["id"]))["cancelReport"]["report"]
        assert told["status"] == "CANCELLED"
    await generate_all(reporting.context().storage)

    report = (await reporting.ask(REPORT, ALAN, id=asked["id"]))["report"]
    assert (report["status"], report["data"]) == ("CANCELLED", None)
    assert await topics(reporting, asked["id"]) == ["report.requested", "report.cancelled"]


async def test_a_completed_report_cannot_be_cancelled(reporting: Running):
    report = await generated(reporting, ISSUE_SUMMARY, project_id=P)
    told = await reporting.refusal(CANCEL, ALAN, id=report["id"])
    assert (told["code"], told["status"]) == ("CONFLICT", "completed")


async def test_figures_that_may_not_be_seen_fail_the_report(reporting: Running):
    report = await generated(reporting, USER_ANALYTICS, user_id=user("grace"))
    assert (report["status"], report["error"]) == ("FAILED", "You may not see these figures.")
    assert (await topics(reporting, report["id"]))[-1] == "report.failed"


async def test_an_expired_report_has_no_data_and_no_file(reporting: Running):
    report = await generated(reporting, ISSUE_SUMMARY, project_id=P)
    link, storage = report["downloadUrl"], reporting.context().storage
    async with storage.begin() as uow:
        row = await uow.session.get_one(Report, UUID(report["id"]))
        row.expires_at = utc_now() - timedelta(seconds=1)

    # It counts as expired at once; then it is removed.
    for removed in (False, True):
        told = (await reporting.ask(REPORT, ALAN, id=report["id"]))["report"]
        assert (told["status"], told["data"], told["downloadUrl"]) == ("EXPIRED", None, None)
        listed = await reporting.ask(
            "{ reports(filters: {status: [EXPIRED]}) { totalCount } }", ALAN
        )
        assert listed == {"reports": {"totalCount": 1}}
        with pytest.raises(NotFound):
            await load(reporting, link)
        async with storage.read() as session:
            content = await session.scalars(select(ReportContent))
            assert len(list(content)) == (0 if removed else 1)
        await expire_all(storage)
    assert (await topics(reporting, report["id"]))[-1] == "report.expired"


async def test_old_rows_are_removed_and_waiting_ones_stay(reporting: Running):
    storage = reporting.context().storage
    old = utc_now() - timedelta(days=91)
    ids = [(await request(reporting, ISSUE_SUMMARY, project_id=P))["id"] for _ in range(3)]
    await reporting.ask(CANCEL, ALAN, id=ids[0])
    await reporting.ask(CANCEL, ALAN, id=ids[1])
    async with storage.begin() as uow:
        for id in (ids[0], ids[2]):
            (await uow.session.get_one(Report, UUID(id))).updated_at = old
    await expire_all(storage)

    async with storage.read() as session:
        left = await session.scalars(select(Report.id))
        assert {str(id) for id in left} == {ids[1], ids[2]}


async def test_a_forged_or_expired_link_leads_nowhere(reporting: Running):
    report = await generated(reporting, ISSUE_SUMMARY, project_id=P)
    ticket = report["downloadUrl"].rpartition("/")[2]
    other = await generated(reporting, TIME)
    for forged in (
        "",
        "x",
        "é",
        ticket[:-2],
        ticket[::-1],
        other["downloadUrl"].rpartition("/")[2][:22] + ticket[22:],
    ):
        with pytest.raises(NotFound):
            await load(reporting, forged)
    assert (await load(reporting, ticket))[0]


async def test_data_needs_the_right_to_export(reporting: Running):
    """S1-PERM-05: the router checks scopes; here it is what the schema declares."""
    sdl = reporting.subgraph.schema.as_str()
    start = sdl.index("type Report\n") if "type Report\n" in sdl else sdl.index("type Report ")
    of_report = sdl[start : sdl.index("\n}", start)]
    for field in ("data: JSON", "downloadUrl: String"):
        [line] = [one for one in of_report.splitlines() if one.strip().startswith(field)]
        assert 'scopes: [["read:reports", "export:data"]]' in line
    generate = next(one for one in sdl.splitlines() if "generateReport(" in one)
    assert 'scopes: [["write:reports"]]' in generate


async def test_reports_are_listed_newest_first_and_filtered(reporting: Running):
    ids = [(await request(reporting, TIME))["id"] for _ in range(3)]
    await reporting.ask(CANCEL, ALAN, id=ids[0])
    query = """query($f: ReportFilters, $a: String) { reports(first: 2, after: $a, filters: $f) {
      totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } }"""
    first = (await reporting.ask(query, ALAN))["reports"]
    rest = (await reporting.ask(query, ALAN, a=first["pageInfo"]["endCursor"]))["reports"]
    waiting = (await reporting.ask(query, ALAN, f={"status": ["GENERATING"]}))["reports"]
    other = {"definitionId": str(ISSUE_SUMMARY.id)}

    told = [edge["node"]["id"] for page in (first, rest) for edge in page["edges"]]
    assert told == ids[::-1]
    assert (first["totalCount"], waiting["totalCount"]) == (3, 2)
    assert (await reporting.ask(query, ALAN, f=other))["reports"]["totalCount"] == 0


async def test_nobody_else_sees_a_report(reporting: Running):
    """Not even those who see its project, or administer everything."""
    report = await generated(reporting, ISSUE_SUMMARY, project_id=P)
    for name in ("grace", "ada", "hedy"):
        who = exporter(name)
        assert (await reporting.ask(REPORT, who, id=report["id"])) == {"report": None}
        told = await reporting.refusal(CANCEL, who, id=report["id"])
        assert told["code"] == "NOT_FOUND"
        assert (await reporting.ask("{ reports { totalCount } }", who))["reports"] == {
            "totalCount": 0
        }
        reference = {"__typename": "Report", "id": report["id"]}
        assert await reporting.entities(who, "... on Report { name }", reference) == [None]


async def test_a_report_goes_with_the_sight_of_its_project(reporting: Running):
    report = await generated(reporting, ISSUE_SUMMARY, project_id=P)
    elsewhere = replace(ALAN, tenant_id=caller("hedy").tenant_id)

    assert await reporting.ask(REPORT, elsewhere, id=report["id"]) == {"report": None}
    async with reporting.context().storage.read() as session:
        rows = select(Report.status).where(col(Report.id) == UUID(report["id"]))
        assert list(await session.scalars(rows)) == [ReportStatus.COMPLETED]


async def test_reports_go_with_the_account_and_with_the_project(reporting: Running):
    """Their files, too."""
    ids = {}
    for name in ("alan", "grace"):
        for definition, given in ((ISSUE_SUMMARY, {"project_id": P}), (TIME, {})):
            report = await generated(reporting, definition, exporter(name), **given)
            ids[name, definition.key] = UUID(report["id"])
    gone = user_deleted(demo_id("user", "alan"))
    await tell(reporting, gone)
    assert await kept(reporting) == {ids["grace", "issue-summary"], ids["grace", "time"]}

    state = ProjectState(
        key="ENG",
        name="x",
        status="active",
        organization_id=None,
        lead_id=ENG,
        settings={},
        members={},
    )
    await tell(reporting, ProjectDeleted(project_id=ENG, version=9, state=state))
    assert await kept(reporting) == {ids["grace", "time"]}


async def kept(reporting: Running) -> set[UUID]:
    """The reports that there are, which all have a file."""
    async with reporting.context().storage.read() as session:
        reports = set(await session.scalars(select(Report.id)))
        assert set(await session.scalars(select(ReportContent.report_id))) == reports
    return reports
