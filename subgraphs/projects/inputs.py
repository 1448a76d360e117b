"""The input types of projects, and how they become checked wishes."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from trellis.schema.inputs import InputProblems
from trellis.subgraphs.projects.models import MilestoneStatus, Project, ProjectRole, ProjectStatus
from trellis.subgraphs.projects.queries import ProjectFilters, ProjectSort
from trellis.subgraphs.projects.service import NewProject
from trellis.subgraphs.projects.settings import ProjectSettings

for _enum in (ProjectStatus, ProjectRole, ProjectSort, MilestoneStatus):
    strawberry.enum(_enum)  # models know nothing of GraphQL: here they become known to it

_KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_MAX_TEXT = 10_000
_MAX_WORDS = 50


@strawberry.input(name="ProjectFilters", description="Only projects that fit all members given.")
class ProjectFiltersInput:
    search: str | None = None
    status: ProjectStatus | None = None
    organization_id: strawberry.ID | None = None
    team_id: strawberry.ID | None = None

    def checked(self) -> ProjectFilters:
        problems = InputProblems()
        filters = ProjectFilters(
            search=problems.optional_text("search", self.search, maximum=200),
            status=self.status,
            organization_id=_optional_id(problems, "organizationId", self.organization_id),
            team_id=_optional_id(problems, "teamId", self.team_id),
        )
        problems.raise_any()
        return filters


@strawberry.input
class ProjectSettingsInput:
    issue_types: list[str] | None = None
    priorities: list[str] | None = None
    statuses: list[str] | None = None
    time_tracking: bool | None = None
    file_attachments: bool | None = None

    def checked(self, problems: InputProblems, current: ProjectSettings) -> ProjectSettings:
        """The settings with the given members in place of the current ones."""
        stored = current.stored()
        for name in ("issue_types", "priorities", "statuses"):
            words: list[str] | None = getattr(self, name)
            if words is not None:
                stored[name] = _vocabulary(problems, f"settings.{name}", words)
        for name in ("time_tracking", "file_attachments"):
            if getattr(self, name) is not None:
                stored[name] = getattr(self, name)
        return ProjectSettings.read(stored)


@strawberry.input
class CreateProjectInput:
    name: str
    key: str | None = strawberry.field(
        default=None, description="2 to 10 capital letters and digits; made from the name if absent"
    )
    description: str | None = None
    project_type: str | None = None
    lead_id: strawberry.ID | None = None
    organization_id: strawberry.ID | None = None
    team_id: strawberry.ID | None = None
    start_date: date | None = None
    end_date: date | None = None
    settings: ProjectSettingsInput | None = None

    def checked(self) -> NewProject:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        if self.key is not None and not _KEY.fullmatch(self.key):
            message = "key must be 2 to 10 capital letters and digits, a letter first."
            problems.add("key", "INVALID_FORMAT", message)
        _check_dates(problems, self.start_date, self.end_date)
        settings = self.settings or ProjectSettingsInput()
        wish = NewProject(
            name=problems.text("name", self.name, maximum=200),
            key=self.key,
            description=problems.optional_text("description", self.description, maximum=_MAX_TEXT),
            project_type=problems.text("projectType", self.project_type or "software", maximum=50),
            lead_id=_optional_id(problems, "leadId", self.lead_id),
            organization_id=_optional_id(problems, "organizationId", self.organization_id),
            team_id=_optional_id(problems, "teamId", self.team_id),
            start_date=self.start_date,
            end_date=self.end_date,
            settings=settings.checked(problems, ProjectSettings()),
        )
        problems.raise_any()
        return wish


@strawberry.input(description="Members that are absent stay as they are; null empties a member.")
class UpdateProjectInput:
    name: str | None = UNSET
    description: str | None = UNSET
    project_type: str | None = UNSET
    status: ProjectStatus | None = UNSET
    lead_id: strawberry.ID | None = UNSET
    team_id: strawberry.ID | None = UNSET
    start_date: date | None = UNSET
    end_date: date | None = UNSET
    settings: ProjectSettingsInput | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="refuse unless the project still has this version"
    )

    def checked(self, current: Project) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        changes: dict[str, Any] = {}
        for column, field, limit in (("name", "name", 200), ("project_type", "projectType", 50)):
            value = getattr(self, column)
            if value is not UNSET:
                changes[column] = problems.text(field, value or "", maximum=limit)
        if self.description is not UNSET:
            changes["description"] = problems.optional_text(
                "description", self.description, maximum=_MAX_TEXT
            )
        for column, field in (("status", "status"), ("lead_id", "leadId")):
            value = getattr(self, column)
            if value is None:
                problems.add(field, "REQUIRED_FIELD_MISSING", f"{field} cannot be emptied.")
            elif value is not UNSET:
                changes[column] = problems.id(field, value) if column == "lead_id" else value
        if self.team_id is not UNSET:
            changes["team_id"] = _optional_id(problems, "teamId", self.team_id)
        for column in ("start_date", "end_date"):
            if getattr(self, column) is not UNSET:
                changes[column] = getattr(self, column)
        _check_dates(
            problems,
            changes.get("start_date", current.start_date),
            changes.get("end_date", current.end_date),
        )
        if self.settings:
            read = ProjectSettings.read(current.settings)
            changes["settings"] = self.settings.checked(problems, read).stored()
        problems.raise_any()
        return changes


@strawberry.input
class AddProjectMemberInput:
    project_id: strawberry.ID
    user_id: strawberry.ID
    role: ProjectRole = ProjectRole.MEMBER

    def checked(self) -> tuple[UUID, UUID, ProjectRole]:
        problems = InputProblems()
        if self.role is ProjectRole.OWNER:
            message = "A project has one owner: choose ADMIN or MEMBER."
            problems.add("role", "INVALID_ENUM_VALUE", message)
        ids = problems.id("projectId", self.project_id), problems.id("userId", self.user_id)
        problems.raise_any()
        return *ids, self.role


@strawberry.input
class RemoveProjectMemberInput:
    project_id: strawberry.ID
    user_id: strawberry.ID


@strawberry.input
class CreateMilestoneInput:
    project_id: strawberry.ID
    title: str
    description: str | None = None
    due_date: date | None = None

    def checked(self) -> dict[str, Any]:
        problems = InputProblems()
        wish = {
            "title": problems.text("title", self.title, maximum=200),
            "description": problems.optional_text(
                "description", self.description, maximum=_MAX_TEXT
            ),
            "due_date": self.due_date,
        }
        problems.raise_any()
        return wish


@strawberry.input(description="Members that are absent stay as they are; null empties a member.")
class UpdateMilestoneInput:
    title: str | None = UNSET
    description: str | None = UNSET
    due_date: date | None = UNSET
    status: MilestoneStatus | None = UNSET
    version: int | None = None

    def checked(self) -> dict[str, Any]:
        problems = InputProblems()
        changes: dict[str, Any] = {}
        if self.title is not UNSET:
            changes["title"] = problems.text("title", self.title or "", maximum=200)
        if self.description is not UNSET:
            changes["description"] = problems.optional_text(
                "description", self.description, maximum=_MAX_TEXT
            )
        if self.due_date is not UNSET:
            changes["due_date"] = self.due_date
        if self.status is None:
            problems.add("status", "REQUIRED_FIELD_MISSING", "status cannot be emptied.")
        elif self.status is not UNSET:
            changes["status"] = self.status
        problems.raise_any()
        return changes


def _optional_id(problems: InputProblems, field: str, value: str | None) -> UUID | None:
    return problems.id(field, value) if value is not None else None


def _check_dates(problems: InputProblems, start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        problems.add("endDate", "INVALID_FORMAT", "endDate must not lie before startDate.")


def _vocabulary(problems: InputProblems, field: str, words: list[str]) -> list[str]:
    if not 1 <= len(words) <= _MAX_WORDS or len(set(words)) != len(words):
        message = f"{field} needs 1 to {_MAX_WORDS} different words."
        problems.add(field, "INVALID_FORMAT", message)
    return [problems.text(field, word, maximum=50) for word in words]
