"""The input types of projects, and how they are checked."""

import re
from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import ID, UNSET

from trellis.schema.directives import Constraint
from trellis.schema.inputs import Id, InputProblems, SearchText
from trellis.subgraphs.projects.models import (
    Description,
    MilestoneStatus,
    Name,
    Project,
    ProjectRole,
    ProjectStatus,
    ProjectType,
)
from trellis.subgraphs.projects.queries import ProjectFilters, ProjectSort
from trellis.subgraphs.projects.service import NewMember, NewMilestone, NewProject
from trellis.subgraphs.projects.settings import MAX_WORDS, ProjectSettings

for _enum in (ProjectStatus, ProjectRole, ProjectSort, MilestoneStatus):
    strawberry.enum(_enum)  # models know nothing of GraphQL: here they become known to it

_KEY = re.compile(r"^[A-Z][A-Z0-9]*$")
_KEY_LENGTHS = (2, 10)
_MAX_WORD = 50

ProjectKey = Annotated[
    str,
    Constraint(min_length=_KEY_LENGTHS[0], max_length=_KEY_LENGTHS[1], pattern=_KEY.pattern),
]


@strawberry.input(name="ProjectFilters", description="Only projects that match all members given.")
class ProjectFiltersInput:
    search: SearchText | None = None
    status: ProjectStatus | None = None
    organization_id: Id | None = None
    team_id: Id | None = None

    def checked(self) -> ProjectFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(ProjectFilters, self)


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
    name: Name
    key: ProjectKey | None = strawberry.field(
        default=None,
        description="2 to 10 capital letters and digits; derived from the name if absent",
    )
    description: Description = None
    project_type: ProjectType | None = None
    lead_id: Id | None = None
    organization_id: Id | None = None
    team_id: Id | None = None
    start_date: date | None = None
    end_date: date | None = None
    settings: ProjectSettingsInput | None = None

    def checked(self) -> NewProject:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        if self.key is not None and not _is_key(self.key):
            message = "key must be 2 to 10 capital letters and digits, a letter first."
            problems.add("key", "INVALID_FORMAT", message)
        _check_dates(problems, self.start_date, self.end_date)
        wanted = self.settings or ProjectSettingsInput()
        project_type = "software" if self.project_type is None else self.project_type
        return problems.make(
            NewProject,
            self,
            project_type=problems.text("projectType", project_type, maximum=_MAX_WORD),
            settings=wanted.checked(problems, ProjectSettings()),
        )


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateProjectInput:
    name: Name | None = UNSET
    description: Description = UNSET
    project_type: ProjectType | None = UNSET
    status: ProjectStatus | None = UNSET
    lead_id: Id | None = UNSET
    team_id: Id | None = UNSET
    start_date: date | None = UNSET
    end_date: date | None = UNSET
    settings: ProjectSettingsInput | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the project; another one is a conflict"
    )

    def checked(self, current: Project) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        needed = ("name", "project_type", "status", "lead_id")
        changes = problems.members(self, skip=("settings", "version"), never_null=needed)
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
    project_id: Id
    user_id: Id
    role: ProjectRole = ProjectRole.MEMBER

    def checked(self) -> NewMember:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        if self.role is ProjectRole.OWNER:
            message = "A project has one owner: choose ADMIN or MEMBER."
            problems.add("role", "INVALID_ENUM_VALUE", message)
        return problems.make(NewMember, self)


@strawberry.input
class RemoveProjectMemberInput:
    project_id: ID
    user_id: ID


@strawberry.input
class CreateMilestoneInput:
    project_id: Id
    title: Name
    description: Description = None
    due_date: date | None = None

    def checked(self) -> NewMilestone:
        """Raises ``BadUserInput``."""
        return InputProblems().make(NewMilestone, self)


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateMilestoneInput:
    title: Name | None = UNSET
    description: Description = UNSET
    due_date: date | None = UNSET
    status: MilestoneStatus | None = UNSET
    version: int | None = None

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        changes = problems.members(self, skip=("version",), never_null=("title", "status"))
        problems.raise_any()
        return changes


def _check_dates(problems: InputProblems, start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        problems.add("endDate", "INVALID_FORMAT", "endDate must not lie before startDate.")


def _is_key(text: str) -> bool:
    least, most = _KEY_LENGTHS
    return least <= len(text) <= most and _KEY.fullmatch(text) is not None


def _vocabulary(problems: InputProblems, field: str, words: list[str]) -> list[str]:
    if not 1 <= len(words) <= MAX_WORDS or len(set(words)) != len(words):
        message = f"{field} needs 1 to {MAX_WORDS} different words."
        problems.add(field, "INVALID_FORMAT", message)
    return [problems.text(field, word, maximum=_MAX_WORD) for word in words]
