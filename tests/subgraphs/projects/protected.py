"""Members of the inputs of projects that decide who may what: what is tried with them, or why
they decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import PERSONS, Attempt, own

HARMLESS: Mapping[str, str] = {
    "ProjectFilters.status": "a filter",
    "ProjectFilters.organizationId": "a filter",
    "ProjectSettingsInput.statuses": "the words that issues may use",
}

PROJECT, MEMBER = own("project"), own("user", "member")

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    "AddProjectMemberInput.role": (
        Attempt(
            "addProjectMember",
            "AddProjectMemberInput",
            {"projectId": PROJECT, "userId": own("user", "viewer"), "role": "ADMIN"},
            ("member",),
        ),
        Attempt(
            "addProjectMember",
            "AddProjectMemberInput",
            {"projectId": PROJECT, "userId": own("user", "viewer"), "role": "OWNER"},
            ("boss", "lead"),
            "BAD_USER_INPUT",
        ),
    ),
    "UpdateProjectInput.status": (
        Attempt(
            "updateProject", "UpdateProjectInput", {"status": "ARCHIVED"}, ("member",), id=PROJECT
        ),
    ),
    "UpdateProjectInput.leadId": (
        Attempt("updateProject", "UpdateProjectInput", {"leadId": MEMBER}, ("member",), id=PROJECT),
    ),
    "UpdateMilestoneInput.status": (
        Attempt(
            "updateMilestone",
            "UpdateMilestoneInput",
            {"status": "COMPLETED"},
            ("member",),
            id=own("milestone"),
        ),
    ),
    "CreateProjectInput.organizationId": (
        Attempt(
            "createProject",
            "CreateProjectInput",
            {"name": "x", "organizationId": own("organization", "another")},
            PERSONS,
        ),
    ),
    "CreateProjectInput.leadId": (
        Attempt(
            "createProject",
            "CreateProjectInput",
            {"name": "x", "leadId": own("user", "nobody")},
            PERSONS,
            "BAD_USER_INPUT",
        ),
    ),
}
