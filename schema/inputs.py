"""Checks of what clients send: every problem of an input is told at once, with its field."""

from collections.abc import Collection
from uuid import UUID

from trellis.schema.errors import BadUserInput, FieldProblem


class InputProblems:
    """Collects what is wrong with one input; ``raise_any`` ends the check.

    Codes: REQUIRED_FIELD_MISSING, VALUE_TOO_SHORT, VALUE_TOO_LONG, INVALID_FORMAT,
    INVALID_ENUM_VALUE. Field names are the GraphQL ones.
    """

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def add(self, field: str, code: str, message: str) -> None:
        self._problems.append(FieldProblem(field=field, code=code, message=message))

    def text(self, field: str, value: str, *, maximum: int, minimum: int = 1) -> str:
        """``value`` without blanks around it; a problem when too short, too long or binary."""
        value = value.strip()
        if not value and minimum > 0:
            self.add(field, "REQUIRED_FIELD_MISSING", f"{field} must not be empty.")
        elif len(value) < minimum:
            self.add(field, "VALUE_TOO_SHORT", f"{field} needs at least {minimum} characters.")
        elif len(value) > maximum:
            self.add(field, "VALUE_TOO_LONG", f"{field} may have {maximum} characters at most.")
        if not is_storable(value):
            self.add(field, "INVALID_FORMAT", f"{field} contains characters that are not text.")
        return value

    def optional_text(self, field: str, value: str | None, *, maximum: int) -> str | None:
        """Like ``text``; absent and blank are None."""
        return self.text(field, value, maximum=maximum, minimum=0) or None if value else None

    def one_of(self, field: str, value: str, allowed: Collection[str]) -> str:
        if value not in allowed:
            wanted = ", ".join(allowed)
            self.add(field, "INVALID_ENUM_VALUE", f"{field} must be one of: {wanted}.")
        return value

    def id(self, field: str, value: str) -> UUID:
        """``value`` as a UUID; a problem when it is none."""
        found = as_uuid(value)
        if found is None:
            self.add(field, "INVALID_FORMAT", f"{field} is not an id of this platform.")
        return found or UUID(int=0)

    def raise_any(self) -> None:
        """Raises ``BadUserInput`` with all problems, if there are any."""
        if self._problems:
            message = " ".join(problem.message for problem in self._problems)
            raise BadUserInput(message, self._problems)


def as_uuid(value: str) -> UUID | None:
    """An id as clients send it; None when it cannot be the id of anything."""
    try:
        return UUID(value) if len(value) == 36 else None
    except ValueError:
        return None


def is_storable(value: str) -> bool:
    """Whether a database takes the text: no NUL, no half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
