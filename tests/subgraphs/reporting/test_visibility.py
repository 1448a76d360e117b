"""Who gets whose figures."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.subgraphs.reporting.asking import (
    DAY,
    ENG,
    ENTITIES,
    HOP,
    PROJECT,
    TIME,
    USER,
    entry,
    figures,
    tell,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS, Identity

WEEK = {"s": "2026-05-04", "e": "2026-05-10"}
COMP = demo_id("project", "COMP")


async def told(reporting: Running, type_: str, id: object, who: Identity) -> str:
    """``given``, ``null`` or the code of the refusal."""
    references = [{"__typename": type_, "id": str(id)}]
    answer = await reporting.answer(ENTITIES % (PROJECT, USER), who, r=references, **WEEK)
    if answer.errors:
        return answer.errors[0].extensions["code"]
    return "given" if answer.data["_entities"][0]["analytics"] else "null"


@pytest.mark.parametrize(
    ("who", "eng", "hop"),
    [
        ("alan", "given", "null"),  # a member
        ("ada", "given", "given"),  # an administrator of the platform
        ("grace", "given", "null"),  # administers the organization
        ("hedy", "null", "given"),
    ],
)
async def test_figures_of_a_project_are_for_those_who_see_it(
    reporting: Running, who: str, eng: str, hop: str
):
    assert await told(reporting, "Project", ENG, caller(who)) == eng
    assert await told(reporting, "Project", HOP, caller(who)) == hop
    assert await told(reporting, "Project", uuid4(), caller(who)) == "null"
    assert await told(reporting, "Project", ENG, ANONYMOUS) == "null"


@pytest.mark.parametrize(
    ("who", "whose", "answer"),
    [
        ("alan", "alan", "given"),
        ("alan", "grace", "FORBIDDEN"),  # works with her, but manages nothing
        ("alan", "hedy", "FORBIDDEN"),
        ("grace", "alan", "given"),  # administers the organization
        ("grace", "hedy", "FORBIDDEN"),
        ("ada", "hedy", "given"),
        ("katherine", "alan", "given"),  # owns ORBIT, in which he is
        ("katherine", "barbara", "FORBIDDEN"),
        ("hedy", "alan", "FORBIDDEN"),
        ("hedy", "radia", "given"),
    ],
)
async def test_figures_of_a_person_are_for_them_and_those_who_manage_them(
    reporting: Running, who: str, whose: str, answer: str
):
    assert await told(reporting, "User", user(whose), caller(who)) == answer
    data = await reporting.answer(TIME, caller(who), u=user(whose), **WEEK)
    code = data.errors[0].extensions["code"] if data.errors else "given"
    assert code == answer


async def test_who_does_not_exist_is_refused_like_one_who_may_not_be_seen(reporting: Running):
    answers = [
        await reporting.refusal(TIME, caller("alan"), **members)
        for members in (
            {"u": str(uuid4())},
            {"u": user("hedy")},
            {"p": str(uuid4())},
            {"p": str(HOP)},
            {"p": str(HOP), "u": user("alan")},
        )
    ]
    assert answers == [answers[0]] * 5
    assert answers[0]["code"] == "FORBIDDEN"


async def test_a_manager_gets_what_was_done_in_their_projects_only(reporting: Running):
    """Katherine owns ORBIT; alan works in it, in ENG and for himself."""
    orbit = demo_id("project", "ORBIT")
    for minutes, project in ((60, orbit), (120, ENG), (240, None)):
        await tell(reporting, entry(minutes, DAY, project_id=project))

    of_katherine = await figures(reporting, "User", user("alan"), caller("katherine"), **WEEK)
    of_alan = await figures(reporting, "User", user("alan"), caller("alan"), **WEEK)
    of_grace = await figures(reporting, "User", user("alan"), caller("grace"), **WEEK)

    told = [one["timeTracking"]["totalHours"] for one in (of_katherine, of_alan, of_grace)]
    assert told == [1.0, 7.0, 7.0]
    assert [one["project"]["id"] for one in of_katherine["projects"]] == [str(orbit)]
    total = sum(one["tasks"]["total"] for one in of_katherine["projects"])
    assert of_katherine["tasks"]["total"] == total < of_alan["tasks"]["total"]


async def test_own_hours_stay_when_one_has_left_a_project(reporting: Running):
    """But which one it was is not told."""
    await tell(reporting, entry(60, DAY, project_id=HOP))
    found = await figures(reporting, "User", user("alan"), caller("alan"), **WEEK)

    assert found["timeTracking"]["totalHours"] == 1.0
    assert [one["project"] for one in found["projects"] if one["hoursLogged"]] == [None]
    data = await reporting.ask(TIME, caller("alan"), **WEEK)
    assert data["timeAnalytics"]["byProject"] == [
        {"project": None, "hours": 1.0, "billableHours": 1.0}
    ]


async def test_members_of_an_organization_that_one_has_left_are_not_told(reporting: Running):
    elsewhere = replace(caller("katherine"), tenant_id=caller("hedy").tenant_id)
    assert await told(reporting, "User", user("alan"), elsewhere) == "FORBIDDEN"
    assert await told(reporting, "Project", demo_id("project", "ORBIT"), elsewhere) == "null"


async def test_statements_do_not_grow_with_rows(reporting: Running):
    """Figures of one project and of three, of one person and of five, take equally many."""
    storage, counts = reporting.context().storage, []
    statements: list[str] = []
    engine = storage.database.engine.sync_engine

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        for projects, people in (
            (["ENG"], ["alan"]),
            (["ENG", "COMP", "ORBIT"], ["alan", "grace", "edsger", "katherine", "barbara"]),
        ):
            statements.clear()
            references = [
                {"__typename": "Project", "id": str(demo_id("project", key))} for key in projects
            ]
            references += [{"__typename": "User", "id": user(name)} for name in people]
            query = ENTITIES % (PROJECT, USER)
            await reporting.ask(query, caller("grace"), r=references, **WEEK)
            # Those of consumers go on beside it.
            own = [
                one
                for one in statements
                if "FROM task" in one or "person" in one or "time_entry" in one
            ]
            counts.append(len(own))
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert 5 < counts[0] == counts[1] < 15
