"""The events that webhooks can receive, and the scopes required for them."""

from enum import StrEnum


class WebhookEvent(StrEnum):
    ISSUE_CREATED = "issue.created"
    ISSUE_UPDATED = "issue.updated"
    ISSUE_DELETED = "issue.deleted"
    ISSUE_STATUS_CHANGED = "issue.status_changed"
    ISSUE_ASSIGNED = "issue.assigned"
    PROJECT_CREATED = "project.created"
    PROJECT_UPDATED = "project.updated"
    PROJECT_DELETED = "project.deleted"
    PROJECT_MEMBER_ADDED = "project.member_added"
    PROJECT_MEMBER_REMOVED = "project.member_removed"
    USER_CREATED = "user.created"
    USER_UPDATED = "user.updated"
    USER_DEACTIVATED = "user.deactivated"
    WORKFLOW_TRANSITION_EXECUTED = "workflow.transition_executed"
    WORKFLOW_CREATED = "workflow.created"
    WORKFLOW_UPDATED = "workflow.updated"

    @property
    def scope(self) -> str:
        """What reading of it takes, as in the graph."""
        return _SCOPES[self.partition(".")[0]]


PING = "ping"
"""The event of a delivery that tries out a webhook."""

_SCOPES = {
    "issue": "read:issues",
    "project": "read:projects",
    "user": "read:profile",
    "workflow": "read:workflows",
}
