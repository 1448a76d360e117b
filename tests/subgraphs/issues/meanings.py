"""What arguments of the issues subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={"issue": 5, "attachment": 2, "link": 2},
    by_name={
        **dict.fromkeys(("assigneeId", "reporterId"), "user"),
        **dict.fromkeys(("sourceId", "targetId", "issueId"), "issue"),
        "linkId": "link",
        "workflowId": "workflow",
        "transitionId": "workflow_transition",
        **dict.fromkeys(("issueType", "status", "priority"), "vocabulary"),
        **dict.fromkeys(("comment", "content", "customFields", "description", "summary"), FREE),
    },
    by_coordinate={
        "Query.issue.id": "issue",
        "Query.issueByKey.key": "issue_key",
        "Mutation.updateIssue.id": "issue",
        "Mutation.deleteIssue.id": "issue",
        "Subscription.issueUpdated.projectId": "project",
    },
    good_texts={"customFields": {"points": 1}},
    values={
        "issue_key": lambda tenant: (f"{tenant.project_key(0)}-1",),
        "vocabulary": lambda tenant: (tenant.text("Type"),),
    },
    words={"status": "In Progress", "priority": "High", "issueType": "Task"},
    entrances={"Issue": 'issue(id: "$issue")'},
    streams={
        "issueUpdated": (
            "subscription($id: ID!, $after: String) { issueUpdated(projectId: $id, after: $after) "
            "{ id key summary eventCursor project { id key } assignee { id } } }"
        ),
    },
    writes={
        "issueUpdated": (
            "mutation($id: ID!, $text: String!) { createIssue(input: "
            "{projectId: $id, summary: $text}) { issue { id } } }"
        ),
    },
    # Who wrote and who was asked to do what, and what was announced.
    keeps_deleted=frozenset({"issue", "comment", "outbox"}),
)
