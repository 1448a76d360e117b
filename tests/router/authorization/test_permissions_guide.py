"""What ``docs/permissions.md`` shows is what happens."""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.shared import ROOT
from trellis.router.commands.cli import app
from trellis.router.commands.why_denied import Caller, open_graph
from trellis.router.config import load_config
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.schema.request import RequestContext

GUIDE = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for name, text in BLOCKS if name == kind]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith("TRELLIS_")]:
        monkeypatch.delenv(name)
    for name in ("DATA_DIR", "AUTH__ISSUER", "AUTH__AUDIENCE"):  # set by commands, then undone
        monkeypatch.setenv(f"TRELLIS_{name}", "x")
        monkeypatch.delenv(f"TRELLIS_{name}")
    (module,), (config,) = blocks("python"), blocks("toml")
    (tmp_path / "library.py").write_text(module, encoding="utf-8")
    (tmp_path / "trellis.toml").write_text(config, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("library", None)


async def test_the_example_answers_as_it_says(folder: Path):
    (query,), (said,) = blocks("graphql"), blocks("json")
    ada = Caller("ada", roles=("reader",))
    async with open_graph(load_config(folder / "trellis.toml"), ada) as (supergraph, identity):
        result = await answer(GraphQLRequest(query), RequestContext(identity), supergraph)
    assert result.to_dict() == json.loads(said)


def test_the_commands_say_what_it_says(folder: Path):
    commands = blocks("console")
    assert len(commands) == 2
    for block in commands:
        command, _, said = block.partition("\n")
        prompt, program, *arguments = shlex.split(command)
        assert (prompt, program) == ("$", "trellis")
        assert CliRunner().invoke(app, arguments).stdout == said


def test_its_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert targets
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target
