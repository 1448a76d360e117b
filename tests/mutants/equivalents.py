"""Known equivalent mutants: ``equivalents.toml``."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.find import Mutant, squeezed

_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Equivalents:
    """Reasons by file, function, and lines before and after."""

    reasons: dict[_Key, str]

    @classmethod
    def load(cls, path: Path) -> "Equivalents":
        """Raises ``ValueError`` for an entry without a reason, ``KeyError`` for other gaps."""
        reasons: dict[_Key, str] = {}
        if path.exists():
            for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", []):
                key = (entry["file"], entry["function"], entry["before"], entry["after"])
                if not entry["reason"].strip():
                    raise ValueError(f"an equivalent mutant without a reason: {key}")
                reasons[key[0], key[1], squeezed(key[2]), squeezed(key[3])] = entry["reason"]
        return cls(reasons)

    def reason(self, mutant: Mutant) -> str | None:
        return self.reasons.get(_key(mutant))

    def stale(self, mutants: Iterable[Mutant]) -> list[_Key]:
        """Entries whose code is not there any more."""
        there = {_key(mutant) for mutant in mutants}
        return [key for key in self.reasons if key not in there]


def _key(mutant: Mutant) -> _Key:
    return mutant.file, mutant.function, squeezed(mutant.before), squeezed(mutant.after)
