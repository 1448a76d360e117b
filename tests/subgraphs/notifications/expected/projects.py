"""What people are notified of in projects: issues, tasks, comments, members, timesheets."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from tests.subgraphs.notifications.telling import (
    ENG,
    PROJECTS,
    Expected,
    comment,
    issue,
    issue_updated,
    task_updated,
    user,
)
from trellis.schema.events.issues import CommentAdded, IssueStatusChanged
from trellis.schema.events.projects import (
    MilestoneCreated,
    ProjectMemberAdded,
    ProjectState,
    ProjectUpdated,
)
from trellis.schema.events.timetracking import (
    TimesheetApproved,
    TimesheetRejected,
    TimesheetSubmitted,
)

ABOUT_ISSUE = {"issue_id": issue(), "issue_key": "ENG-8", "project_id": ENG, "version": 2}


def state(key: str = "ENG", **members: str) -> ProjectState:
    project = PROJECTS[key]
    known = {member.user_id: member.role for member in project.members}
    return ProjectState(
        key=project.key,
        name=project.name,
        status="active",
        organization_id=project.organization_id,
        lead_id=project.lead_id,
        settings={},
        members={**known, **{user(name): role for name, role in members.items()}},
    )


def of_project(key: str = "ENG", version: int = 2, **members: str) -> dict[str, Any]:
    return {"project_id": PROJECTS[key].id, "version": version, "state": state(key, **members)}


OF_PROJECTS: Sequence[Expected] = (
    (
        task_updated("status", "due_date", status="review"),
        "ada",
        "alan",
        "task_updated",
        "Ada Lovelace has changed 'Hand over the frame': status is now review, due date",
    ),
    (
        IssueStatusChanged(**ABOUT_ISSUE, old_status="In Progress", new_status="Done"),
        "grace",
        "alan",
        "issue_status_changed",
        "Grace Hopper has moved ENG-8 from In Progress to Done",
    ),
    (
        issue_updated("summary", "due_date"),
        "grace",
        "alan",
        "issue_updated",
        "Grace Hopper has changed ENG-8: summary, due date",
    ),
    (
        comment("grace", "edsger"),
        "grace",
        "edsger",
        "mentioned",
        "Grace Hopper has mentioned you on ENG-8: Oil it first",
    ),
    (
        comment("grace", "edsger"),
        "grace",
        "alan",
        "comment_added",
        "Grace Hopper has commented on ENG-8: Oil it first",
    ),
    (
        CommentAdded(**ABOUT_ISSUE, comment_id=uuid4(), author_id=user("grace")),
        "grace",
        "alan",
        "comment_added",
        "Grace Hopper has commented on ENG-8",
    ),
    (
        ProjectMemberAdded(
            **of_project("COMP", alan="member"), user_id=user("alan"), role="member"
        ),
        "ada",
        "alan",
        "project_member_added",
        "Ada Lovelace has added you to Compiler Workshop",
    ),
    (
        ProjectUpdated(**of_project(), changed=("status",)),
        "ada",
        "edsger",
        "project_updated",
        "Ada Lovelace has changed Analytical Engine: status",
    ),
    (
        MilestoneCreated(milestone_id=uuid4(), project_id=ENG, title="Steam"),
        "ada",
        "edsger",
        "milestone_created",
        "Ada Lovelace has added 'Steam' to Analytical Engine",
    ),
    (
        TimesheetSubmitted(
            timesheet_id=uuid4(),
            user_id=user("alan"),
            week_start=date(2026, 3, 2),
            version=2,
            project_ids=(ENG,),
        ),
        "alan",
        "grace",
        "timesheet_submitted",
        "Alan Turing has submitted a timesheet of the week of 2026-03-02 for your approval",
    ),
    (
        TimesheetApproved(
            timesheet_id=uuid4(),
            user_id=user("alan"),
            week_start=date(2026, 3, 2),
            version=2,
            approved_by=user("ada"),
        ),
        "ada",
        "alan",
        "timesheet_approved",
        "Ada Lovelace has approved your timesheet of the week of 2026-03-02",
    ),
    (
        TimesheetRejected(
            timesheet_id=uuid4(),
            user_id=user("alan"),
            week_start=date(2026, 3, 2),
            version=2,
            rejected_by=user("ada"),
            reason="Sunday is missing",
        ),
        "ada",
        "alan",
        "timesheet_rejected",
        "Ada Lovelace has rejected your timesheet of the week of 2026-03-02: Sunday is missing",
    ),
)
