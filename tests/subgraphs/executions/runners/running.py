"""How tests of runners run a program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.runner import (
    Limits,
    Outcome,
    Program,
    Result,
    Runner,
    Stream,
)


@dataclass
class Ran:
    result: Result
    stdout: str
    stderr: str

    @property
    def outcome(self) -> Outcome:
        return self.result.outcome


async def run(
    runner: Runner,
    language: Language,
    code: str,
    *,
    stdin: str = "",
    limits: Limits | None = None,
    wrote: Callable[[], None] = lambda: None,
) -> Ran:
    """``wrote`` is called with each piece of output."""
    written = {stream: bytearray() for stream in Stream}

    def write(stream: Stream, text: bytes) -> None:
        written[stream] += text
        wrote()

    limits = limits or Limits(seconds=10)
    program = Program(language=language, code=code, stdin=stdin, limits=limits)
    result = await runner.run(program, write)
    texts = [bytes(written[stream]).decode(errors="replace") for stream in Stream]
    return Ran(result, *texts)


def children() -> set[int]:
    """The processes that this one has started and that are still there."""
    threads = Path("/proc/self/task").iterdir()
    return {int(id) for one in threads for id in (one / "children").read_text().split()}
