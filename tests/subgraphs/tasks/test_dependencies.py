"""Which task waits for which: never in a circle, whoever writes at the same time."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from tests.subgraphs.tasks.asking import (
    DELETE,
    DEPEND,
    FREE,
    STATUS,
    create,
    events,
    task_id,
    waits,
)
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.tasks.models import DependencyType, Task, TaskDependency
from trellis.subgraphs.tasks.use_cases.dependencies import MAX_DEPENDENCIES

ALAN = caller("alan")
NOBODYS = str(UUID(int=9))
# ENG-3 waits for ENG-2, ENG-6 for ENG-5, and so on.
OF_THREE = str(demo_id("task_dependency", "ENG-3"))


async def test_a_task_shows_what_it_waits_for(tasks: Running):
    data = await tasks.ask(DEPEND, ALAN, **waits("ENG-3", "ENG-7", type="START_TO_START"))

    told = data["addTaskDependency"]
    assert told["dependsOn"] == {"id": task_id("ENG-7")}
    assert [(d["type"], d["dependsOn"]["title"]) for d in told["task"]["dependencies"]] == [
        ("FINISH_TO_START", "Assemble the wiring"),
        ("START_TO_START", "Draw the wiring"),
    ]
    [added] = await events(tasks)
    assert (added.topic, added.key) == ("task.dependency_added", task_id("ENG-3"))
    assert (added.payload["depends_on_id"], added.payload["type"]) == (
        task_id("ENG-7"),
        "start_to_start",
    )


async def test_a_dependency_informs_and_bars_no_change_of_status(tasks: Running):
    """ENG-3 waits for ENG-2 here, which is not done."""
    await tasks.ask(STATUS, ALAN, id=task_id("ENG-2"), s="TODO")
    done = await tasks.ask(STATUS, ALAN, id=task_id("ENG-3"), s="DONE")
    assert done["updateTaskStatus"]["task"]["status"] == "DONE"
    shown = await tasks.ask(
        "query($id: ID!) { task(id: $id) { dependencies { dependsOn { status } } } }",
        ALAN,
        id=task_id("ENG-3"),
    )
    assert shown["task"]["dependencies"] == [{"dependsOn": {"status": "TODO"}}]


async def test_a_task_waits_no_longer(tasks: Running):
    data = await tasks.ask(FREE, ALAN, id=OF_THREE)

    assert data["removeTaskDependency"] == {
        "task": {"id": task_id("ENG-3"), "dependencies": []},
        "dependsOn": {"id": task_id("ENG-2")},
    }
    [removed] = await events(tasks)
    assert (removed.topic, removed.payload["depends_on_id"]) == (
        "task.dependency_removed",
        task_id("ENG-2"),
    )
    assert (await tasks.refusal(FREE, ALAN, id=OF_THREE))["code"] == "NOT_FOUND"
    await tasks.ask(DEPEND, ALAN, **waits("ENG-2", "ENG-3"))


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (DEPEND, waits("ENG-1", "ENG-1"), "CONFLICT"),
    (DEPEND, waits("ENG-3", "ENG-2"), "ALREADY_EXISTS"),
    (DEPEND, waits("ENG-3", "ENG-2", type="START_TO_START"), "ALREADY_EXISTS"),
    (DEPEND, waits("ENG-2", "ENG-3"), "CONFLICT"),
    (DEPEND, waits("ENG-1", "ORBIT-1"), "CONFLICT"),  # another project of alan's
    (DEPEND, waits("ENG-1", "alan-1"), "CONFLICT"),
    (DEPEND, waits("ENG-1", "HOP-1"), "NOT_FOUND"),
    (DEPEND, waits("HOP-3", "ENG-1"), "NOT_FOUND"),
    (DEPEND, waits("alan-1", "ada-1"), "NOT_FOUND"),
    (DEPEND, {"i": {"taskId": task_id("ENG-1"), "dependsOnId": NOBODYS}}, "NOT_FOUND"),
    (DEPEND, {"i": {"taskId": "x", "dependsOnId": NOBODYS}}, "BAD_USER_INPUT"),
    (FREE, {"id": NOBODYS}, "NOT_FOUND"),
    (FREE, {"id": "x"}, "NOT_FOUND"),
    (FREE, {"id": str(demo_id("task_dependency", "HOP-3"))}, "NOT_FOUND"),
]


async def test_what_is_refused_leaves_everything_as_it_was(tasks: Running):
    before = await kept(tasks)
    for operation, variables, code in REFUSED:
        refusal = await tasks.refusal(operation, ALAN, **variables)
        assert refusal["code"] == code, (operation, variables)
    assert await kept(tasks) == before


async def test_a_circle_over_many_tasks_is_seen(tasks: Running):
    for number in (4, 7, 10, 13):
        await tasks.ask(DEPEND, ALAN, **waits(f"ENG-{number}", f"ENG-{number - 3}"))
    # 13 waits for 10, 10 for 7, 7 for 4, 4 for 1.
    for first in ("ENG-1", "ENG-4", "ENG-7", "ENG-10"):
        refusal = await tasks.refusal(DEPEND, ALAN, **waits(first, "ENG-13"))
        assert refusal["code"] == "CONFLICT"
    await tasks.ask(DEPEND, ALAN, **waits("ENG-13", "ENG-1"))


async def test_personal_tasks_wait_for_one_another_too(tasks: Running):
    await tasks.ask(DEPEND, ALAN, **waits("alan-1", "alan-2"))

    assert (await tasks.refusal(DEPEND, ALAN, **waits("alan-2", "alan-1")))["code"] == "CONFLICT"
    [added] = await events(tasks)
    assert added.payload["project_id"] is None


async def test_a_task_waits_for_a_hundred_others_and_no_more(tasks: Running):
    waiting, others = (await create(tasks))["id"], [UUID(int=n) for n in range(1000, 1101)]
    async with tasks.context().storage.begin() as uow:
        project, maker = demo_id("project", "ENG"), demo_id("user", "alan")
        uow.session.add_all(
            Task(id=id, project_id=project, created_by=maker, title="x") for id in others
        )
        await uow.session.flush()
        uow.session.add_all(
            TaskDependency(
                task_id=UUID(waiting), depends_on_id=id, type=DependencyType.FINISH_TO_START
            )
            for id in others[: MAX_DEPENDENCIES - 1]
        )

    def one_more(id: UUID) -> dict[str, Any]:
        return {"i": {"taskId": waiting, "dependsOnId": str(id)}}

    await tasks.ask(DEPEND, ALAN, **one_more(others[-2]))
    refusal = await tasks.refusal(DEPEND, ALAN, **one_more(others[-1]))
    assert refusal == {"code": "CONFLICT", "limit": 100}


async def test_a_deleted_task_leaves_nobody_waiting(tasks: Running):
    await tasks.ask(DEPEND, ALAN, **waits("ENG-2", "ENG-1"))
    await tasks.ask(DELETE, caller("ada"), id=task_id("ENG-2"))

    data = await tasks.ask(
        f'{{ task(id: "{task_id("ENG-3")}") {{ dependencies {{ id }} }} }}', ALAN
    )
    assert data["task"]["dependencies"] == []
    async with tasks.context().storage.read() as session:
        every = await session.scalars(select(TaskDependency))
    gone = UUID(task_id("ENG-2"))
    assert not any(gone in (one.task_id, one.depends_on_id) for one in every)


def is_free_of_circles(edges: Iterable[tuple[UUID, UUID]]) -> bool:
    """By taking away, again and again, what waits for nothing."""
    left = set(edges)
    while left:
        waiting = {task for task, _ in left}
        further = {(task, other) for task, other in left if other in waiting}
        if further == left:
            return False
        left = further
    return True


def test_circles_are_recognized():
    a, b, c = (UUID(int=n) for n in range(3))
    assert is_free_of_circles([(a, b), (b, c), (a, c)])
    assert not is_free_of_circles([(a, b), (b, c), (c, a)])


@pytest.mark.parametrize("seed", [1, 2])
async def test_fifty_who_write_at_once_close_no_circle(tasks: Running, seed: int):
    """Among eight tasks: nearly every dependency could close one with those of others."""
    names = [f"ENG-{number}" for number in (1, 4, 7, 10, 13, 16, 19, 22)]
    chance = random.Random(seed)
    pairs = [chance.sample(names, 2) for _ in range(50)]

    answers = await asyncio.gather(
        *(tasks.answer_of_many(DEPEND, ALAN, **waits(task, other)) for task, other in pairs)
    )

    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert set(codes) == {"ok", "CONFLICT", "ALREADY_EXISTS"}
    async with tasks.context().storage.read() as session:
        rows = list(await session.scalars(select(TaskDependency)))
    edges = [(row.task_id, row.depends_on_id) for row in rows]
    assert is_free_of_circles(edges)
    # As many were made as were answered so, besides those of the demo: 8 in each of 5 projects.
    assert len(edges) - 40 == codes.count("ok") == len(await events(tasks))


async def test_of_the_two_halves_of_a_circle_one_is_made(tasks: Running):
    for _ in range(10):
        first, second = [(await create(tasks))["id"] for _ in range(2)]
        answers = await asyncio.gather(
            *(
                tasks.answer(DEPEND, ALAN, i={"taskId": one, "dependsOnId": other})
                for one, other in ((first, second), (second, first))
            )
        )
        assert sorted(bool(answer.errors) for answer in answers) == [False, True]
