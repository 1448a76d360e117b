"""Schemathesis against a running server, in a process of its own: it changes global state."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.shared import ROOT

DOCUMENTS = ROOT / "schema" / "openapi"
MERGED = "openapi"
PHASES = ("examples", "coverage", "fuzzing", "stateful")

_HOOKS = "tests.conformance.rest_openapi.hooks"


@dataclass(frozen=True, slots=True)
class Callers:
    """Accounts with the same rights: when one can no longer sign in, the next one goes on."""

    emails: tuple[str, ...]
    password: str


def documents() -> list[str]:
    """The names of all documents; ``MERGED`` is of what is served without a prefix."""
    return sorted(path.stem for path in DOCUMENTS.glob("*.json"))


def fuzz(
    document: str,
    server: str,
    callers: Callers | None,
    folder: Path,
    *,
    examples: int,
    seed: int | None = None,
    phases: tuple[str, ...] = PHASES,
) -> str:
    """What schemathesis finds wrong, by all of its checks; empty when it finds nothing.

    Without a ``seed`` each run does the same. ``folder`` is for whatever it writes.
    """
    prefix = "" if document == MERGED else f"/{document}"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(DOCUMENTS / f"{document}.json")),
        *("--url", server + prefix, "--checks", "all", "--phases", ",".join(phases)),
        *("--max-examples", str(examples)),
        *(
            ["--generation-deterministic"]
            if seed is None
            else ["--seed", str(seed), "--generation-database", "none"]
        ),
        *("--suppress-health-check", "all", "--request-timeout", "30"),
        *("--warnings", "off", "--output-truncate", "false", "--no-color"),
    ]
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=_environment(server, callers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout


def _environment(server: str, callers: Callers | None) -> dict[str, str]:
    given = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": _HOOKS,
        "FUZZED_SERVER": server,
    }
    if callers is not None:
        emails = " ".join(callers.emails)
        given |= {"FUZZING_CALLERS": emails, "FUZZING_PASSWORD": callers.password}
    return given
