"""Events about runs of code, in the stream of the subgraph ``executions``.

They report the progress of a run, never its code or output.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "executions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionEvent(Event):
    """``language`` is one of ``python``, ``javascript``, ``java``, ``go``, ``cpp``, ``rust``."""

    execution_id: UUID
    owner_id: UUID
    language: str
    version: int

    @property
    def key(self) -> str:
        return str(self.execution_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionQueued(ExecutionEvent):
    topic: ClassVar[str] = "execution.queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionStarted(ExecutionEvent):
    """A run whose worker was lost before it wrote anything starts a second time."""

    topic: ClassVar[str] = "execution.started"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionOutputWritten(ExecutionEvent):
    """``sequence`` is the number of the newest chunk of output; the chunks stay in the subgraph."""

    topic: ClassVar[str] = "execution.output_written"
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionEnded(ExecutionEvent):
    """``exit_code`` is null for a program that was killed, or that was never started."""

    exit_code: int | None
    execution_time_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionCompleted(ExecutionEnded):
    topic: ClassVar[str] = "execution.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFailed(ExecutionEnded):
    """``reason`` is ``timeout``, ``memory``, ``output`` and so on: the outcomes of the graph in
    lower case."""

    topic: ClassVar[str] = "execution.failed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionCancelled(ExecutionEnded):
    topic: ClassVar[str] = "execution.cancelled"


EXECUTION_CHANGES: tuple[type[ExecutionEvent], ...] = (
    ExecutionQueued,
    ExecutionStarted,
    ExecutionOutputWritten,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionCancelled,
)
"""Every event after which a run, or its output, is to be read again."""
