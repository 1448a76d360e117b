"""What the runner and its warm processes say to one another: one JSON object a line."""

import json
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Literal

Outcome = Literal["survived", "killed", "timeout", "not swappable", "broken"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one test may take before it counts as hanging."""

    test: str
    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Run ``tests`` in this order until one fails, with ``text`` in the place of ``file``; without
    a file as everything is. ``files`` are the tests' files where they are not collected yet."""

    tests: tuple[Limit, ...]
    file: str = ""
    text: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """Run a test file and write to ``target`` which of its tests execute which lines."""

    test_file: str
    target: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial ended: by which test, why, and after how much processor time."""

    outcome: Outcome
    test: str = ""
    reason: str = ""
    cpu: float = 0.0
    tests_run: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """A process has imported what it needs."""

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
