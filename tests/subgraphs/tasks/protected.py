"""Members of the inputs of tasks that decide who may what: what is tried with them, or why they
decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "TaskFilters.status",
            "TaskFilters.priority",
            "TaskFilters.completion",
            "TaskFilters.createdById",
            "TaskFilters.searchFields",
        ),
        "a filter",
    ),
    **dict.fromkeys(
        ("CreateTaskInput.priority", "UpdateTaskInput.priority", "UpdateTaskInput.completion"),
        "for all members of the project",
    ),
    "AddTaskDependencyInput.type": "what kind of waiting",
}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
