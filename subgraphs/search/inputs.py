"""What is asked of search, and how it is checked."""

from dataclasses import dataclass

import strawberry
from strawberry import ID

from trellis.schema.directives import Constraint
from trellis.schema.inputs import InputProblems
from trellis.subgraphs.search.models import DocumentType
from trellis.subgraphs.search.queries import SearchFilters
from trellis.subgraphs.search.wanted import Beginning, Wanted, read_beginning, read_query

strawberry.enum(DocumentType, name="SearchType")

_MAX_QUERY = 200
_MAX_SUGGESTIONS = 20

QUERY_TEXT = Constraint(min_length=1, max_length=_MAX_QUERY)


@dataclass(frozen=True, slots=True)
class CheckedSearch:
    wanted: Wanted
    filters: SearchFilters


def checked_search(
    query: str, types: list[DocumentType] | None, project_id: ID | None
) -> CheckedSearch:
    """Raises ``BadUserInput`` with everything that is not acceptable."""
    problems = InputProblems()
    text = problems.text("query", query, maximum=_MAX_QUERY)
    project = problems.id("projectId", project_id) if project_id is not None else None
    problems.raise_any()
    return CheckedSearch(read_query(text), SearchFilters(once(types), project))


def checked_beginning(query: str) -> Beginning | None:
    """Raises ``BadUserInput``."""
    problems = InputProblems()
    text = problems.text("query", query, maximum=_MAX_QUERY)
    problems.raise_any()
    return read_beginning(text)


def checked_number(first: int) -> int:
    """How many suggestions are wanted. Raises ``BadUserInput``."""
    if not 1 <= first <= _MAX_SUGGESTIONS:
        problems = InputProblems()
        message = f"first must be between 1 and {_MAX_SUGGESTIONS}, not {first}."
        problems.add("first", "INVALID_FORMAT", message)
        problems.raise_any()
    return first


def once(types: list[DocumentType] | None) -> tuple[DocumentType, ...] | None:
    """Each type once."""
    return tuple(dict.fromkeys(types)) if types is not None else None
