"""Who sees which projects, and how lists are paged."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlmodel import col

from tests.support.statements import rows_read, statements
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id, demo_world
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.subgraphs.projects.models import Milestone, Project, ProjectMember, ProjectRole

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
        ("UPDATED_AT", "ASC", ALL[::-1]),
        ("UPDATED_AT", "DESC", ALL),
        ("NAME", "ASC", ["ENG", "COMP", "HOP", "ORBIT", "TREE"]),
        ("NAME", "DESC", ["TREE", "ORBIT", "HOP", "COMP", "ENG"]),
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


async def test_a_changed_project_comes_first_by_its_time_of_change(projects: Running):
    rename = 'mutation($id: ID!) { updateProject(id: $id, input: {name: "x"}) { project { id } } }'
    await projects.ask(rename, caller("ada"), id=str(demo_id("project", "COMP")))
    changed = await projects.ask(SORTED, caller("ada"), by="UPDATED_AT")
    assert keys(changed["projects"]) == ["COMP", "TREE", "HOP", "ORBIT", "ENG"]


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

    assert await found(search="CAPSULE") == ["ORBIT"]  # in the description
    assert await found(search="hopping") == ["HOP"]  # in the name
    assert await found(search="omp") == ["COMP"]  # in the key
    for wildcard in ("100%", "%", "_"):
        assert await found(search=wildcard) == []
    assert await found(status="ACTIVE", search="a") == ["HOP", "ORBIT", "COMP", "ENG"]
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


def moment(minute: int) -> datetime:
    return datetime(2030, 1, 1, 0, minute, tzinfo=UTC)


async def test_members_come_in_the_order_of_joining_and_milestones_by_the_day_they_are_due(
    projects: Running,
):
    """Among equals the id decides; neither runs with the order of writing."""
    project_id = demo_id("project", "TREE")
    joined = {3: 1, 9: 0, 1: 2, 4: 1, 2: 1}
    # Of each milestone when it is due, and when it was made.
    plans: dict[int, tuple[int | None, int]] = {
        6: (None, 0), 3: (2, 1), 9: (2, 0), 1: (3, 0), 5: (None, 0), 4: (2, 1), 7: (1, 5),
    }  # fmt: skip
    async with projects.context().storage.begin() as uow:
        for table in (ProjectMember, Milestone):
            theirs = col(table.project_id) == project_id
            await uow.session.execute(delete(table).where(theirs))
        for number, minute in joined.items():
            uow.session.add(
                ProjectMember(
                    project_id=project_id, user_id=UUID(int=number), role=ProjectRole.MEMBER,
                    joined_at=moment(minute),
                )
            )  # fmt: skip
            await uow.session.flush()
        for number, (day, minute) in plans.items():
            uow.session.add(
                Milestone(
                    id=UUID(int=number), project_id=project_id, title="x",
                    due_date=date(2030, 1, day) if day else None,
                    created_by=UUID(int=1), created_at=moment(minute),
                )
            )  # fmt: skip
            await uow.session.flush()

    query = '{ projectByKey(key: "TREE") { members { user { id } } milestones { id } } }'
    found = (await projects.ask(query, caller("ada")))["projectByKey"]
    members = [UUID(member["user"]["id"]).int for member in found["members"]]
    assert members == [9, 2, 3, 4, 1]
    assert [UUID(one["id"]).int for one in found["milestones"]] == [7, 9, 3, 4, 1, 5, 6]


async def test_projects_made_at_one_moment_come_by_their_ids_in_every_list(projects: Running):
    ada = demo_id("user", "ada")
    async with projects.context().storage.begin() as uow:
        for number in (3, 1, 2):
            id, key = UUID(int=number), f"SAME{number}"
            uow.session.add(
                Project(
                    id=id, key=key, name="Same", lead_id=ada, owner_id=ada,
                    created_at=moment(0), updated_at=moment(0),
                )
            )  # fmt: skip
            await uow.session.flush()
            uow.session.add(ProjectMember(project_id=id, user_id=ada, role=ProjectRole.OWNER))

    for by in ("CREATED_AT", "UPDATED_AT", "NAME"):
        whole = (await projects.ask(SORTED, caller("ada"), by=by, order="DESC"))["projects"]
        assert [key for key in keys(whole) if "SAME" in key] == ["SAME1", "SAME2", "SAME3"]
    [lists] = await projects.entities(
        caller("ada"),
        "... on User { projects(first: 3) { edges { node { key } } } "
        "ledProjects(first: 2) { edges { node { key } } pageInfo { hasNextPage } } }",
        {"__typename": "User", "id": str(ada)},
    )
    assert keys(lists["projects"]) == ["SAME1", "SAME2", "SAME3"]
    assert keys(lists["ledProjects"]) == ["SAME1", "SAME2"]
    assert lists["ledProjects"]["pageInfo"] == {"hasNextPage": True}


EACH = "... on Project { key members { role } milestones { id } } ... on Milestone { title }"


async def test_no_more_rows_are_read_than_the_answer_needs(projects: Running):
    for representation, count in (
        ({"__typename": "Project", "key": "HOP"}, 1 + 4 + 3),
        ({"__typename": "Project", "id": str(demo_id("project", "ORBIT"))}, 1 + 3 + 3),
        ({"__typename": "Milestone", "id": str(demo_id("milestone", "ENG/Release"))}, 1),
        ({"__typename": "Project", "key": "NONE"}, 0),
    ):
        with rows_read() as read:
            await projects.entities(caller("ada"), EACH, representation)
        assert len(read) == count, (representation, read)


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
