"""What may go wrong with a search."""

from trellis.schema.errors import BadUserInput, FieldProblem


class TooManyWords(BadUserInput):
    def __init__(self, limit: int) -> None:
        message = f"query may have {limit} words at most."
        super().__init__(message, [FieldProblem("query", "VALUE_TOO_LONG", message)], limit=limit)
