"""Operations of tasks that many tests ask, and what they ask them about."""

from typing import Any

from tests.support.subgraphs import Running, caller
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id

ENG, HOP = str(demo_id("project", "ENG")), str(demo_id("project", "HOP"))

CREATE = """mutation($i: CreateTaskInput!) { createTask(input: $i) { task {
  id title description status completion priority project { id } milestone { id }
  assignee { id } createdBy { id } dueDate estimatedHours tags version } } }"""
UPDATE = """mutation($id: ID!, $i: UpdateTaskInput!, $p: Boolean! = false) {
  updateTask(id: $id, input: $i, personal: $p) { task {
    title description status priority milestone { id } dueDate estimatedHours tags version } } }"""
STATUS = """mutation($id: ID!, $s: TaskStatus!, $v: Int) {
  updateTaskStatus(id: $id, status: $s, version: $v) { task { status completion version } } }"""
ASSIGN = """mutation($id: ID!, $to: ID, $v: Int) {
  assignTask(id: $id, assigneeId: $to, version: $v) { task { assignee { id } version } } }"""
DELETE = """mutation($id: ID!, $p: Boolean! = false) {
  deleteTask(id: $id, personal: $p) { deletedTaskId } }"""
DEPEND = """mutation($i: AddTaskDependencyInput!) { addTaskDependency(input: $i) {
  task { id dependencies { id type dependsOn { title } } } dependsOn { id } } }"""
FREE = """mutation($id: ID!) { removeTaskDependency(id: $id) {
  task { id dependencies { id } } dependsOn { id } } }"""


def user(name: str) -> str:
    return str(demo_id("user", name))


def task_id(name: str) -> str:
    """Of a demo task: ``ENG-1`` of a project, ``ada-1`` of a person."""
    return str(demo_id("task", name))


def waits(task: str, other: str, **members: str) -> dict[str, Any]:
    """Variables of ``DEPEND``."""
    return {"i": {"taskId": task_id(task), "dependsOnId": task_id(other), **members}}


async def create(tasks: Running, who: str = "alan", **members: Any) -> dict[str, Any]:
    """A new task of ENG, unless another project or null is given."""
    given = {"projectId": ENG, "title": "Oil the mill", **members}
    return (await tasks.ask(CREATE, caller(who), i=given))["createTask"]["task"]


async def events(tasks: Running) -> list[Envelope]:
    return list(await tasks.bus.read_after("tasks", "0", 200))
