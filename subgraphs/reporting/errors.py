"""What may go wrong with figures and reports."""

from uuid import UUID

from trellis.schema.errors import BadUserInput, FieldProblem, Forbidden, NotFound, RateLimited


class ReportNotFound(NotFound):
    """Also raised for a report of another person."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such report.", id=str(id))


class DefinitionNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such kind of report.", id=str(id))


class FiguresNotYours(Forbidden):
    """The answer for figures of people and projects that the caller may not have, and of those
    that do not exist."""

    def __init__(self) -> None:
        super().__init__("You may not see these figures.")


class BadPeriod(BadUserInput):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, [FieldProblem(field, "INVALID_FORMAT", message)])


class TooManyReports(RateLimited):
    """One person has as many reports in the making as one may have at a time."""

    def __init__(self, limit: int) -> None:
        message = f"{limit} of your reports are being generated. Wait until one is ready."
        super().__init__(message, limit=limit)
