"""What runs a program, whatever it isolates it with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from trellis.subgraphs.executions.languages import Language

MIB = 1 << 20


class Stream(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


class Outcome(StrEnum):
    """How a run ended. All but the first are failures."""

    COMPLETED = "completed"
    EXIT_CODE = "exit_code"
    COMPILATION = "compilation"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PROCESSES = "processes"
    OUTPUT = "output"
    DISK = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use. ``memory_bytes`` and ``processes`` (threads count) are those of all
    its processes together, ``output_bytes`` those of both streams, ``disk_bytes`` those of its
    files, which are kept in memory and gone afterwards."""

    seconds: float
    memory_bytes: int = 256 * MIB
    processes: int = 64
    output_bytes: int = MIB
    disk_bytes: int = 32 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    language: Language
    code: str
    stdin: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Result:
    """``exit_code`` is None for a program that was killed for exceeding a limit; one that died of
    a signal has 128 and its number. ``memory_bytes`` is the most that was measured at a time."""

    outcome: Outcome
    exit_code: int | None
    seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a language can be run here: ``version`` of what runs it, or why it cannot be."""

    version: str | None = None
    unavailable: str | None = None


class RunnerFailed(Exception):
    """The isolation could not be built, so the program was not started."""


Write = Callable[[Stream, bytes], None]
"""Takes output as it comes; it must not block."""


class Runner(Protocol):
    """Runs programs that nobody trusts. ``name`` is shown beside the languages."""

    name: str

    def support(self) -> Mapping[Language, Support]:
        """Every language, whether it can be run and by what. May start processes the first time:
        call it in a thread."""
        ...

    async def run(self, program: Program, write: Write) -> Result:
        """Run to the end; nothing of the program is left when this returns, and neither when it
        is cancelled. Raises ``RunnerFailed``."""
        ...
