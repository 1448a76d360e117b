"""Who sees which tasks, on every way to one: a table of callers over one planted world."""

from collections.abc import Set
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from tests.subgraphs import seeing
from tests.subgraphs.seeing import ADMIN, BOSS, INSIDER, OURS, SEES, id_of, representation
from tests.subgraphs.tasks.asking import ASSIGN, CREATE, DELETE, DEPEND, FREE, STATUS, UPDATE
from tests.support.kept import kept
from tests.support.subgraphs import Running
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.tasks.models import (
    DependencyType,
    Milestone,
    Project,
    ProjectMember,
    Task,
    TaskDependency,
)

# GONE was deleted, and the news of its members and tasks has not been worked through.
PROJECTS: dict[str, tuple[UUID | None, tuple[str, ...]]] = {
    **seeing.PROJECTS,
    "GONE": (OURS, ("insider", "boss")),
}
OWNERS = ("admin", "boss", "insider", "foreigner")

EVERY_WAY = f"""query($reps: [_Any!]!) {{
  tasks(first: 100, filters: {{personal: false}}) {{ ...Titles }}
  {" ".join(f't{key}: task(id: "{id_of("task", key)}") {{ title }}' for key in PROJECTS)}
  _entities(representations: $reps) {{
    ... on Task {{ title dependencies {{ dependsOn {{ title }} }} }}
    ... on Project {{ tasks {{ ...Titles }} totalTasks completedTasks progress
      taskStatistics {{ total }} }}
    ... on Milestone {{ tasks {{ ...Titles }} taskCount completedTaskCount }}
    ... on User {{ tasks {{ ...Titles }} assignedTasks {{ ...Titles }} }}
  }}
}}
fragment Titles on TaskConnection {{ totalCount edges {{ node {{ title }} }} }}"""
REPRESENTATIONS = [
    *(representation("Task", id=id_of("task", key)) for key in PROJECTS),
    *(representation("Project", id=id_of("project", key)) for key in PROJECTS),
    *(representation("Milestone", id=id_of("milestone", key)) for key in PROJECTS),
    representation("User", id=id_of("user", "maker")),
    representation("User", id=id_of("user", "assignee")),
]


async def plant(tasks: Running) -> None:
    """The world of ``PROJECTS`` in place of the demo's: in each a milestone with two tasks, of
    which one waits for the other, which is called after the project; and a personal task of each
    of ``OWNERS``."""
    async with tasks.context().storage.begin() as uow:
        for table in (TaskDependency, Task, Milestone, ProjectMember, Project):
            await uow.session.execute(delete(table))
        for key, (organization, _) in PROJECTS.items():
            is_gone, id = key == "GONE", id_of("project", key)
            copy = Project(
                id=id, key=key, organization_id=organization, version=1, is_deleted=is_gone
            )
            uow.session.add_all([copy, Milestone(id=id_of("milestone", key), project_id=id)])
        await uow.session.flush()
        for key, (_, members) in PROJECTS.items():
            uow.session.add_all(_parts(key, members))
        uow.session.add_all(
            Task(id=id_of("own", name), created_by=id_of("user", name), title=name)
            for name in OWNERS
        )
        await uow.session.flush()
        uow.session.add_all(
            TaskDependency(
                id=id_of("dependency", key),
                task_id=id_of("task", key),
                depends_on_id=id_of("other", key),
                type=DependencyType.FINISH_TO_START,
            )
            for key in PROJECTS
        )


def _parts(key: str, members: tuple[str, ...]) -> list[Any]:
    project_id = id_of("project", key)
    seats = [
        ProjectMember(project_id=project_id, user_id=id_of("user", name), role="member")
        for name in members
    ]
    # The other task is no other list's than the project's.
    other = Task(
        id=id_of("other", key), project_id=project_id, created_by=id_of("user", "x"), title=key
    )
    task = Task(
        id=id_of("task", key),
        project_id=project_id,
        milestone_id=id_of("milestone", key),
        created_by=id_of("user", "maker"),
        assignee_id=id_of("user", "assignee"),
        title=key,
    )
    return [*seats, other, task]


def titles_in(connection: dict[str, Any], each: int = 1) -> Set[str]:
    """The titles of a list that has each ``each`` times."""
    titles = [edge["node"]["title"] for edge in connection["edges"]]
    assert connection["totalCount"] == len(titles) == each * len(set(titles))
    return set(titles)


