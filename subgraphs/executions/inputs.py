"""The input types of executions, and how they are checked."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from trellis.schema.directives import Constraint
from trellis.schema.inputs import InputProblems, is_storable
from trellis.subgraphs.executions.errors import LanguageUnavailable, VersionUnavailable
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import (
    MAX_CODE,
    MAX_STDIN,
    MAX_VERSION,
    ExecutionStatus,
    Failure,
)
from trellis.subgraphs.executions.queries import ExecutionFilters
from trellis.subgraphs.executions.runners.runner import Stream, Support
from trellis.subgraphs.executions.tiers import MOST_SECONDS, USUAL_SECONDS
from trellis.subgraphs.executions.use_cases.requests import NewExecution

# Models and runners know nothing of GraphQL: here they become known to it.
strawberry.enum(Language, name="LanguageName")
strawberry.enum(ExecutionStatus)
strawberry.enum(Failure, name="ExecutionFailure")
strawberry.enum(Stream, name="OutputStream")

# Not pydantic's Field: spaces at the ends of a program are part of it.
Code = Annotated[str, Constraint(min_length=1, max_length=MAX_CODE)]
Stdin = Annotated[str, Constraint(max_length=MAX_STDIN)]
Seconds = Annotated[int, Constraint(min=1, max=MOST_SECONDS)]
Version = Annotated[str, Constraint(min_length=1, max_length=MAX_VERSION)]


@strawberry.input(
    name="ExecutionFilters", description="Only executions that match all members given."
)
class ExecutionFiltersInput:
    status: list[ExecutionStatus] | None = strawberry.field(
        default=None, description="one of these"
    )
    language: list[Language] | None = strawberry.field(default=None, description="one of these")

    def checked(self) -> ExecutionFilters:
        return ExecutionFilters(
            status=tuple(dict.fromkeys(self.status)) if self.status is not None else None,
            language=tuple(dict.fromkeys(self.language)) if self.language is not None else None,
        )


@strawberry.input
class ExecuteCodeInput:
    language: Language
    version: Version | None = strawberry.field(
        default=None,
        description="a version of the language or a prefix such as 3.11; by default the one "
        "listed in `languages`",
    )
    code: Code
    stdin: Stdin | None = strawberry.field(default=None, description="standard input")
    timeout: Seconds = strawberry.field(
        default=USUAL_SECONDS, description=f"in seconds, from 1 to {MOST_SECONDS}"
    )

    def checked(self, support: Mapping[Language, Support]) -> NewExecution:
        """Raises ``BadUserInput`` with everything that is not acceptable, ``LanguageUnavailable``
        and ``VersionUnavailable``."""
        problems = InputProblems()
        _check_text(problems, "code", self.code, 1, MAX_CODE)
        _check_text(problems, "stdin", self.stdin or "", 0, MAX_STDIN)
        if not 1 <= self.timeout <= MOST_SECONDS:
            message = f"timeout must be from 1 to {MOST_SECONDS} seconds."
            problems.add("timeout", "VALUE_OUT_OF_RANGE", message)
        problems.raise_any()
        here = support[self.language]
        if here.unavailable is not None:
            raise LanguageUnavailable(self.language, here.unavailable)
        if self.version is not None and not _is_version(here.version or "", self.version):
            raise VersionUnavailable(self.language, here.version or "unknown")
        return NewExecution(
            language=self.language,
            runtime_version=here.version,
            code=self.code,
            stdin=self.stdin or "",
            seconds=self.timeout,
        )


def _check_text(
    problems: InputProblems, field: str, value: str, minimum: int, maximum: int
) -> None:
    """Like ``InputProblems.text``, with the spaces around it."""
    if len(value) < minimum:
        problems.add(field, "VALUE_TOO_SHORT", f"{field} must not be empty.")
    elif len(value) > maximum:
        problems.add(field, "VALUE_TOO_LONG", f"{field} may have {maximum} characters at most.")
    if not is_storable(value):
        problems.add(field, "INVALID_FORMAT", f"{field} contains characters that are not text.")


def _is_version(here: str, wanted: str) -> bool:
    """Whether ``wanted`` is the version or its first numbers: 3 and 3.11 of 3.11.2, but not 3.1."""
    return here == wanted or here.startswith(f"{wanted}.")
