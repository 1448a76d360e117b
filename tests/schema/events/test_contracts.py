"""The JSON of events is what outboxes of earlier releases hold, so it does not change."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from trellis.schema.events import accounts, issues, projects, workflows
from trellis.schema.events.event import Event

A, B, C = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3))
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
a, b, c = str(A), str(B), str(C)

USER: dict[str, Any] = {
    "user_id": A,
    "version": 3,
    "username": "ada",
    "display_name": "Ada",
    "avatar_url": None,
    "organization_id": B,
    "roles": ("user", "admin"),
    "is_active": True,
    "timezone": "Europe/London",
    "organization_ids": (B, C),
}
STORED_USER = {
    **USER,
    "user_id": a,
    "organization_id": b,
    "roles": ["user", "admin"],
    "organization_ids": [b, c],
}
STATE = projects.ProjectState(
    key="ENG",
    name="Engine",
    status="active",
    organization_id=None,
    lead_id=B,
    settings={"statuses": ["Open"], "time_tracking": True},
    members={B: "owner", C: "member"},
    description="Weaves algebra",
)
PROJECT: dict[str, Any] = {"project_id": A, "version": 2, "state": STATE}
STORED_PROJECT = {
    "project_id": a,
    "version": 2,
    "state": {
        "key": "ENG",
        "name": "Engine",
        "status": "active",
        "organization_id": None,
        "lead_id": b,
        "settings": {"statuses": ["Open"], "time_tracking": True},
        "members": {b: "owner", c: "member"},
        "description": "Weaves algebra",
    },
}
ISSUE: dict[str, Any] = {"issue_id": A, "issue_key": "ENG-1", "project_id": B, "version": 1}
STORED_ISSUE = {"issue_id": a, "issue_key": "ENG-1", "project_id": b, "version": 1}
ISSUE_STATE = issues.IssueState(
    summary="x",
    description=None,
    issue_type="Bug",
    status="Open",
    priority="Low",
    assignee_id=C,
    reporter_id=B,
)
STORED_STATE = {
    "summary": "x",
    "description": None,
    "issue_type": "Bug",
    "status": "Open",
    "priority": "Low",
    "assignee_id": c,
    "reporter_id": b,
}
WORKFLOW: dict[str, Any] = {
    "workflow_id": A,
    "project_id": B,
    "version": 1,
    "state": workflows.WorkflowDefinition(
        name="Bugs",
        issue_types=("Bug",),
        is_active=True,
        states=(
            workflows.StateDefinition(id=B, name="Open", type=workflows.StateType.INITIAL),
            workflows.StateDefinition(id=C, name="Done", type=workflows.StateType.FINAL),
        ),
        transitions=(
            workflows.TransitionDefinition(
                id=A,
                name="Finish",
                from_state="Open",
                to_state="Done",
                conditions=(
                    workflows.RuleDefinition(name="role", parameters={"roles": ["owner"]}),
                ),
                validators=(workflows.RuleDefinition(name="has_assignee"),),
            ),
        ),
    ),
}
STORED_WORKFLOW = {
    "workflow_id": a,
    "project_id": b,
    "version": 1,
    "state": {
        "name": "Bugs",
        "issue_types": ["Bug"],
        "is_active": True,
        "states": [
            {"id": b, "name": "Open", "type": "initial"},
            {"id": c, "name": "Done", "type": "final"},
        ],
        "transitions": [
            {
                "id": a,
                "name": "Finish",
                "from_state": "Open",
                "to_state": "Done",
                "conditions": [{"name": "role", "parameters": {"roles": ["owner"]}}],
                "validators": [{"name": "has_assignee", "parameters": {}}],
            }
        ],
    },
}
MOVE: dict[str, Any] = {
    "execution_id": A,
    "workflow_id": B,
    "transition_id": C,
    "transition_name": "Finish",
    "from_state": "Open",
    "to_state": "Done",
    "executed_by": B,
    "executed_at": SOON,
}
STORED_MOVE = {
    **MOVE,
    "execution_id": a,
    "workflow_id": b,
    "transition_id": c,
    "executed_by": b,
    "executed_at": "2026-03-01T12:30:00+00:00",
}

STORED: list[tuple[Event, str, str, dict[str, Any]]] = [
    (accounts.UserCreated(**USER), "user.created", a, STORED_USER),
    (
        accounts.UserUpdated(**USER, changed=("roles",)),
        "user.updated",
        a,
        {**STORED_USER, "changed": ["roles"]},
    ),
    (accounts.UserVerified(**USER), "user.verified", a, STORED_USER),
    (accounts.UserDeactivated(**USER), "user.deactivated", a, STORED_USER),
    (accounts.UserDeleted(**USER), "user.deleted", a, STORED_USER),
    (
        accounts.ContactChanged(
            user_id=A, version=3, email="x@example.com", by_email=True, by_push=False, in_app=True
        ),
        "contact.changed",
        a,
        {
            "user_id": a,
            "version": 3,
            "email": "x@example.com",
            "by_email": True,
            "by_push": False,
            "in_app": True,
        },
    ),
    (
        accounts.UserLoggedIn(user_id=A, session_id=B, profile="graphql"),
        "user.login",
        a,
        {"user_id": a, "session_id": b, "profile": "graphql"},
    ),
    (
        accounts.UserLoggedOut(user_id=A, session_id=B, reason="signed_out"),
        "user.logout",
        a,
        {"user_id": a, "session_id": b, "reason": "signed_out"},
    ),
    (accounts.PasswordChanged(user_id=A), "user.password_changed", a, {"user_id": a}),
    (accounts.MfaEnabled(user_id=A), "mfa.enabled", a, {"user_id": a}),
    (accounts.MfaDisabled(user_id=A), "mfa.disabled", a, {"user_id": a}),
    (
        accounts.ApiKeyCreated(
            user_id=A, api_key_id=B, name="CI", scopes=("read:issues",), expires_at=SOON
        ),
        "api_key.created",
        a,
        {
            "user_id": a,
            "api_key_id": b,
            "name": "CI",
            "scopes": ["read:issues"],
            "expires_at": "2026-03-01T12:30:00+00:00",
        },
    ),
    (
        accounts.ApiKeyRevoked(user_id=A, api_key_id=B, name="CI"),
        "api_key.revoked",
        a,
        {"user_id": a, "api_key_id": b, "name": "CI"},
    ),
    (
        accounts.SubscriptionChanged(
            user_id=None,
            organization_id=B,
            previous_tier="free",
            tier="pro",
            status="active",
            expires_at=None,
        ),
        "subscription.changed",
        b,
        {
            "user_id": None,
            "organization_id": b,
            "previous_tier": "free",
            "tier": "pro",
            "status": "active",
            "expires_at": None,
        },
    ),
    (
        accounts.MemberInvited(organization_id=B, invitation_id=C),
        "organization.member_invited",
        b,
        {"organization_id": b, "invitation_id": c},
    ),
    (
        accounts.OrganizationCreated(organization_id=B, name="Engines", created_by=A),
        "organization.created",
        b,
        {"organization_id": b, "name": "Engines", "created_by": a},
    ),
    (
        accounts.TeamCreated(team_id=C, organization_id=B, name="Mills"),
        "team.created",
        c,
        {"team_id": c, "organization_id": b, "name": "Mills"},
    ),
    (projects.ProjectCreated(**PROJECT), "project.created", a, STORED_PROJECT),
    (
        projects.ProjectUpdated(**PROJECT, changed=("name", "lead_id")),
        "project.updated",
        a,
        {**STORED_PROJECT, "changed": ["name", "lead_id"]},
    ),
    (projects.ProjectDeleted(**PROJECT), "project.deleted", a, STORED_PROJECT),
    (
        projects.ProjectMemberAdded(**PROJECT, user_id=C, role="member"),
        "project.member_added",
        a,
        {**STORED_PROJECT, "user_id": c, "role": "member"},
    ),
    (
        projects.ProjectMemberRemoved(**PROJECT, user_id=C),
        "project.member_removed",
        a,
        {**STORED_PROJECT, "user_id": c},
    ),
    (
        projects.MilestoneCreated(milestone_id=A, project_id=B, title="Release"),
        "milestone.created",
        b,
        {"milestone_id": a, "project_id": b, "title": "Release"},
    ),
    (
        projects.MilestoneUpdated(milestone_id=A, project_id=B, changed=("status",)),
        "milestone.updated",
        b,
        {"milestone_id": a, "project_id": b, "changed": ["status"]},
    ),
    (
        issues.IssueCreated(**ISSUE, state=ISSUE_STATE),
        "issue.created",
        a,
        {**STORED_ISSUE, "state": STORED_STATE},
    ),
    (
        issues.IssueUpdated(**ISSUE, state=ISSUE_STATE, changed=("status",)),
        "issue.updated",
        a,
        {**STORED_ISSUE, "changed": ["status"], "state": STORED_STATE},
    ),
    (
        issues.IssueStatusChanged(**ISSUE, old_status="Open", new_status="Done"),
        "issue.status_changed",
        a,
        {**STORED_ISSUE, "old_status": "Open", "new_status": "Done"},
    ),
    (
        issues.IssueTransitioned(**ISSUE, **MOVE),
        "issue.transitioned",
        a,
        {**STORED_ISSUE, **STORED_MOVE},
    ),
    (
        issues.IssueAssigned(**ISSUE, assignee_id=None),
        "issue.assigned",
        a,
        {**STORED_ISSUE, "assignee_id": None},
    ),
    (issues.IssueDeleted(**ISSUE), "issue.deleted", a, STORED_ISSUE),
    (
        issues.IssuesLinked(**ISSUE, target_id=C, type="blocks"),
        "issue.linked",
        a,
        {**STORED_ISSUE, "target_id": c, "type": "blocks"},
    ),
    (
        issues.IssuesUnlinked(**ISSUE, target_id=C, type="relates_to"),
        "issue.unlinked",
        a,
        {**STORED_ISSUE, "target_id": c, "type": "relates_to"},
    ),
    (
        issues.CommentAdded(**ISSUE, comment_id=C, author_id=B, content="Oiled.", created_at=SOON),
        "comment.added",
        a,
        {
            **STORED_ISSUE,
            "comment_id": c,
            "author_id": b,
            "content": "Oiled.",
            "created_at": SOON.isoformat(),
        },
    ),
    (
        issues.CommentsBackfilled(
            comments=(
                issues.BackfilledComment(
                    comment_id=A,
                    issue_id=B,
                    project_id=C,
                    author_id=B,
                    content="Oiled.",
                    created_at=SOON,
                    updated_at=SOON,
                ),
            )
        ),
        "comments.backfilled",
        a,
        {
            "comments": [
                {
                    "comment_id": a,
                    "issue_id": b,
                    "project_id": c,
                    "author_id": b,
                    "content": "Oiled.",
                    "created_at": SOON.isoformat(),
                    "updated_at": SOON.isoformat(),
                }
            ]
        },
    ),
    (workflows.WorkflowCreated(**WORKFLOW), "workflow.created", a, STORED_WORKFLOW),
    (
        workflows.WorkflowUpdated(**WORKFLOW, changed=("is_active",)),
        "workflow.updated",
        a,
        {**STORED_WORKFLOW, "changed": ["is_active"]},
    ),
    (
        workflows.TransitionExecuted(project_id=B, issue_id=A, issue_key="ENG-1", **MOVE),
        "workflow.transition_executed",
        a,
        {"project_id": b, "issue_id": a, "issue_key": "ENG-1", **STORED_MOVE},
    ),
]


OWNERS = (accounts, issues, projects, workflows)


def kinds(of: type[Event] = Event) -> set[type[Event]]:
    """The events of these owners, without their common bases."""
    found = [value for owner in OWNERS for value in vars(owner).values()]
    return {
        one
        for one in found
        if isinstance(one, type) and issubclass(one, of) and hasattr(one, "topic")
    }


def test_every_event_has_its_example_here():
    assert {type(event) for event, *_ in STORED} == kinds()


@pytest.mark.parametrize(
    ("event", "topic", "key", "stored"), STORED, ids=[topic for _, topic, *_ in STORED]
)
def test_an_event_is_written_as_ever_and_read_back_as_it_was(
    event: Event, topic: str, key: str, stored: dict[str, Any]
):
    assert (event.topic, event.key) == (topic, key)
    assert event.payload() == stored
    assert list(event.payload()) == list(stored)
    assert type(event).read(stored) == event


def test_people_of_earlier_releases_live_in_utc():
    stored = {key: value for key, value in STORED_USER.items() if key != "timezone"}

    assert accounts.UserVerified.read(stored).timezone == "UTC"


def test_what_a_later_release_adds_is_passed_over():
    stored = {"user_id": a, "session_id": b, "profile": "graphql", "device": "phone"}

    event = accounts.UserLoggedIn.read(stored)

    assert event == accounts.UserLoggedIn(user_id=A, session_id=B, profile="graphql")


def test_early_events_about_people_and_projects_are_understood():
    stored = {name: value for name, value in STORED_USER.items() if name != "organization_ids"}
    state = {
        name: value for name, value in STORED_PROJECT["state"].items() if name != "description"
    }

    first, homeless = (
        accounts.UserCreated.read({**stored, "organization_id": id}) for id in (b, None)
    )
    project = projects.ProjectCreated.read({**STORED_PROJECT, "state": state})

    assert (first.organizations, homeless.organizations) == ((B,), ())
    assert accounts.UserCreated.read(STORED_USER).organizations == (B, C)
    assert project.state.description is None


@pytest.mark.parametrize(
    "stored",
    [
        {"team_id": c, "organization_id": b},
        {"team_id": "the third", "organization_id": b, "name": "Mills"},
        {"team_id": c, "organization_id": None, "name": "Mills"},
    ],
    ids=["missing", "no id", "null"],
)
def test_an_event_that_breaks_its_contract_is_not_read(stored: dict[str, Any]):
    with pytest.raises(ValidationError):
        accounts.TeamCreated.read(stored)


def test_topics_are_used_once():
    topics = [kind.topic for kind in kinds()]
    assert len(topics) == len(set(topics)) == 37


def test_what_replicas_read_are_all_events_with_a_state():
    assert set(projects.PROJECT_STATES) == kinds(projects.ProjectEvent)
    assert set(accounts.USER_STATES) == kinds(accounts.UserEvent)
    assert set(workflows.WORKFLOW_STATES) == kinds(workflows.WorkflowEvent)
