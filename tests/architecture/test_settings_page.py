"""docs/settings.md is fresh, and tells of every variable that the product reads."""

import re
from pathlib import Path

import pytest

from trellis.router.commands.settings_reference import local_subgraphs, settings_markdown

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "settings.md"
_QUOTED_NAME = re.compile(r'"(TRELLIS_[A-Z_]*[A-Z])"')


def test_the_settings_page_is_fresh(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    assert PAGE.read_text(encoding="utf-8") == settings_markdown(local_subgraphs())


def test_every_variable_that_the_code_reads_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    # `limits.depth` stands below [limits] as `depth`, and is TRELLIS_LIMITS__DEPTH.
    told = set(re.findall(r"`(TRELLIS_[A-Z_]+)`", text))
    for section in re.split(r"^## ", text, flags=re.MULTILINE):
        table = re.match(r"\[(\w+)\]", section)
        prefix = f"TRELLIS_{table[1].upper()}__" if table else "TRELLIS_"
        told |= {prefix + key.upper() for key in re.findall(r"^\| `(\w+)`", section, re.MULTILINE)}
    read = {
        name
        for package in ("router", "schema", "db", "subgraphs")
        for path in (ROOT / package).rglob("*.py")
        if "node_modules" not in path.parts
        for name in _QUOTED_NAME.findall(path.read_text(encoding="utf-8"))
    }
    assert "TRELLIS_MAIL_URL" in read
    assert read - told == set()
