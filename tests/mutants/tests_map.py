"""Which tests execute a line: recorded once per version of a test file, kept between runs."""

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.mutants.find import Mutant
from tests.mutants.settings import mirror_distance


@dataclass(frozen=True, slots=True)
class Timed:
    """A test, and the seconds it takes on the unchanged tree."""

    test: str
    cpu: float
    wall: float

    @property
    def file(self) -> str:
        return self.test.split("::", 1)[0]


class Record:
    """What one test file executed. ``texts`` has the digests of the sources at that time."""

    def __init__(self, content: Mapping[str, object], texts: Mapping[str, str]) -> None:
        tests: dict[str, Sequence[float]] = content["tests"]  # type: ignore[assignment]
        self.tests = [Timed(test, cpu, wall) for test, (cpu, wall) in tests.items()]
        self.unusable: list[str] = content["unusable"]  # type: ignore[assignment]
        self.imported: dict[str, list[int]] = content["imported"]  # type: ignore[assignment]
        self.lines: dict[str, dict[str, str]] = content["lines"]  # type: ignore[assignment]
        self.texts = texts

    def of_lines(self, file: str, lines: Iterable[int] | None) -> list[Timed]:
        """The tests that execute one of the lines, any line for None."""
        by_line = self.lines.get(file, {})
        bits = 0
        for line in by_line if lines is None else map(str, lines):
            bits |= int(by_line.get(line, "0"), 16)
        return [test for index, test in enumerate(self.tests) if bits >> index & 1]


class TestsMap:
    """The records of a folder. Line numbers of sources that have changed since are translated by
    diff; a new line counts as executed by the tests that execute its neighbours."""

    __test__ = False

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root
        (folder / "texts").mkdir(parents=True, exist_ok=True)
        self._records: dict[str, Record] = {}
        self._known_moves: dict[tuple[str, str], _Moves] = {}

    def missing(self, test_files: Iterable[str]) -> list[str]:
        """Test files without a record: new or changed ones."""
        return [name for name in test_files if not self.target(name).exists()]

    def target(self, test_file: str) -> Path:
        """The path of the record for the present version of a test file."""
        digest = _digest((self._root / test_file).read_text(encoding="utf-8"))
        return self._folder / f"{test_file.replace('/', '.')}-{digest}.json"

    def keep(self, test_file: str, sources: Iterable[str]) -> None:
        """Add to a record the versions of the sources it was made with."""
        target = self.target(test_file)
        if not target.exists():
            return
        content = json.loads(target.read_text())
        digests = {}
        for name in sources:
            text = (self._root / name).read_text(encoding="utf-8")
            digests[name] = digest = _digest(text)
            (self._folder / "texts" / digest).write_text(text, encoding="utf-8")
        executed = {*content["lines"], *content["imported"]}
        content["texts"] = {name: digests[name] for name in digests if name in executed}
        target.write_text(json.dumps(content))

    def load(self, test_files: Iterable[str]) -> None:
        for name in test_files:
            target = self.target(name)
            if target.exists():
                content = json.loads(target.read_text())
                self._records[name] = Record(content, content["texts"])

    def unusable(self) -> list[str]:
        """Tests that fail or are skipped on the tree as it is."""
        return [test for record in self._records.values() for test in record.unusable]

    def tests_of(self, mutant: Mutant) -> list[Timed]:
        """The tests that execute the mutant's statement; for code outside functions, the tests that
        execute anything of its file. Of what runs during import also those of the mirrored file:
        it may have run for a constant of theirs."""
        is_imported = self.runs_while_importing(mutant)
        found: list[Timed] = []
        for test_file, record in self._records.items():
            if is_imported and mirror_distance(mutant.file, test_file) == 0:
                found += record.tests
                continue
            lines = self._lines_then(record, mutant) if mutant.is_in_function else None
            found += record.of_lines(mutant.file, lines)
        return found

    def runs_while_importing(self, mutant: Mutant) -> bool:
        """Whether the statement runs before any test starts."""
        return any(
            not set(record.imported.get(mutant.file, ())).isdisjoint(
                self._lines_then(record, mutant)
            )
            for record in self._records.values()
        )

    def _lines_then(self, record: Record, mutant: Mutant) -> list[int]:
        digest = record.texts.get(mutant.file)
        if digest is None:
            return []
        return self._moves(mutant.file, digest).lines(mutant.first_line, mutant.last_line)

    def _moves(self, file: str, digest: str) -> "_Moves":
        moves = self._known_moves.get((file, digest))
        if moves is None:
            then = (self._folder / "texts" / digest).read_text(encoding="utf-8")
            now = (self._root / file).read_text(encoding="utf-8")
            moves = self._known_moves[file, digest] = _Moves(then, now)
        return moves


class _Moves:
    """Line numbers of a text in an earlier version of it."""

    def __init__(self, then: str, now: str) -> None:
        self._then, self._now = then, now

    @cached_property
    def _blocks(self) -> Sequence[tuple[str, int, int, int, int]]:
        matcher = difflib.SequenceMatcher(
            None, self._then.splitlines(), self._now.splitlines(), autojunk=False
        )
        return matcher.get_opcodes()

    def lines(self, first: int, last: int) -> list[int]:
        if self._then == self._now:
            return list(range(first, last + 1))
        return sorted(set(self._found(first - 1, last)))

    def _found(self, start: int, end: int) -> Iterator[int]:
        for kind, then_start, then_end, now_start, now_end in self._blocks:
            if now_start >= end or now_end <= start:
                continue
            if kind == "equal":
                for now in range(max(start, now_start), min(end, now_end)):
                    yield then_start + now - now_start + 1
            else:  # the changed lines and one on either side
                yield from range(max(then_start, 1), then_end + 2)


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()[:12]
