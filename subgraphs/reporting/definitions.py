"""The kinds of reports that there are, with their parameters, and how parameters are checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from trellis.schema.inputs import InputProblems, as_uuid
from trellis.schema.times import read_date
from trellis.subgraphs.reporting.errors import BadPeriod
from trellis.subgraphs.reporting.periods import Period, period_of

_MAX_TEXT = 200
_PLACE = "parameters"


class ParameterType(StrEnum):
    STRING = "string"
    DATE_RANGE = "date_range"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A text is the id of a project or person."""

    name: str
    type: ParameterType
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Definition:
    """``type`` is summary, analytics or time."""

    key: str
    name: str
    description: str
    type: str
    parameters: Sequence[Parameter]

    @property
    def id(self) -> UUID:
        """The same in every installation and release."""
        return uuid5(NAMESPACE_URL, f"https://trellis.example/reports/{self.key}")


def _project(*, required: bool) -> Parameter:
    words = "The id of the project"
    return Parameter("project_id", ParameterType.STRING, required, words)


def _person(words: str) -> Parameter:
    return Parameter("user_id", ParameterType.STRING, False, words)


def _range(words: str) -> Parameter:
    return Parameter("date_range", ParameterType.DATE_RANGE, False, words)


_LAST_DAYS = "Both days belong to it; without it the thirty days up to today"

ISSUE_SUMMARY = Definition(
    "issue-summary",
    "Issue Summary Report",
    "Summary of issues by status and priority",
    "summary",
    (_project(required=True), _range("Only issues that were made in it")),
)
PROJECT_ANALYTICS = Definition(
    "project-analytics",
    "Project Analytics Report",
    "Tasks, hours and members of a project in a period, with its daily completion rate",
    "analytics",
    (_project(required=True), _range(_LAST_DAYS)),
)
USER_ANALYTICS = Definition(
    "user-analytics",
    "User Analytics Report",
    "Tasks and hours of a person in a period, by project",
    "analytics",
    (_person("The id of the person; oneself without it"), _range(_LAST_DAYS)),
)
TIME = Definition(
    "time",
    "Time Report",
    "Hours of a person or project in a period, by day, person and project",
    "time",
    (
        _person("Only their hours; without it and without a project one's own"),
        _project(required=False),
        _range(_LAST_DAYS),
    ),
)

DEFINITIONS: Mapping[UUID, Definition] = {
    one.id: one for one in (ISSUE_SUMMARY, PROJECT_ANALYTICS, USER_ANALYTICS, TIME)
}
MOST_PARAMETERS = max(len(one.parameters) for one in DEFINITIONS.values())


def checked_parameters(
    problems: InputProblems, definition: Definition, given: Any
) -> dict[str, Any]:
    """The parameters as they are stored; what is wrong with them goes to ``problems``."""
    if not isinstance(given, dict):
        problems.add(_PLACE, "INVALID_FORMAT", "parameters must be a JSON object.")
        return {}
    wanted = {parameter.name: parameter for parameter in definition.parameters}
    for name in sorted(set(given) - set(wanted)):
        field = f"{_PLACE}.{str(name)[:50]}"
        known = ", ".join(wanted)
        problems.add(field, "INVALID_FORMAT", f"{field} is unknown; there are: {known}.")
    found: dict[str, Any] = {}
    for name, parameter in wanted.items():
        if given.get(name) is not None:
            found[name] = _checked(problems, parameter, given[name])
        elif parameter.required:
            field = f"{_PLACE}.{name}"
            problems.add(field, "REQUIRED_FIELD_MISSING", f"{field} is required.")
    return found


def _checked(problems: InputProblems, parameter: Parameter, value: Any) -> Any:
    field = f"{_PLACE}.{parameter.name}"
    if parameter.type is ParameterType.DATE_RANGE:
        return _checked_range(problems, field, value)
    if not isinstance(value, str):
        problems.add(field, "INVALID_FORMAT", f"{field} must be a text.")
        return ""
    text = problems.text(field, value, maximum=_MAX_TEXT)
    if text and as_uuid(text) is None:
        problems.add(field, "INVALID_FORMAT", f"{field} is not an id of this platform.")
    return text.lower()


def _checked_range(problems: InputProblems, field: str, value: Any) -> Any:
    wanted = f'{field} must look like {{"start": "2026-01-01", "end": "2026-01-31"}}.'
    is_range = isinstance(value, dict) and set(value) == {"start", "end"}
    start, end = (read_date(value[name]) if is_range else None for name in ("start", "end"))
    if start is None or end is None:
        problems.add(field, "INVALID_FORMAT", wanted)
        return None
    try:
        period_of(start, end, "UTC")
    except BadPeriod as wrong:
        text = wrong.message.replace("startDate", "start").replace("endDate", "end")
        problems.add(field, "INVALID_FORMAT", text)
    return {"start": start.isoformat(), "end": end.isoformat()}


def stored_period(parameters: Mapping[str, Any], zone: str, now: datetime) -> Period | None:
    """The ``date_range`` of stored parameters; None without one."""
    range_ = parameters.get("date_range")
    if range_ is None:
        return None
    start, end = date.fromisoformat(range_["start"]), date.fromisoformat(range_["end"])
    return period_of(start, end, zone, now=now)
