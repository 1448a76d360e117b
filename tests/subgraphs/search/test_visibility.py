"""Who finds what: by the rules of the subgraphs that own it, and never more."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.search.asking import (
    HOME,
    add_memberships,
    add_project,
    ask,
    issue,
    keep,
    suggested,
    titles,
)
from tests.subgraphs.seeing import OURS, PROJECTS, SEES, THEIRS, id_of, person
from tests.support.subgraphs import Running
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.scopes import SCOPES
from trellis.subgraphs.search.documents import Found
from trellis.subgraphs.search.models import DocumentType

READ = frozenset({"read:issues", "read:projects", "read:tasks"})


def reading(who: Identity) -> Identity:
    """The caller with the scopes that what is found needs."""
    return replace(who, scopes=who.scopes | READ)


async def fill(search: Running) -> None:
    """A project, an issue and a task in each project of ``seeing``."""
    for key, (organization, members) in PROJECTS.items():
        users = [id_of("user", name) for name in members]
        project = await add_project(search, key, organization=organization, members=users)
        of_it: dict[str, Any] = {"version": 1, "project_id": project}
        await keep(
            search,
            Found(id=project, type=DocumentType.PROJECT, key=key, title=f"Gizmo {key}", **of_it),
            Found(
                id=uuid4(), type=DocumentType.ISSUE, key=f"{key}-1", title=f"Gizmo {key}", **of_it
            ),
            Found(id=uuid4(), type=DocumentType.TASK, title=f"Gizmo {key}", **of_it),
        )


async def test_callers_find_what_is_in_the_projects_that_they_see(empty: Running):
    await fill(empty)

    for who, keys in SEES:
        for kind, name in (("ISSUE", "issues"), ("PROJECT", "projects"), ("TASK", "tasks")):
            found = await ask(empty, reading(who), "gizmo", t=[kind])
            seen = {edge["node"]["title"] for edge in found["results"]["edges"]}
            assert seen == {f"Gizmo {key}" for key in keys}, (who, kind)
            counts = found["aggregations"]
            assert counts["byType"][name] == found["results"]["totalCount"] == len(keys)
            inside = dict.fromkeys(keys, 1) if kind != "PROJECT" else {}
            assert counts["byProjectKey"] == inside
        told = await suggested(empty, reading(who), "giz")
        assert told == [("gizmo", kind, len(keys)) for kind in ("ISSUE", "PROJECT", "TASK") if keys]


async def test_administrators_of_issues_find_the_issues_of_their_organization_and_no_more(
    empty: Running,
):
    await fill(empty)
    boss = reading(person("bystander", OURS, scopes=frozenset({"admin:issues"})))

    found = await ask(empty, boss, "gizmo")

    assert found["aggregations"]["byType"] == {"issues": 2, "projects": 0, "users": 0, "tasks": 0}
    assert found["aggregations"]["byProjectKey"] == {"OURS": 1, "EMPTY": 1}


@pytest.mark.parametrize(
    ("missing", "name"),
    [("read:issues", "issues"), ("read:projects", "projects"), ("read:tasks", "tasks")],
)
async def test_without_its_scope_a_type_does_not_exist(empty: Running, missing: str, name: str):
    await fill(empty)
    who = replace(person("insider", OURS), scopes=READ - {missing})

    found = await ask(empty, who, "gizmo")

    expected = {"issues": 2, "projects": 2, "users": 0, "tasks": 2, name: 0}
    assert found["aggregations"]["byType"] == expected


async def test_a_project_that_is_not_seen_and_none_are_the_same(empty: Running):
    project = await add_project(empty, "THEIRS", organization=THEIRS)
    await keep(empty, issue(project, "Gizmo"))
    who = reading(person("insider", OURS))

    asked = [await ask(empty, who, "gizmo", p=str(id)) for id in (project, uuid4())]

    assert asked[0] == asked[1]
    assert asked[0]["results"]["totalCount"] == 0


# -- people --------------------------------------------------------------------------------


async def people(search: Running) -> None:
    for name in ("ann", "ben", "cyd", "dee"):
        state = Found(
            id=id_of("user", name), type=DocumentType.USER, version=1, key=name, title=f"{name} Doe"
        )
        await keep(search, state)
    ann, ben, cyd = (id_of("user", name) for name in ("ann", "ben", "cyd"))
    await add_memberships(search, OURS, ann, ben)
    await add_memberships(search, THEIRS, ben, cyd)


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (person("ann", OURS), "ann ben"),
        (person("ben", OURS), "ann ben cyd"),
        (person("cyd", None), "ben cyd"),
        (person("dee", OURS), "dee"),
        (person("stranger", THEIRS), ""),
        (person("root", None, roles=frozenset({"admin"})), "ann ben cyd dee"),
        (replace(person("ann", OURS), kind="service"), ""),
        (replace(person("ann", OURS), kind="service", scopes=SCOPES), "ann ben"),
        (ANONYMOUS, ""),
    ],
    ids=[
        "ann",
        "ben",
        "cyd",
        "dee",
        "stranger",
        "root",
        "service",
        "service-with-scopes",
        "nobody",
    ],
)
async def test_people_find_those_who_share_an_organization_with_them(
    empty: Running, who: Identity, seen: str
):
    await people(empty)

    found = await ask(empty, who, "doe", t=["USER"])

    assert {edge["node"]["key"] for edge in found["results"]["edges"]} == set(seen.split())
    assert found["results"]["totalCount"] == len(seen.split())


# -- nothing about others leaks through what is computed ---------------------------------


async def everything(search: Running, who: Identity) -> list[Any]:
    queries = ("gizmo", "gizmos", "gadget", "gizno", "wodget", '"big gizmo"', "gizmo -big")
    asked = [await ask(search, who, query, n=3) for query in queries]
    return [*asked, *[await suggested(search, who, query) for query in ("gi", "gizmo", "big g")]]


async def test_scores_corrections_cursors_and_suggestions_do_not_depend_on_others(empty: Running):
    who = reading(person("insider", OURS))
    ours = await add_project(empty, "OURS", organization=OURS, members=[id_of("user", "insider")])
    await keep(
        empty,
        *(
            issue(ours, title, id=id_of("issue", title))
            for title in ("Big gizmo", "Gizmo", "Gadget")
        ),
    )
    before = await everything(empty, who)

    theirs = await add_project(empty, "THEIRS", organization=THEIRS)
    common = [issue(theirs, title) for title in ["Gizmo", "Big gizmo", "Gizmos", "Gizna"] * 5]
    near = [issue(theirs, f"gi{letter}no widget wodget gi{letter}mo") for letter in "abcdefghijklm"]
    await keep(empty, *common, *near)

    assert await everything(empty, who) == before
    assert await titles(empty, reading(person("x", HOME)), "gizmo") == []
