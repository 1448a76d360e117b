"""Messages between the runner and its pytest processes: one JSON array a line."""

import json
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Literal

Outcome = Literal["survived", "killed", "timeout", "not swappable", "broken"]


@dataclass(frozen=True, slots=True)
class Limit:
    """CPU and wall clock seconds after which a test counts as hanging."""

    test: str
    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Run ``tests`` in this order until one fails, with ``text`` as the content of ``file``, or
    unchanged without a file. ``files`` are the test files to collect in a cold process."""

    tests: tuple[Limit, ...]
    file: str = ""
    text: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """Run a test file, write to ``target`` which of its tests execute which lines."""

    test_file: str
    target: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial ended: by which test, why, after how much CPU time."""

    outcome: Outcome
    test: str = ""
    reason: str = ""
    cpu: float = 0.0
    tests_run: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """A process is ready for trials; or, to a cold one, the modules to preload."""

    tests: int = 0
    modules: list[str] = field(default_factory=list)


def write(stream: IO[str], message: Trial | Recording | Verdict | Ready) -> None:
    stream.write(json.dumps([type(message).__name__, asdict(message)]) + "\n")
    stream.flush()


def read(stream: IO[str]) -> Any:
    """The next message, or None at the end."""
    line = stream.readline()
    if not line:
        return None
    name, content = json.loads(line)
    if name == "Trial":
        limits = tuple(Limit(**limit) for limit in content["tests"])
        return Trial(limits, content["file"], content["text"], tuple(content["files"]))
    return {"Recording": Recording, "Verdict": Verdict, "Ready": Ready}[name](**content)