async def test_everybody_sees_the_same_tasks_on_every_way(tasks: Running):
    await plant(tasks)
    count = len(PROJECTS)
    for who, keys in SEES:
        data = await tasks.ask(EVERY_WAY, who, reps=REPRESENTATIONS)
        entities = data.pop("_entities")
        assert titles_in(data.pop("tasks"), each=2) == keys, who
        assert list(data.values()) == [
            {"title": key} if key in keys else None for key in PROJECTS
        ], who
        for key, task in zip(PROJECTS, entities[:count], strict=True):
            waits = [{"dependsOn": {"title": key}}]
            assert task == ({"title": key, "dependencies": waits} if key in keys else None), who
        for key, project in zip(PROJECTS, entities[count : 2 * count], strict=True):
            assert titles_in(project.pop("tasks"), each=2) == keys & {key}, who
            assert list(project.values()) == (
                [2, 0, 0, {"total": 2}] if key in keys else [None] * 4
            ), who
        for key, milestone in zip(PROJECTS, entities[2 * count : 3 * count], strict=True):
            assert titles_in(milestone.pop("tasks")) == keys & {key}, who
            assert list(milestone.values()) == ([1, 0] if key in keys else [None, None]), who
        maker, assignee = entities[3 * count :]
        assert titles_in(maker["tasks"]) == titles_in(assignee["assignedTasks"]) == keys
        assert titles_in(assignee["tasks"]) == titles_in(maker["assignedTasks"]) == set()


async def test_a_personal_task_is_seen_by_its_maker_alone(tasks: Running):
    """Not even by whoever administers the organization, or all of them."""
    await plant(tasks)
    query = f"""query($reps: [_Any!]!) {{
      tasks(filters: {{personal: true}}) {{ edges {{ node {{ title }} }} totalCount }}
      {" ".join(f'{name}: task(id: "{id_of("own", name)}") {{ title }}' for name in OWNERS)}
      _entities(representations: $reps) {{ ... on Task {{ title }}
        ... on User {{ tasks {{ edges {{ node {{ title }} }} totalCount }} }} }} }}"""
    representations = [
        *(representation("Task", id=id_of("own", name)) for name in OWNERS),
        *(representation("User", id=id_of("user", name)) for name in OWNERS),
    ]
    for who, _ in SEES:
        own = {name for name in OWNERS if who.id == id_of("user", name)}
        data = await tasks.ask(query, who, reps=representations)
        entities = data.pop("_entities")
        assert titles_in(data.pop("tasks")) == own
        seen = [{"title": name} if name in own else None for name in OWNERS]
        assert list(data.values()) == entities[: len(OWNERS)] == seen
        for name, user in zip(OWNERS, entities[len(OWNERS) :], strict=True):
            assert titles_in(user["tasks"]) == own & {name}


async def test_whatever_somebody_does_not_see_is_not_found_by_any_change(tasks: Running):
    await plant(tasks)
    before = await kept(tasks)
    tried = 0
    for who, keys in SEES:
        if who not in (ADMIN, BOSS, INSIDER, ANONYMOUS):
            continue
        code = "NOT_FOUND" if who.is_authenticated else "UNAUTHENTICATED"
        hidden = [(id_of("task", key), key) for key in PROJECTS if key not in keys]
        hidden += [(id_of("own", name), "") for name in OWNERS if who.id != id_of("user", name)]
        for id, key in hidden:
            for operation, variables in changes(str(id), key):
                refusal = await tasks.refusal(operation, who, **variables)
                assert refusal["code"] == code, (who, key, operation)
                tried += 1
    assert tried == 8 * (1 + 3 + 4 + 6) + 5 * (3 + 3 + 3 + 4)  # of projects, and personal
    assert await kept(tasks) == before


def changes(id: str, key: str) -> list[tuple[str, dict[str, Any]]]:
    """Every change of a task, and of what belongs to its project."""
    found: list[tuple[str, dict[str, Any]]] = [
        (UPDATE, {"id": id, "i": {"title": "x"}}),
        (STATUS, {"id": id, "s": "DONE"}),
        (ASSIGN, {"id": id}),
        (DELETE, {"id": id}),
        (DEPEND, {"i": {"taskId": id, "dependsOnId": str(id_of("task", "OURS"))}}),
    ]
    if key:
        found += [
            (CREATE, {"i": {"title": "x", "projectId": str(id_of("project", key))}}),
            (DEPEND, {"i": {"taskId": str(id_of("task", "OURS")), "dependsOnId": id}}),
            (FREE, {"id": str(id_of("dependency", key))}),
        ]
    return found


@pytest.mark.parametrize("key", ["GONE", "THEIRS"])
async def test_nobody_listens_to_a_project_that_they_do_not_see(tasks: Running, key: str):
    await plant(tasks)
    stream: Any = await tasks.subgraph.schema.subscribe(
        "subscription($p: ID!) { taskUpdated(projectId: $p) { title } }",
        variable_values={"p": str(id_of("project", key))},
        context_value=tasks.context(BOSS),
    )
    first = await anext(stream)
    assert [error.extensions["code"] for error in first.errors] == ["NOT_FOUND"]
