"""The guide to adding a domain, done as it says in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.shared import ROOT
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

# The house is made once for all of them.
pytestmark = pytest.mark.xdist_group("adding a domain")

GUIDE = ROOT / "docs" / "adding-a-domain.md"
_FILE = re.compile(r"^`([\w/]+\.py)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IGNORED = shutil.ignore_patterns("__pycache__")

WRITE = "mutation($i: WriteNoteInput!) { writeNote(input: $i) { note { id } } }"
READ = """query($p: ID!, $n: ID!) {
  project(id: $p) { key notes(first: 5) { totalCount edges { node { text author { username } } } } }
  note(id: $n) { text project { key } } }"""
ENG = str(demo_id("project", "ENG"))


class House:
    """A copy of the repository that a domain was added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("db", "schema", "subgraphs", "tests/subgraphs", "tests/support"):
            shutil.copytree(ROOT / name, folder / name, ignore=_IGNORED)
        shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
        shutil.copytree(ROOT / "trellis", folder / "trellis", symlinks=True, ignore=_IGNORED)
        for name in ("router", "persisted_queries"):
            (folder / name).symlink_to(ROOT / name)
        for name in ("pyproject.toml", "trellis.toml"):
            shutil.copy(ROOT / name, folder)

    def run(self, *command: str) -> str:
        """What a command of the copy prints. Raises when it fails."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRELLIS_")}
        own = {
            "PYTHONPATH": str(self.folder),
            "TRELLIS_DATA_DIR": str(self.folder / "data"),
            "COLUMNS": "200",
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**inherited, **own},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def trellis(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "trellis.router", *arguments)

    def changed(self) -> set[str]:
        """Files that are not as they are in the repository, or not there."""
        return {
            str(file.relative_to(self.folder))
            for top in ("db", "schema", "subgraphs", "tests", "trellis.toml", "pyproject.toml")
            for file in _files(self.folder / top)
            if not _are_equal(file, ROOT / file.relative_to(self.folder))
        }


def _files(place: Path) -> Iterator[Path]:
    below = place.rglob("*") if place.is_dir() else [place]
    return (file for file in below if file.is_file() and file.suffix != ".pyc")


def _are_equal(file: Path, other: Path) -> bool:
    return other.is_file() and other.read_bytes() == file.read_bytes()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The copy after all steps of the guide."""
    guide = GUIDE.read_text(encoding="utf-8")
    house = House(tmp_path_factory.mktemp("house"))
    for name, code in _FILE.findall(guide):
        file = house.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(code, encoding="utf-8")
    (line,) = re.findall(r"^```toml\n(.*?\n)```$", guide, re.MULTILINE | re.DOTALL)
    settings = house.folder / "trellis.toml"
    text = settings.read_text(encoding="utf-8")
    before, table, after = text.partition("[subgraphs]\n")
    named, gap, rest = after.partition("\n\n")
    settings.write_text(f"{before}{table}{named}\n{line}{gap}{rest}", encoding="utf-8")
    for command in commands_of(guide)[0]:
        house.trellis(*command[1:])
    return house


def commands_of(guide: str) -> list[list[list[str]]]:
    """What the guide's blocks say to run: block by block, command by command."""
    blocks = re.findall(r"^```sh\n(.*?\n)```$", guide, re.MULTILINE | re.DOTALL)
    return [[shlex.split(line) for line in block.splitlines()] for block in blocks]


def test_a_domain_touches_its_folders_and_two_files_besides(house: House):
    own = ("subgraphs/notes/", "db/migrations/notes/", "tests/subgraphs/notes/")
    written_by_compose = {"schema/subgraphs/notes.graphql", "schema/supergraph.graphql"}

    changed = house.changed()

    assert {name for name in changed if not name.startswith(own)} - written_by_compose == {
        "trellis.toml",
        "schema/events/notes.py",
    }
    assert written_by_compose < changed
    assert len([name for name in changed if name.startswith(own)]) == 11


def test_its_migration_makes_what_its_models_say(house: House):
    (migration,) = (house.folder / "db/migrations/notes/versions").glob("*.py")

    made = re.findall(r"op\.create_table\('(\w+)'", migration.read_text(encoding="utf-8"))
    shared = {"inbox", "outbox", "consumer_position", "project", "project_member"}
    assert migration.name == "0001_first_tables.py"
    assert set(made) == {"note", *shared}


@pytest.fixture(scope="module")
def server(house: House) -> Iterator[TrellisServer]:
    """``trellis dev`` of the copy, on the databases that were seeded."""
    own = {"PYTHONPATH": str(house.folder), "TRELLIS_SCHEMA_DIR": str(house.folder / "sdl")}
    server = TrellisServer(house.folder, own, project=house.folder)
    server.start()
    yield server
    server.close()


def test_it_is_served_seeded_and_keeps_to_who_sees_what(server: TrellisServer):
    alan, hedy = (server.log_in(f"{who}@example.com") for who in ("alan", "hedy"))

    def write(token: str, text: str) -> dict[str, Any]:
        return server.query(WRITE, {"i": {"projectId": ENG, "text": text}}, token)

    note = write(alan, " Mind the gap. ")["data"]["writeNote"]["note"]["id"]
    refused = [write(alan, "x" * 2001), write(hedy, "x")]
    codes = [error["extensions"]["code"] for answer in refused for error in answer["errors"]]
    seen, unseen = (server.query(READ, {"p": ENG, "n": note}, who)["data"] for who in (alan, hedy))

    notes = [
        {"text": "Mind the gap.", "author": {"username": "alan"}},
        {"text": "Read this before you work on Analytical Engine.", "author": {"username": "ada"}},
    ]
    assert seen == {
        "project": {
            "key": "ENG",
            "notes": {"totalCount": 2, "edges": [{"node": note} for note in notes]},
        },
        "note": {"text": "Mind the gap.", "project": {"key": "ENG"}},
    }
    assert unseen == {"project": None, "note": None}
    assert codes == ["BAD_USER_INPUT", "NOT_FOUND"]


def test_the_tests_of_tenants_ask_it_too(house: House):
    _, [command] = commands_of(GUIDE.read_text(encoding="utf-8"))

    told = house.run(sys.executable, *command[1:], "-p", "no:cacheprovider", "-v")

    assert "1 passed" in told


def test_the_import_contracts_watch_it(house: House):
    lint = str(Path(sys.executable).with_name("lint-imports"))
    house.run(lint, "--no-cache")

    queries = house.folder / "subgraphs/notes/queries.py"
    code = queries.read_text(encoding="utf-8")
    for forbidden in ("issues.models", "notes.service"):
        queries.write_text(f"{code}\nimport trellis.subgraphs.{forbidden}\n", encoding="utf-8")
        with pytest.raises(AssertionError, match="BROKEN"):
            house.run(lint, "--no-cache")
    queries.write_text(code, encoding="utf-8")
    house.run(lint, "--no-cache")
