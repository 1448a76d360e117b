"""The state of an issue in events."""

from typing import TypedDict
from uuid import UUID

from trellis.schema.events.issues import IssueState
from trellis.subgraphs.issues.models import Issue


class About(TypedDict):
    """The fields of ``IssueEvent``."""

    issue_id: UUID
    issue_key: str
    project_id: UUID
    version: int


def about(issue: Issue) -> About:
    return {
        "issue_id": issue.id,
        "issue_key": issue.key,
        "project_id": issue.project_id,
        "version": issue.version,
    }


def state_of(issue: Issue) -> IssueState:
    return IssueState(
        summary=issue.summary,
        description=issue.description,
        issue_type=issue.issue_type,
        status=issue.status,
        priority=issue.priority,
        assignee_id=issue.assignee_id,
        reporter_id=issue.reporter_id,
    )
