"""What may go wrong with hours."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import BadUserInput, Conflict, FieldProblem, Forbidden, NotFound
from trellis.schema.events.tasks import STREAM


class TimeEntryNotFound(NotFound):
    """Also the answer for an entry that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such time entry.", id=str(id))


class TimesheetNotFound(NotFound):
    """Also the answer for a timesheet that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such timesheet.", id=str(id))


class TaskNotFound(MissingInReplica, NotFound):
    """Also the answer for a task that the caller may not know of."""

    stream = STREAM

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such task.", id=str(id))


class NotYours(Forbidden):
    """The caller may see it, but it belongs to another person."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Only whose {what} it is may do this.")


class OwnTimesheet(Forbidden):
    def __init__(self) -> None:
        super().__init__("Your own timesheet must be decided by another person.")


class TaskOfAnotherProject(BadUserInput):
    def __init__(self) -> None:
        message = "The task does not belong to the project."
        super().__init__(message, [FieldProblem("projectId", "INVALID_FORMAT", message)])


class EndOfTimer(BadUserInput):
    def __init__(self) -> None:
        message = "The timer runs: stop it to set its end."
        super().__init__(message, [FieldProblem("endedAt", "INVALID_FORMAT", message)])


class TimeTrackingOff(Conflict):
    def __init__(self) -> None:
        super().__init__("The project does not track time.")


class TimerRuns(Conflict):
    """There is one timer for each person."""

    def __init__(self, id: UUID | None = None) -> None:
        details = {} if id is None else {"timeEntryId": str(id)}
        super().__init__("Your timer runs already. Stop it first.", **details)


class TimerStopped(Conflict):
    def __init__(self) -> None:
        super().__init__("The timer was stopped already.")


class Overlap(Conflict):
    def __init__(self, id: UUID) -> None:
        message = "At that time another entry of yours says what you did."
        super().__init__(message, timeEntryId=str(id))


class TimeEntryChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The time entry was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class WeekClosed(Conflict):
    """Hours of a week that was submitted or approved stay as they are."""

    def __init__(self, status: str, timesheet_id: UUID) -> None:
        message = f"The timesheet of that week is {status}: its hours cannot be changed."
        super().__init__(message, timesheetId=str(timesheet_id), status=status)


class TooManyEntries(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A week can have {limit} entries at most.", limit=limit)


class TimesheetNotOpen(Conflict):
    def __init__(self, status: str) -> None:
        super().__init__(f"The timesheet is {status} already.", status=status)


class TimesheetNotSubmitted(Conflict):
    def __init__(self, status: str) -> None:
        super().__init__(f"The timesheet is {status}, not submitted.", status=status)


class NothingToSubmit(Conflict):
    def __init__(self) -> None:
        super().__init__("There are no hours in the timesheet.")
