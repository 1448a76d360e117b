"""Members of the inputs of workflows that decide who may what: what is tried with them, or why
they decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt, own
from tests.subgraphs.workflows.meanings import STATES, TRANSITIONS

HARMLESS: Mapping[str, str] = {
    "WorkflowFilters.isActive": "a filter",
    "WorkflowStateInput.type": "what kind of state",
}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    "CreateWorkflowInput.isActive": (
        Attempt(
            "createWorkflow",
            "CreateWorkflowInput",
            {
                "projectId": own("project"),
                "name": "x",
                "issueTypes": ["Story"],
                "states": STATES,
                "transitions": TRANSITIONS,
                "isActive": True,
            },
            ("lead", "member", "viewer"),
            "UNAUTHORIZED_FIELD_OR_TYPE",
        ),
    ),
}
