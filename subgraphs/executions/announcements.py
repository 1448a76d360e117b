"""What every event about an execution begins with."""

from typing import TypedDict
from uuid import UUID

from trellis.schema.events.executions import (
    ExecutionCancelled,
    ExecutionCompleted,
    ExecutionEvent,
    ExecutionFailed,
)
from trellis.subgraphs.executions.models import Execution, ExecutionStatus


class About(TypedDict):
    """The fields of ``ExecutionEvent``."""

    execution_id: UUID
    owner_id: UUID
    language: str
    version: int


def about(execution: Execution) -> About:
    return {
        "execution_id": execution.id,
        "owner_id": execution.owner_id,
        "language": execution.language.value,
        "version": execution.version,
    }


def end_of(execution: Execution) -> ExecutionEvent:
    """The event of an execution that has ended."""
    common = about(execution)
    code, spent = execution.exit_code, execution.execution_time_ms
    if execution.status is ExecutionStatus.COMPLETED:
        return ExecutionCompleted(**common, exit_code=code, execution_time_ms=spent)
    if execution.status is ExecutionStatus.CANCELLED:
        return ExecutionCancelled(**common, exit_code=code, execution_time_ms=spent)
    assert execution.failure is not None
    reason = execution.failure.value
    return ExecutionFailed(**common, exit_code=code, execution_time_ms=spent, reason=reason)
