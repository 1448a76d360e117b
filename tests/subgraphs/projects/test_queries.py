"""Who sees which projects, and how lists are paged."""

from dataclasses import replace

import pytest

from db.seed.world import demo_id, demo_world
from schema.identity import ANONYMOUS, Identity
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller

ALL = ["TREE", "HOP", "ORBIT", "COMP", "ENG"]
LIST = (
    "query($f: Int, $a: String) { projects(first: $f, after: $a) { totalCount "
    "edges { node { key } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"
)


def keys(data: dict) -> list[str]:
    return [edge["node"]["key"] for edge in data["edges"]]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("ada", ALL),  # platform administrator
        ("grace", ["ORBIT", "COMP", "ENG"]),  # administers her organization's projects
        ("katherine", ["ORBIT", "ENG"]),  # member
        ("hedy", ["TREE", "HOP"]),  # the other organization
        ("tommy", ["HOP"]),
    ],
)
async def test_people_see_their_projects_and_no_others(
    projects: Running, who: str, seen: list[str]
):
    data = await projects.ask(LIST, caller(who))

    assert keys(data["projects"]) == seen
    assert data["projects"]["totalCount"] == len(seen)


async def test_nobody_sees_nothing(projects: Running):
    data = await projects.ask(LIST, ANONYMOUS)

    assert (keys(data["projects"]), data["projects"]["totalCount"]) == ([], 0)


async def test_a_foreign_project_is_null_by_id_by_key_and_as_an_entity(projects: Running):
    foreign = str(demo_id("project", "HOP"))
    query = 'query($id: ID!) { project(id: $id) { name } projectByKey(key: "HOP") { name } }'

    assert await projects.ask(query, caller("grace"), id=foreign) == {
        "project": None,
        "projectByKey": None,
    }
    found = await projects.entities(
        caller("grace"),
        "... on Project { name }",
        {"__typename": "Project", "id": foreign},
        {"__typename": "Project", "key": "HOP"},
        {"__typename": "Project", "key": "ENG"},
        {"__typename": "Project", "id": "none"},
    )
    assert found == [None, None, {"name": "Analytical Engine"}, None]


async def test_pages_neither_repeat_nor_miss_a_row(projects: Running):
    seen: list[str] = []
    after, more = None, True
    for _ in range(5):
        page = (await projects.ask(LIST, caller("ada"), f=2, a=after))["projects"]
        seen += keys(page)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if not more:
            break

    assert seen == ALL
    assert not more


async def test_pages_can_be_read_backward(projects: Running):
    query = (
        "query($b: String) { projects(last: 2, before: $b) { edges { node { key } "
        "cursor } pageInfo { hasPreviousPage hasNextPage } } }"
    )
    last = (await projects.ask(query, caller("ada")))["projects"]
    before = (await projects.ask(query, caller("ada"), b=last["edges"][0]["cursor"]))["projects"]

    assert (keys(last), keys(before)) == (["COMP", "ENG"], ["HOP", "ORBIT"])
    assert last["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}
    assert before["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": True}


SORTED = (
    "query($by: ProjectSort, $order: SortOrder, $f: Int, $a: String) { projects(sortBy: $by, "
    "sortOrder: $order, first: $f, after: $a) { edges { node { key name } } "
    "pageInfo { endCursor } } }"
)


@pytest.mark.parametrize(
    ("by", "order", "seen"),
    [
        ("KEY", "ASC", ["COMP", "ENG", "HOP", "ORBIT", "TREE"]),
        ("KEY", "DESC", ["TREE", "ORBIT", "HOP", "ENG", "COMP"]),
        ("CREATED_AT", "ASC", ALL[::-1]),
        ("CREATED_AT", "DESC", ALL),
    ],
)
async def test_lists_are_sorted_as_asked_on_every_page(
    projects: Running, by: str, order: str, seen: list[str]
):
    whole = await projects.ask(SORTED, caller("ada"), by=by, order=order)
    first = (await projects.ask(SORTED, caller("ada"), by=by, order=order, f=2))["projects"]
    rest = await projects.ask(
        SORTED, caller("ada"), by=by, order=order, a=first["pageInfo"]["endCursor"]
    )

    assert keys(whole["projects"]) == seen
    assert keys(first) + keys(rest["projects"]) == seen


async def test_names_and_times_of_change_sort_too(projects: Running):
    by_name = await projects.ask(SORTED, caller("ada"), by="NAME", order="ASC")
    by_change = await projects.ask(SORTED, caller("ada"), by="UPDATED_AT")

    names = [edge["node"]["name"] for edge in by_name["projects"]["edges"]]
    assert names == sorted(names)
    assert sorted(keys(by_change["projects"])) == sorted(ALL)


async def test_a_cursor_of_another_order_is_refused(projects: Running):
    by_key = (await projects.ask(SORTED, caller("ada"), by="KEY", f=1))["projects"]
    cursor = by_key["pageInfo"]["endCursor"]

    refusal = await projects.refusal(SORTED, caller("ada"), by="CREATED_AT", a=cursor)

    assert refusal["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("size", [10_000, 0, -1])
async def test_a_page_size_out_of_range_is_refused_with_the_limit(projects: Running, size: int):
    refusal = await projects.refusal(LIST, caller("ada"), f=size)

    assert refusal["code"] == "BAD_USER_INPUT"
    assert refusal["limit"] == 100
    assert refusal["fields"][0]["field"] == "first"


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "WyJhIiwiYiJd", "1" * 5000, "é"])
async def test_a_cursor_of_another_list_is_refused(projects: Running, cursor: str):
    assert (await projects.refusal(LIST, caller("ada"), a=cursor))["code"] == "BAD_USER_INPUT"


