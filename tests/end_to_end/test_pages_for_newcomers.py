"""The pages for newcomers: their files are written, their commands run, their outputs compared."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.services import require_program
from tests.support.shared import ROOT
from tests.support.shown import is_shown
from tests.support.trellis_server import TrellisServer

pytestmark = pytest.mark.xdist_group("server")

OUTPUTS = {"rest-in-five-minutes": 7, "your-own-graph": 2}
"""How many commands of each page are run."""
FENCE = re.compile(r"```(\w+)\n(.*?)```\n", re.S)
NAMED = re.compile(r"`([\w./-]+)`:\s*\Z")


@dataclass(frozen=True)
class Step:
    """A file to write, or commands to run with the output that the page shows."""

    text: str
    file: str | None = None
    shown: str = ""


def steps(page: str) -> Iterator[Step]:
    """Those of the page in reading order; what ``console`` shows, such as installing, is before."""
    waiting: str | None = None
    before = 0
    for fence in FENCE.finditer(page):
        language, text = fence.groups()
        follows = page[before : fence.start()] == ""
        before = fence.end()
        if language == "console":
            continue
        if language == "sh":
            if waiting is not None:
                yield Step(waiting)
            waiting = text
        elif waiting is not None and follows:
            yield Step(waiting, shown=text)
            waiting = None
        else:
            if waiting is not None:
                yield Step(waiting)
                waiting = None
            named = NAMED.search(page, 0, fence.start())
            assert named is not None, f"What is this for?\n{text}"
            yield Step(text, file=named[1])


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_page_does_what_it_says(name: str, tmp_path: Path):
    require_program("curl")
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    server = TrellisServer(tmp_path, project=project)
    ran = 0
    try:
        for step in steps(page):
            if step.file is not None:
                (project / step.file).parent.mkdir(parents=True, exist_ok=True)
                (project / step.file).write_text(step.text, encoding="utf-8")
            elif step.text == "trellis dev\n":
                server.restart()
            else:
                output = run(step.text, project, server)
                assert is_shown(step.shown, output), f"{step.text}\n{output}"
                ran += 1
    finally:
        server.close()
    assert ran == OUTPUTS[name]


def run(commands: str, project: Path, server: TrellisServer) -> str:
    folder = str(Path(sys.executable).parent)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRELLIS_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands.replace("localhost:4000", server.url[7:])],
        cwd=project,
        env={**inherited, "PATH": f"{folder}{os.pathsep}{inherited['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stderr}"
    return done.stdout
