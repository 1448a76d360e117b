"""Known equivalents are found by their text, need a reason, and have to be there."""

from pathlib import Path

import pytest

from tests.mutants.equivalents import Equivalents
from tests.mutants.find import find_mutants
from tests.mutants.settings import Settings
from tests.mutants.source import Source

ROOT = Path(__file__).resolve().parents[2]
ENTRY = """
[[equivalent]]
file = "m.py"
function = "f"
before = "return  a > 1"
after = "return (a >= 1)"
reason = "{reason}"
"""


def load(folder: Path, reason: str) -> Equivalents:
    path = folder / "equivalents.toml"
    path.write_text(ENTRY.format(reason=reason))
    return Equivalents.load(path)


def test_a_fault_has_the_reason_of_the_entry_with_its_text_wherever_it_stands(tmp_path: Path):
    known = load(tmp_path, "a is never 1")

    found = find_mutants(Source("m.py", "X = 1\n\n\ndef f(a):\n    return a > 1\n"))

    assert [known.reason(m) for m in found if m.edit.operator == "comparison"] == ["a is never 1"]
    assert {known.reason(m) for m in found if m.edit.operator != "comparison"} == {None}
    assert known.stale(found) == []


def test_an_entry_whose_code_has_changed_is_stale(tmp_path: Path):
    known = load(tmp_path, "a is never 1")

    found = find_mutants(Source("m.py", "def f(a):\n    return a > 2\n"))

    assert [key[:2] for key in known.stale(found)] == [("m.py", "f")]


def test_an_entry_without_a_reason_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="without a reason"):
        load(tmp_path, " ")


def test_the_known_equivalents_of_this_tree_are_still_there():
    here = Path(__file__).parent
    known = Equivalents.load(here / "equivalents.toml")
    files = set(Settings.load(ROOT, here / "mutants.toml").source_files())

    assert {key[0] for key in known.reasons} <= files
    found = [
        mutant
        for name in {key[0] for key in known.reasons}
        for mutant in find_mutants(Source(name, (ROOT / name).read_text(encoding="utf-8")))
    ]
    assert known.stale(found) == []
