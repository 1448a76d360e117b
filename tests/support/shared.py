"""Where the federation test data lies that is not part of the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SWITCH = "TRELLIS_TEST_DATA"
SHARED = Path(os.environ.get(SWITCH, ROOT.parent / "shared"))


def find_shared(name: str) -> Path | None:
    """The folder ``name`` of the test data, or None where this clone has none."""
    folder = SHARED / name
    return folder if folder.exists() else None


def shared_path(name: str) -> Path:
    """Like ``find_shared``, but a test that misses its data is skipped with the reason. It fails
    where ``TRELLIS_TEST_DATA`` says that there is some.

    ``TRELLIS_REQUIRE_SERVICES`` asks for no data: a service can be installed on any machine, what
    lies outside of the repository cannot. The skips are counted at the end of the run.
    """
    folder = find_shared(name)
    if folder is None:
        missing = f"no test data {name!r} in {SHARED}"
        if SWITCH in os.environ:
            pytest.fail(f"{missing}, where {SWITCH} says it is", pytrace=False)
        pytest.skip(f"{missing} (set {SWITCH})")
    return folder