async def test_filters_narrow_the_list_and_the_count(projects: Running):
    query = (
        "query($f: ProjectFilters) { projects(filters: $f) { totalCount edges { node { key } } } }"
    )

    async def found(**filters: str) -> list[str]:
        data = (await projects.ask(query, caller("ada"), f=filters))["projects"]
        assert data["totalCount"] == len(data["edges"])
        return keys(data)

    assert await found(search="CAPSULE") == ["ORBIT"]
    assert await found(search="100%") == []
    assert await found(status="ON_HOLD") == ["TREE"]
    assert await found(teamId=str(demo_id("team", "Mills"))) == ["COMP", "ENG"]
    assert await found(organizationId=str(demo_world().organizations[1].id)) == ["TREE", "HOP"]


async def test_skip_counts_rows_for_numbered_pages(projects: Running):
    data = await projects.ask(
        "{ projects(first: 2, skip: 2) { edges { node { key } } } }", caller("ada")
    )

    assert keys(data["projects"]) == ["ORBIT", "COMP"]


async def test_a_person_lists_only_projects_that_the_caller_sees(projects: Running):
    selection = (
        "... on User { projects { totalCount edges { node { key } } } ledProjects { totalCount } }"
    )
    ada = {"__typename": "User", "id": str(demo_id("user", "ada"))}

    [seen_by_edsger] = await projects.entities(caller("edsger"), selection, ada)
    [seen_by_hedy] = await projects.entities(caller("hedy"), selection, ada)

    assert keys(seen_by_edsger["projects"]) == ["COMP", "ENG"]
    assert seen_by_edsger["ledProjects"] == {"totalCount": 1}
    assert seen_by_hedy == {
        "projects": {"totalCount": 0, "edges": []},
        "ledProjects": {"totalCount": 0},
    }


async def test_a_board_needs_the_same_statements_for_one_project_and_for_five(projects: Running):
    query = """query($n: Int) { projects(first: $n) { totalCount edges { node {
      lead { id ledProjects(first: 2) { totalCount edges { node { key } } } }
      members { role joinedAt user { id projects(first: 3) { edges { node { key } } } } }
      milestones { title project { key } } settings { statuses }
      organization { id projects { totalCount } }
    } } } }"""

    with statements() as for_one:
        await projects.ask(query, caller("ada"), n=1)
    with statements() as for_five:
        await projects.ask(query, caller("ada"), n=5)

    assert len(for_five) == len(for_one)


async def test_an_administrator_without_organization_sees_no_tenant(projects: Running):
    grace = caller("grace")
    homeless = Identity(id=demo_id("user", "nobody"), scopes=grace.scopes)

    data = await projects.ask(LIST, homeless)

    assert keys(data["projects"]) == []


async def test_who_moves_to_another_organization_leaves_the_projects_behind(projects: Running):
    moved = replace(caller("katherine"), tenant_id=caller("hedy").tenant_id)
    gone = replace(caller("katherine"), tenant_id=None)

    for who in (moved, gone):
        assert keys((await projects.ask(LIST, who))["projects"]) == []
