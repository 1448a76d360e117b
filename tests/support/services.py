"""What this machine offers; a missing service skips, or fails where CI demands it."""

import os
import shutil

import pytest

SWITCH = "TRELLIS_REQUIRE_SERVICES"


def require(name: str, available: object, reason: str) -> None:
    """Skip the calling test when ``available`` is falsy; with ``TRELLIS_REQUIRE_SERVICES=1`` fail
    it instead, so that a machine meant to have everything cannot pass by skipping."""
    if available:
        return
    if os.environ.get(SWITCH) == "1":
        pytest.fail(f"{name} is required by {SWITCH}=1 but missing: {reason}", pytrace=False)
    pytest.skip(f"{name} is not here: {reason}")


def require_program(program: str) -> str:
    """The path of an executable; see ``require``."""
    path = shutil.which(program)
    require(program, path, f"no {program!r} on PATH")
    assert path is not None
    return path
