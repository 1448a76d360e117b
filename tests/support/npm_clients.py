"""Runs the scripts of ``tests/end_to_end/clients`` under Node and reads what they print."""

import fcntl
import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.services import require, require_program
from tests.support.shared import ROOT

CLIENTS = ROOT / "tests" / "end_to_end" / "clients"


def run_client(script: str, **settings: Any) -> Any:
    """Run ``script`` with the settings as one JSON argument; answers the JSON that it prints.

    Skips (or fails, see ``services.require``) where Node or the npm packages are missing.
    """
    node = require_program("node")
    install_clients()
    done = subprocess.run(
        [node, str(CLIENTS / script), json.dumps(settings, default=str)],
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{script} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def require_chromium() -> Path:
    """The browser of the operating system; nothing is downloaded."""
    return Path(require_program("chromium"))


def install_clients() -> None:
    """Install the npm clients, unless they are there; see ``install_packages``."""
    install_packages(CLIENTS)


@cache
def install_packages(folder: Path) -> None:
    """Install what the lock file of ``folder`` names, unless it is there.

    Skips (or fails, see ``services.require``) where npm is missing or cannot install.
    """
    npm = require_program("npm")
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes run side by side
        if _is_installed(folder):
            return
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=folder,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    require(f"the npm packages of {folder.name}", done.returncode == 0, done.stderr[-500:])


def _is_installed(folder: Path) -> bool:
    # npm writes its own record of what is installed when it is done.
    installed, wanted = folder / "node_modules/.package-lock.json", folder / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime
