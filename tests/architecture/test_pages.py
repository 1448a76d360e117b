"""The pages name files, folders and other pages that exist."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.shared import ROOT

PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
DECISIONS = sorted(f"docs/decisions/{page.name}" for page in (ROOT / "docs/decisions").glob("*.md"))
FOLDERS = ("router", "subgraphs", "schema", "db", "tests", "docs", "persisted_queries")
# What a guide tells its reader to create.
CREATED = {
    "docs/adding-a-domain.md": "notes",
    "docs/rest-in-five-minutes.md": "books",
    "docs/your-own-graph.md": "reviews",
}

_CODE = re.compile(r"`([\w./*-]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@cache
def files() -> frozenset[str]:
    """All files of the repository's folders, each with every ending of its path."""
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.*"):
            parts = path.relative_to(ROOT).parts
            found |= {"/".join(parts[start:]) for start in range(len(parts))}
    return frozenset(found)


def missing_paths(page: str) -> Iterator[str]:
    """Paths in code spans: from the root if they begin with one of its folders, otherwise Python
    files that a sentence before has given the folder of."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in _CODE.findall(text):
        first, _, rest = name.partition("/")
        words = {part.partition(".")[0] for part in Path(name).parts}
        if CREATED.get(page) in words or any(word.isupper() for word in words):
            continue  # created by the reader, or with a placeholder
        if first in FOLDERS and rest:
            exists = any(ROOT.glob(name.rstrip("/"))) if "*" in name else (ROOT / name).exists()
        elif name.endswith(".py"):
            exists = name in files()
        else:
            continue
        if not exists:
            yield name


def missing_links(page: str) -> Iterator[str]:
    for target in _LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        if "://" not in target and not ((ROOT / page).parent / target).exists():
            yield target


@pytest.mark.parametrize("page", PAGES)
def test_paths_on_a_page_exist(page: str):
    assert list(missing_paths(page)) == []


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS])
def test_links_on_a_page_lead_to_files(page: str):
    assert list(missing_links(page)) == []


def test_the_tour_names_every_folder_of_the_router_and_every_subgraph():
    tour = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in (ROOT / "router").glob("*/__init__.py")}
    subgraphs = tomllib.loads((ROOT / "trellis.toml").read_text(encoding="utf-8"))["subgraphs"]
    assert len(folders) > 10
    assert len(subgraphs) == 16
    assert [name for name in sorted(folders) if f"{name}/" not in tour] == []
    assert [name for name in subgraphs if not re.search(rf"\b{name}\b", tour)] == []
