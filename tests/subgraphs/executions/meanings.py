"""What arguments of the executions subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={"execution": 3},
    by_name=dict.fromkeys(("code", "stdin", "version"), FREE),
    by_coordinate={
        "Query.execution.id": "execution",
        "Mutation.cancelExecution.id": "execution",
        "Subscription.executionOutput.id": "execution",
    },
    object_streams={
        "executionOutput": (
            "subscription($id: ID!, $after: String) { executionOutput(id: $id, after: $after) "
            "{ eventId text } }",
            "execution",
        )
    },
    keeps_deleted=frozenset({"person"}),
)
