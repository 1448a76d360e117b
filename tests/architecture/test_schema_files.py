"""The generated files in ``schema/`` are what the code of today would write."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_schema_files_are_fresh(tmp_path: Path):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRELLIS_")}
    done = subprocess.run(
        [sys.executable, "-m", "trellis.router", "compose", "--check"],
        cwd=ROOT,
        env={**inherited, "TRELLIS_DATA_DIR": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"run `make schema`:\n{done.stdout}{done.stderr}"
