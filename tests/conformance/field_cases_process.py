"""``python -m tests.conformance.field_cases_process SECONDS SCRIPT...``: runs the scripts of one
folder one after the other, each in a fork of this process, which has imported their common harness
and with it the router: that takes longer than the scripts do.

Writes a JSON array for each: its name, its exit status, all that it wrote.
"""

import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
from pathlib import Path

_HARNESS = "h"


def main() -> None:
    seconds, *scripts = sys.argv[1:]
    sys.path.insert(0, str(Path(scripts[0]).parent))
    importlib.import_module(_HARNESS)
    for script in map(Path, scripts):
        status, output = _run(script, int(seconds))
        sys.stdout.write(json.dumps([script.stem, status, output]) + "\n")
        sys.stdout.flush()


def _run(script: Path, seconds: int) -> tuple[int, str]:
    with tempfile.TemporaryFile() as written:
        pid = os.fork()
        if pid == 0:
            os.dup2(written.fileno(), 1)
            os.dup2(written.fileno(), 2)
            signal.alarm(seconds)  # a script that takes longer is ended
            os._exit(_status_of(script))
        _, status = os.waitpid(pid, 0)
        written.seek(0)
        output = written.read().decode(errors="replace")
    return os.waitstatus_to_exitcode(status), output


def _status_of(script: Path) -> int:
    """What the script would end a process of its own with."""
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # whatever the script raises is its result
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()
