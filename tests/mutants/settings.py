"""Reads ``mutants.toml``: what is mutated, which tests are run."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Group:
    """Source files, and the share of their mutants that tests have to kill. ``finally_ask`` are
    test files that are asked at last, whatever they cost: random graphs and whole collections of
    plans, where no small test could see what they see."""

    name: str
    files: tuple[str, ...]
    at_least: float
    finally_ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    root: Path
    groups: tuple[Group, ...]
    tests: tuple[str, ...]
    ignored_tests: tuple[str, ...]
    unreliable_tests: tuple[str, ...]
    fixture_seconds: float
    needs_postgres: bool

    @classmethod
    def load(cls, root: Path, path: Path) -> "Settings":
        """Raises ``KeyError`` for what is missing in the file."""
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        groups = (
            Group(g["name"], tuple(g["files"]), g["at_least"], tuple(g.get("finally_ask", ())))
            for g in read["group"]
        )
        return cls(
            root,
            tuple(groups),
            tuple(read["tests"]),
            tuple(read.get("ignored_tests", ())),
            tuple(read.get("unreliable_tests", ())),
            read["fixture_seconds"],
            read.get("needs_postgres", False),
        )

    def source_files(self) -> dict[str, Group]:
        """Each file to mutate with its group, ordered by group and name."""
        found: dict[str, Group] = {}
        for group in self.groups:
            for pattern in group.files:
                for path in sorted(self.root.glob(pattern)):
                    found.setdefault(path.relative_to(self.root).as_posix(), group)
        return found

    def test_files(self) -> list[str]:
        """Every test file that may be run."""
        return [
            name
            for folder in self.tests
            for path in sorted((self.root / folder).rglob("test_*.py"))
            if not self._is_ignored(name := path.relative_to(self.root).as_posix())
        ]

    def is_reliable(self, test: str) -> bool:
        """Whether a test of these files may be run; ``test`` is its id."""
        return test.partition("[")[0] not in self.unreliable_tests

    def _is_ignored(self, name: str) -> bool:
        places = (*self.ignored_tests, *self.unreliable_tests)  # single tests match no file
        return any(name == place or name.startswith(f"{place}/") for place in places)


def mirror_distance(source_file: str, test_file: str) -> int:
    """How far a test file is from where the mirrored one would be: 0 is that file, 1 its folder,
    then the number of folders apart."""
    source, test = Path(source_file), Path(test_file)
    folders = test.parts[1:-1]
    wanted = source.parts[:-1]
    if folders == wanted and test.stem == f"test_{source.stem}":
        return 0
    shared = 0
    for one, other in zip(folders, wanted, strict=False):
        if one != other:
            break
        shared += 1
    return 1 + len(wanted) - shared + len(folders) - shared
