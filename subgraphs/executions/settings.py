"""What an installation may choose about running code, read from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from trellis.schema.environment import whole_number
from trellis.schema.subgraph import Setting

_RUNNER = "TRELLIS_EXECUTIONS_RUNNER"
_PARALLEL = "TRELLIS_EXECUTIONS_PARALLEL"
_KEEP_DAYS = "TRELLIS_EXECUTIONS_KEEP_DAYS"
_CACHE_DIR = "TRELLIS_EXECUTIONS_CACHE_DIR"
_RUNNERS = ("auto", "bubblewrap", "webassembly", "none")
_USUAL_DAYS = 30
_MOST_PARALLEL = 64

SETTINGS = (
    Setting(
        _RUNNER,
        "auto",
        "what runs code: `bubblewrap`, `webassembly` (JavaScript only), `none`, or `auto` for the "
        "first of these that works on the machine",
    ),
    Setting(
        _PARALLEL,
        "the number of processors",
        f"how many programs one process runs concurrently, from 0 (other processes do) to "
        f"{_MOST_PARALLEL}",
    ),
    Setting(
        _KEEP_DAYS,
        str(_USUAL_DAYS),
        "number of days after which executions are deleted with their code "
        "and output, from 1 to 365",
    ),
    Setting(
        _CACHE_DIR,
        "`~/.cache/trellis/executions`",
        "a folder for files that are prepared once per language, such as the "
        "compiled standard library of Go",
    ),
)


@dataclass(frozen=True, slots=True)
class ExecutionSettings:
    runner: str = "auto"
    parallel: int = 1
    keep_for: timedelta = timedelta(days=_USUAL_DAYS)
    cache_dir: Path = Path("~/.cache/trellis/executions")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """An empty variable counts as absent. Raises ``ValueError`` for what makes no sense."""
        runner = environ.get(_RUNNER) or "auto"
        if runner not in _RUNNERS:
            raise ValueError(f"{_RUNNER} must be one of {', '.join(_RUNNERS)}, not {runner!r}")
        processors = min(os.cpu_count() or 1, _MOST_PARALLEL)
        folder = environ.get(_CACHE_DIR) or "~/.cache/trellis/executions"
        days = whole_number(environ, _KEEP_DAYS, _USUAL_DAYS, least=1, most=365)
        return cls(
            runner=runner,
            parallel=whole_number(environ, _PARALLEL, processors, most=_MOST_PARALLEL),
            keep_for=timedelta(days=days),
            cache_dir=Path(folder).expanduser(),
        )
