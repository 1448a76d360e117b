"""What README and the guides tell people to type: it exists, it runs, it answers."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.servers import free_port, wait_until
from tests.support.services import require_program
from tests.support.shared import ROOT
from tests.support.shown import is_shown
from tests.support.trellis_server import TrellisServer
from trellis.router.commands.cli import app

pytestmark = pytest.mark.xdist_group("server")

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1):4000")
GROUPS = ("db", "rest")
_OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
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
    named = commands("make")
    assert {"dev", "help", "test"} <= {shlex.split(command)[1] for command in named}
    for command in named:
        done = subprocess.run(
            [*shlex.split(command, comments=True), "--dry-run"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("PYTHON=python-of-nobody", "There is no python-of-nobody; set PYTHON=... to Python 3.11"),
        ("PYTHON=false", "make: ***"),
        (f"PYTHON={sys.executable}", "The packages were not installed. If the package index"),
    ],
    ids=["no python", "a python that fails", "no packages"],
)
def test_a_setup_that_fails_says_why(setting: str, message: str, tmp_path: Path):
    require_program("make")
    python = tmp_path / "venv" / "bin" / "python"  # in place of pip without a network
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    # As in a shell: below `make test`, make would say which level it is on.
    outside = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    done = subprocess.run(
        ["make", "setup", f"VENV={tmp_path / 'venv'}", setting],
        cwd=ROOT,
        env=outside,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert not (tmp_path / "venv" / ".installed").exists()


def test_every_trellis_command_that_is_named_knows_its_options():
    named = commands("trellis", ".venv/bin/trellis")
    assert {"ask", "dev", "plan", "rest"} <= {shlex.split(command)[1] for command in named}
    for command in named:
        words = shlex.split(command, comments=True)
        options = [word.partition("=")[0] for word in words if word.startswith("-")]
        called = words[1:3] if words[1] in GROUPS else words[1:2]
        shown = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [*called, "--help"])
        assert shown.exit_code == 0, f"{command}: {shown.output}"
        assert [option for option in options if option not in shown.output] == [], command


def test_what_the_readme_shows_is_what_one_gets(server: TrellisServer):
    """All shell blocks of the README that have an output run in order, as one session."""
    require_program("curl")
    address = server.url.removeprefix("http://")
    blocks = _shown_blocks()
    assert len(blocks) >= 4
    # One script, since a later block uses the token that an earlier one kept in a variable.
    marker = "---- next block ----"
    script = f"\necho '{marker}'\n".join(ADDRESS.sub(address, command) for command, _ in blocks)
    script = script.replace(".venv/bin/trellis", "trellis")
    folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "400",
            "TRELLIS_PORT": str(server.port),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outputs = done.stdout.split(marker)
    for (command, shown), output in zip(blocks, outputs, strict=True):
        assert is_shown(shown, output), f"{command}\n{output}"


def test_the_program_in_the_readme_prints_what_is_shown(tmp_path: Path):
    found = re.findall(
        r"```python\n(.*?)```\n```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S
    )
    assert len(found) == 1
    for program, shown in found:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, shown), done.stderr


def _shown_blocks() -> list[tuple[str, str]]:
    """(commands, output shown for them); a block without output, such as signing in, shows ""."""
    text = (ROOT / "README.md").read_text("utf-8")
    pattern = r"```sh\n(.*?)```\n(?:```(?:json|text)\n(.*?)```)?"
    blocks = [(m[1], m[2] or "") for m in re.finditer(pattern, text, re.S)]
    return [(command, shown) for command, shown in blocks if "make " not in command]


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
