"""What arguments of the tasks subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={"task": 5, "dependency": 2},
    of_people=("personal_task",),
    by_name={
        "assigneeId": "user",
        "createdById": "user",
        "milestoneId": "milestone",
        **dict.fromkeys(("taskId", "dependsOnId"), "task"),
        **dict.fromkeys(("description", "tags", "title"), FREE),
    },
    by_coordinate={
        "Query.task.id": "task",
        "Mutation.updateTask.id": "task",
        "Mutation.updateTaskStatus.id": "task",
        "Mutation.assignTask.id": "task",
        "Mutation.deleteTask.id": "task",
        "Mutation.removeTaskDependency.id": "dependency",
        "Subscription.taskUpdated.projectId": "project",
    },
    entrances={"Milestone": 'task(id: "$task") { milestone'},
    # The personal task list knows no others.
    in_dialect={
        ("todo", f"{field}.id"): "personal_task"
        for field in ("Query.task", "Mutation.updateTask", "Mutation.deleteTask")
    },
    # A personal task has neither.
    goes_with=dict.fromkeys(
        ("CreateTaskInput.assigneeId", "CreateTaskInput.milestoneId"), ("projectId", "project")
    ),
    streams={
        "taskUpdated": (
            "subscription($id: ID!, $after: String) { taskUpdated(projectId: $id, after: $after) "
            "{ id title eventCursor project { id } assignee { id } dependencies { id } } }"
        ),
    },
    writes={
        "taskUpdated": (
            "mutation($id: ID!, $text: String!) { createTask(input: "
            "{projectId: $id, title: $text}) { task { id } } }"
        ),
    },
    # Who made and who was asked to do what, and what was announced.
    keeps_deleted=frozenset({"task", "outbox"}),
)
