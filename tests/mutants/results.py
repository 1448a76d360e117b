"""The results of all mutants, kept between runs in a file of JSON lines."""

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

State = Literal["killed", "survived", "no tests", "equivalent"]


@dataclass(frozen=True, slots=True)
class Result:
    """``basis`` is a digest of what the result depends on: the source, and the killing test's file
    or, for survivors, all files with relevant tests. Of ``known`` relevant tests, ``asked`` were
    run."""

    id: str
    file: str
    line: int
    function: str
    operator: str
    before: str
    after: str
    state: State
    basis: str = ""
    test: str = ""
    reason: str = ""
    cpu: float = 0.0
    asked: int = 0
    known: int = 0


class Results:
    """Append-only; the last line about a mutant counts."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._known: dict[str, Result] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # an interrupted run may leave half a line
                    result = Result(**json.loads(line))
                    self._known[result.id] = result

    def __iter__(self) -> Iterator[Result]:
        with self._lock:
            return iter(list(self._known.values()))

    def get(self, id: str) -> Result | None:
        return self._known.get(id)

    def add(self, result: Result) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")
            self._known[result.id] = result
