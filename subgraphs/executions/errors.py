"""What may go wrong with running code."""

from datetime import datetime
from uuid import UUID

from trellis.db.models import utc_now
from trellis.schema.errors import (
    BadUserInput,
    Conflict,
    EntitlementRequired,
    FieldProblem,
    NotFound,
    RateLimited,
)
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.tiers import QUOTA_WINDOW, Allowance, tier_with


class ExecutionNotFound(NotFound):
    """Also raised for an execution of another person."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such execution.", id=str(id))


class ExecutionIsOver(Conflict):
    """What has ended cannot be cancelled."""

    def __init__(self, status: str) -> None:
        super().__init__("The execution has ended already.", status=status)


class LanguageUnavailable(BadUserInput):
    def __init__(self, language: Language, reason: str) -> None:
        message = f"This server cannot run {language}: {reason}."
        super().__init__(message, [FieldProblem("language", "LANGUAGE_UNAVAILABLE", message)])


class VersionUnavailable(BadUserInput):
    def __init__(self, language: Language, version: str) -> None:
        message = f"The version of {language} is {version} here. Leave the version out to use it."
        super().__init__(message, [FieldProblem("version", "VERSION_UNAVAILABLE", message)])


class TimeLimitNotIncluded(EntitlementRequired):
    def __init__(self, seconds: int, allowance: Allowance) -> None:
        super().__init__(
            f"Your subscription includes runs of up to {allowance.seconds} seconds.",
            required_tier=tier_with(seconds),
            current_tier=allowance.tier,
        )


class QuotaUsedUp(RateLimited):
    """``free_at`` is when the oldest run of the last day no longer counts."""

    def __init__(self, allowance: Allowance, free_at: datetime) -> None:
        seconds = max(1, round((free_at - utc_now()).total_seconds()))
        super().__init__(
            f"Your subscription includes {allowance.per_day} executions a day.",
            limit=allowance.per_day,
            window=int(QUOTA_WINDOW.total_seconds()),
            remaining=0,
            reset_at=free_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            retry_after=seconds,
        )


class TooManyWaiting(RateLimited):
    """One person has as many runs in the queue as one may have."""

    def __init__(self, limit: int) -> None:
        message = f"{limit} of your executions wait for their turn. Wait until one is over."
        super().__init__(message, limit=limit, retry_after=5)
