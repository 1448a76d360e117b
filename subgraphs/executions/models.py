"""The tables of executions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from trellis.db.models import Timestamped, Versioned, enum_column, new_metadata
from trellis.db.personal_data import PersonId
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.runner import Stream
from trellis.subgraphs.executions.tiers import USUAL_SECONDS
from trellis.subgraphs.people_scope.people import PersonCopy

MAX_CODE = 100_000
MAX_STDIN = 10_000
MAX_VERSION = 50


class Base(SQLModel):
    metadata = new_metadata()


class Person(PersonCopy, Base, table=True):
    pass


class Subscription(Base, table=True):
    """The subscription of a person, from the last ``subscription.changed``. Without one, the tier
    is that of the token."""

    __tablename__ = "subscription"  # type: ignore[assignment]

    user_id: PersonId = Field(primary_key=True)
    tier: str = Field(max_length=32)
    ends_at: datetime | None = None
    changed_at: datetime


class ExecutionStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


class Failure(StrEnum):
    """Why a run failed."""

    EXIT_CODE = "exit_code"
    COMPILATION = "compilation"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PROCESSES = "processes"
    OUTPUT = "output"
    DISK = "disk"
    INTERRUPTED = "interrupted"
    SANDBOX = "sandbox"


WAITING_OR_RUNNING = (ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)


class Execution(Versioned, Timestamped, Base, table=True):
    """A run of somebody's code.

    ``due_at`` is its place in the queue, ``at_once`` how many runs of its owner may run side by
    side. The worker that runs it holds a lease: until ``lease_until`` no other worker takes it, and
    only the holder of ``lease_id`` may write its output and its end.
    """

    __tablename__ = "execution"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    owner_id: PersonId
    language: Language = Field(sa_type=enum_column(Language))  # type: ignore[arg-type]
    runtime_version: str | None = Field(default=None, max_length=MAX_VERSION)
    code: str = Field(sa_column=Column(Text, nullable=False))
    stdin: str = Field(default="", sa_column=Column(Text, nullable=False))
    seconds: int = USUAL_SECONDS
    tier: str = Field(max_length=32)
    due_at: datetime
    at_once: int
    status: ExecutionStatus = Field(
        default=ExecutionStatus.QUEUED,
        sa_type=enum_column(ExecutionStatus),  # type: ignore[arg-type]
    )
    failure: Failure | None = Field(
        default=None,
        sa_type=enum_column(Failure),  # type: ignore[arg-type]
        nullable=True,
    )
    exit_code: int | None = None
    execution_time_ms: int | None = None
    memory_used_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    started_at: datetime | None = None
    finished_at: datetime | None = None
    last_sequence: int = 0
    attempts: int = 0
    lease_id: UUID | None = None
    lease_until: datetime | None = None

    __table_args__ = (
        Index("ix_execution_owner", "owner_id", "created_at", "id"),
        Index("ix_execution_queue", "status", "due_at"),
    )


class OutputChunk(Base, table=True):
    """A piece of output. The numbers of the pieces of a run are one higher each, and what a
    subscription resumes after."""

    __tablename__ = "output_chunk"  # type: ignore[assignment]

    execution_id: UUID = Field(primary_key=True, foreign_key="execution.id", ondelete="CASCADE")
    sequence: int = Field(primary_key=True)
    owner_id: PersonId = Field(index=True)
    stream: Stream = Field(sa_type=enum_column(Stream))  # type: ignore[arg-type]
    text: str = Field(sa_column=Column(Text, nullable=False))
