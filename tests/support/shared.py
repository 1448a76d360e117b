"""Where the federation test data lies that is not part of the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TRELLIS_TEST_DATA", ROOT.parent / "shared"))


def find_shared(name: str) -> Path | None:
    """The folder ``name`` of the test data, or None where this clone has none."""
    folder = SHARED / name
    return folder if folder.exists() else None


def shared_path(name: str) -> Path:
    """Like ``find_shared``, but skips the calling test with the reason."""
    folder = find_shared(name)
    if folder is None:
        pytest.skip(f"no test data {name!r} (looked in {SHARED}; set TRELLIS_TEST_DATA)")
    return folder
