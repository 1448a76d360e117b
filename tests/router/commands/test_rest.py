"""``trellis rest``: the list of routes, and files to start from."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trellis.router.commands.cli import app

CONFIG = """
[subgraphs]
books = "tests.support.books:books"
authors = "tests.support.books:authors"
"""
AUTHOR = """query Author($id: ID!) @rest(method: GET, path: "/authors/{id}") {
  author(id: $id) { id name }
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("TRELLIS_")]:
        monkeypatch.delenv(name)
    for name in ("DATA_DIR", "AUTH__ISSUER", "AUTH__AUDIENCE"):  # set by commands, then undone
        monkeypatch.setenv(f"TRELLIS_{name}", "x")
        monkeypatch.delenv(f"TRELLIS_{name}")
    (tmp_path / "trellis.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    command = ["rest", *arguments, "-c", str(folder / "trellis.toml")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == status, result.output
    return result.stdout, result.stderr


def test_routes_are_listed_with_where_they_come_from(folder: Path):
    text, _ = run(folder, "routes")
    lines = [line.split(maxsplit=4) for line in text.splitlines()]
    assert lines[0] == ["METHOD", "PATH", "DIALECT", "OPERATION", "FROM"]
    assert ["GET", "/books/{id}", "plain", "Book"] in [line[:4] for line in lines]
    book = next(line[4] for line in lines if line[3] == "Book")
    assert book.startswith("generated from Query.book (tests/support/books.py:")
    facts = json.loads(run(folder, "routes", "--json")[0])
    assert [(one["method"], one["path"], one["generated"]) for one in facts][:3] == [
        ("GET", "/authors/{id}", True),
        ("GET", "/books", True),
        ("POST", "/books", True),
    ]


def test_generate_prints_operations(folder: Path):
    everything, _ = run(folder, "generate")
    assert everything.count("@rest(") == 7
    one, _ = run(folder, "generate", "Query.author")
    head, _, text = one.partition("\n")
    assert head.endswith("persisted_queries/rest/plain/authors/author.graphql")
    assert text.rstrip() == AUTHOR.rstrip()
    assert run(folder, "generate", "author")[0] == one


def test_generate_writes_files_that_are_served_then(folder: Path):
    _, said = run(folder, "generate", "author", "--write")
    file = folder / "persisted_queries/rest/plain/authors/author.graphql"
    assert said == f"wrote {file}\n"
    assert file.read_text(encoding="utf-8") == AUTHOR
    _, said = run(folder, "generate", "author", "--write", status=2)
    assert "`author` has no generated operation; these have: Mutation.addBook" in said
    facts = json.loads(run(folder, "routes", "--json")[0])
    author = next(one for one in facts if one["path"] == "/authors/{id}")
    assert (author["generated"], author["source"]) == (False, f"{file}:1")


def test_generate_overwrites_nothing(folder: Path):
    file = folder / "persisted_queries/rest/plain/authors/author.graphql"
    file.parent.mkdir(parents=True)
    mine = AUTHOR.replace("/authors/", "/writers/")
    file.write_text(mine, encoding="utf-8")
    _, said = run(folder, "generate", "author", "--write", status=2)
    assert "exists already" in said
    assert file.read_text(encoding="utf-8") == mine


def test_what_is_wrong_is_told_with_its_line(folder: Path):
    with (folder / "trellis.toml").open("a", encoding="utf-8") as config:
        config.write('wrong = "tests.support.books:wrong"\n')
    for command in ("routes", "generate"):
        _, said = run(folder, command, status=2)
        assert "Query.wrong (tests/support/books.py:" in said
        assert "the path names {key}" in said


def test_a_graph_without_such_fields_is_told_so(folder: Path):
    toml = '[subgraphs]\ncatalog = "tests.support.shop:catalog"\n'
    (folder / "trellis.toml").write_text(toml, encoding="utf-8")
    assert "No field with @rest" in run(folder, "generate")[1]
    assert json.loads(run(folder, "routes", "--json")[0]) == []
