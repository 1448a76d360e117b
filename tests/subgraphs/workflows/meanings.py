"""What arguments of the workflows subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

STATES = [{"name": "Open", "type": "INITIAL"}, {"name": "Done", "type": "FINAL"}]
TRANSITIONS = [{"name": "Finish", "fromState": "Open", "toState": "Done"}]

MEANINGS = Meanings(
    counts={"workflow": 2, "workflow_transition": 2, "execution": 2},
    by_name=dict.fromkeys(("fromState", "toState", "parameters"), FREE),
    by_coordinate={
        "Query.workflow.id": "workflow",
        "Mutation.updateWorkflow.id": "workflow",
        "Mutation.activateWorkflow.id": "workflow",
        "Mutation.deactivateWorkflow.id": "workflow",
        "Subscription.workflowUpdated.projectId": "project",
    },
    good_values={
        "CreateWorkflowInput.states": STATES,
        "CreateWorkflowInput.transitions": TRANSITIONS,
        "UpdateWorkflowInput.states": STATES,
        "UpdateWorkflowInput.transitions": TRANSITIONS,
    },
    entrances={"Workflow": 'workflow(id: "$workflow")'},
    streams={
        "workflowUpdated": (
            "subscription($id: ID!, $after: String) { workflowUpdated(projectId: $id, "
            "after: $after) { id name eventCursor project { id key } } }"
        ),
    },
    writes={
        "workflowUpdated": (
            "mutation($id: ID!, $text: String!) { createWorkflow(input: {projectId: $id, "
            'name: $text, isActive: false, issueTypes: ["Task"], transitions: [], states: '
            '[{name: "Open", type: INITIAL}, {name: "Done", type: FINAL}]}) { workflow { id } } }'
        ),
    },
    # Who moved which issue, and what was announced.
    keeps_deleted=frozenset({"transition_execution", "outbox"}),
)
