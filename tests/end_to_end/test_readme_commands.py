"""What README and the guides tell people to type: it exists, it runs, it answers."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import free_port, wait_until
from tests.support.services import require_program
from tests.support.shared import ROOT
from tests.support.trellis_server import TrellisServer

pytestmark = pytest.mark.xdist_group("server")

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1):4000")
# Programs that no first start may need: each is replaced by one that tells on its caller.
NOT_NEEDED = ("node", "npm", "redis-server", "postgres", "psql", "docker", "uv")


def commands(*programs: str) -> list[str]:
    """The commands of all shell blocks that call one of these programs, in reading order."""
    return [line for line in _shell_lines() if shlex.split(line, comments=True)[:1][0] in programs]


def _shell_lines() -> Iterator[str]:
    for document in DOCUMENTS:
        for block in re.findall(r"```(?:sh|bash)\n(.*?)```", document.read_text("utf-8"), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip() and not line.strip().startswith("#"):
                    yield line.strip().removeprefix("$ ")


def test_every_make_target_that_is_named_exists():
    require_program("make")
    for command in commands("make"):
        done = subprocess.run(
            [*shlex.split(command, comments=True), "--dry-run"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_every_trellis_command_that_is_named_knows_its_options():
    for command in commands("trellis", ".venv/bin/trellis"):
        words = shlex.split(command, comments=True)
        options = [word.partition("=")[0] for word in words if word.startswith("-")]
        done = subprocess.run(
            [sys.executable, "-m", "router", words[1], "--help"],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert [option for option in options if option not in done.stdout] == [], command


def test_every_call_that_is_shown_is_answered_without_errors(server: TrellisServer):
    calls = [line for line in _shell_lines() if "curl" in line]
    if not calls:
        return
    require_program("curl")
    address = server.url.removeprefix("http://")
    # One script, since a later call may use the token that an earlier one kept in a variable.
    script = "\n".join(f"{ADDRESS.sub(address, line)}\necho" for line in calls)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            assert "errors" not in json.loads(line), line


@pytest.mark.long
def test_a_fresh_clone_runs_by_one_command_and_needs_nothing_but_python_and_make(
    tmp_path: Path,
):
    clone, port, log = tmp_path / "clone", free_port(), tmp_path / "log"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, timeout=60)
    traps = tmp_path / "traps"
    traps.mkdir()
    called = tmp_path / "called"
    for program in NOT_NEEDED:
        (traps / program).write_text(f"#!/bin/sh\necho {program} >> {called}\nexit 97\n")
        (traps / program).chmod(0o755)

    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TRELLIS_", "PYTHON"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "dev", f"PYTHON={sys.executable}"],
            cwd=clone,
            env={
                **inherited,
                "PATH": f"{traps}{os.pathsep}{os.environ['PATH']}",
                "TRELLIS_PORT": str(port),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = TrellisServer(tmp_path, port=port)
        wait_until(server.is_ready, process, 280, log)
        assert server.query("{ me { email } }", token=server.log_in()) == {
            "data": {"me": {"email": "ada@example.com"}}
        }
        assert not called.exists(), called.read_text()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
