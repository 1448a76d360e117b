"""What receivers read: each event of the document in the document's form."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from tests.subgraphs.notifications.webhooks.world import (
    ENG,
    about_issue,
    issue_state,
    project_state,
    user,
    user_state,
)
from tests.support.shared import find_shared
from trellis.schema.events import accounts, issues, projects, workflows
from trellis.schema.events.event import Event
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.payloads import Known, body_of, data_of

A, B, C = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
KNOWN = Known(
    usernames={user("grace"): "grace", user("alan"): "alan"},
    project_key="ENG",
    issue_summary="Kept summary",
)
GRACE = {"id": str(user("grace")), "username": "grace"}
ALAN = {"id": str(user("alan")), "username": "alan"}
PROJECT = {"id": str(ENG), "key": "ENG"}
ISSUE = about_issue()
TOLD_ISSUE = {
    "id": str(ISSUE["issue_id"]),
    "key": "ENG-1",
    "summary": "Kept summary",
    "project": PROJECT,
}
STATE = {
    "summary": "New issue created",
    "issue_type": "Bug",
    "status": "Open",
    "priority": "High",
    "assignee": ALAN,
    "reporter": GRACE,
}
TOLD_PROJECT = {**PROJECT, "name": "Engine", "status": "active"}
IN_PROJECT: dict[str, Any] = {
    "project_id": ENG,
    "version": 2,
    "state": project_state(A, grace="owner"),
}
ALAN_AS_ENTITY = {**ALAN, "display_name": "Alan", "is_active": True}
WORKFLOW: dict[str, Any] = {
    "workflow_id": A,
    "project_id": ENG,
    "version": 1,
    "state": workflows.WorkflowDefinition(
        name="Bugs", issue_types=("Bug",), is_active=True, states=(), transitions=()
    ),
}
TOLD_WORKFLOW = {
    "id": str(A),
    "name": "Bugs",
    "is_active": True,
    "issue_types": ["Bug"],
    "project": PROJECT,
}

CASES: list[tuple[Event, dict[str, Any]]] = [
    (
        issues.IssueCreated(**ISSUE, state=issue_state()),
        {"issue": TOLD_ISSUE | STATE, "user": GRACE},
    ),
    (
        issues.IssueUpdated(**ISSUE, changed=("summary",), state=issue_state(assignee_id=None)),
        {
            "issue": {**TOLD_ISSUE, **STATE, "assignee": None},
            "changed": ["summary"],
            "user": GRACE,
        },
    ),
    (issues.IssueDeleted(**ISSUE), {"issue": TOLD_ISSUE, "user": GRACE}),
    (
        issues.IssueStatusChanged(**ISSUE, old_status="Open", new_status="Done"),
        {
            "issue": {**TOLD_ISSUE, "status": "Done"},
            "old_status": "Open",
            "new_status": "Done",
            "user": GRACE,
        },
    ),
    (
        issues.IssueAssigned(**ISSUE, assignee_id=user("alan")),
        {"issue": {**TOLD_ISSUE, "assignee": ALAN}, "user": GRACE},
    ),
    (projects.ProjectCreated(**IN_PROJECT), {"project": TOLD_PROJECT, "user": GRACE}),
    (
        projects.ProjectUpdated(**IN_PROJECT, changed=("name",)),
        {"project": TOLD_PROJECT, "changed": ["name"], "user": GRACE},
    ),
    (projects.ProjectDeleted(**IN_PROJECT), {"project": TOLD_PROJECT, "user": GRACE}),
    (
        projects.ProjectMemberAdded(**IN_PROJECT, user_id=user("alan"), role="member"),
        {"project": TOLD_PROJECT, "member": ALAN, "role": "member", "user": GRACE},
    ),
    (
        projects.ProjectMemberRemoved(**IN_PROJECT, user_id=B),
        {
            "project": TOLD_PROJECT,
            "member": {"id": str(B), "username": None},
            "user": GRACE,
        },
    ),
    (
        accounts.UserCreated(**user_state("alan", display_name="Alan")),
        {"user": ALAN_AS_ENTITY, "actor": GRACE},
    ),
    (
        accounts.UserUpdated(**user_state("alan", display_name="Alan"), changed=("bio",)),
        {"user": ALAN_AS_ENTITY, "actor": GRACE, "changed": ["bio"]},
    ),
    (
        accounts.UserDeactivated(**user_state("alan", display_name="Alan")),
        {"user": {**ALAN_AS_ENTITY, "is_active": False}, "actor": GRACE},
    ),
    (
        workflows.TransitionExecuted(
            project_id=ENG,
            issue_id=ISSUE["issue_id"],
            issue_key="ENG-1",
            execution_id=B,
            workflow_id=A,
            transition_id=C,
            transition_name="Start",
            from_state="Open",
            to_state="Done",
            executed_by=user("alan"),
            executed_at=SOON,
        ),
        {
            "transition": {
                "id": str(C),
                "name": "Start",
                "from_state": "Open",
                "to_state": "Done",
                "executed_at": "2026-03-01T12:30:00Z",
            },
            "workflow": {"id": str(A)},
            "issue": TOLD_ISSUE,
            "user": ALAN,
        },
    ),
    (workflows.WorkflowCreated(**WORKFLOW), {"workflow": TOLD_WORKFLOW, "user": GRACE}),
    (
        workflows.WorkflowUpdated(**WORKFLOW, changed=("is_active",)),
        {"workflow": TOLD_WORKFLOW, "changed": ["is_active"], "user": GRACE},
    ),
]


@pytest.mark.parametrize(("event", "data"), CASES, ids=[event.topic for event, _ in CASES])
def test_an_event_is_told_as_the_thing_and_who_did_it(event: Event, data: dict[str, Any]):
    assert data_of(event, user("grace"), KNOWN) == data


def test_every_event_of_the_document_has_its_case_here():
    assert [event.topic for event, _ in CASES] == list(WebhookEvent)


def test_who_did_it_may_be_unknown():
    assert data_of(issues.IssueDeleted(**ISSUE), None, KNOWN)["user"] is None


def test_nothing_else_is_told_to_webhooks():
    with pytest.raises(TypeError, match="SubscriptionChanged"):
        data_of(
            accounts.SubscriptionChanged(
                user_id=A,
                organization_id=None,
                previous_tier="free",
                tier="pro",
                status="active",
                expires_at=None,
            ),
            None,
            KNOWN,
        )


def test_the_time_is_in_utc_whole_seconds():
    at = datetime(2026, 3, 1, 14, 30, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    assert json.loads(body_of(A, "ping", at, {}))["timestamp"] == "2026-03-01T12:30:00Z"


def test_a_payload_has_the_members_of_the_document():
    folder = find_shared("requirements")
    if folder is None:
        pytest.skip("no contract")
    operations = json.loads((folder / "contract.json").read_text(encoding="utf-8"))
    [wanted] = [one for one in operations if one["id"] == "S1-webhook-delivery"]
    example = wanted["request_example"]

    event, _ = CASES[0]
    told = json.loads(body_of(A, event.topic, SOON, data_of(event, user("grace"), KNOWN)))

    assert list(told) == list(example)
    assert list(told["data"]) == list(example["data"])
    assert set(told["data"]["issue"]) >= set(example["data"]["issue"])
    assert told["data"]["issue"]["project"].keys() == example["data"]["issue"]["project"].keys()
    assert told["data"]["user"].keys() == example["data"]["user"].keys()
    assert len(told["timestamp"]) == len(example["timestamp"])
