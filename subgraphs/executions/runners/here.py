"""Which runner this machine has."""

import logging
from collections.abc import Mapping

from trellis.schema.extras import MissingExtra, import_part
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners import bubblewrap
from trellis.subgraphs.executions.runners.runner import (
    Program,
    Result,
    Runner,
    RunnerFailed,
    Support,
    Write,
)
from trellis.subgraphs.executions.settings import ExecutionSettings

logger = logging.getLogger("trellis.executions")

_found: dict[ExecutionSettings, Runner] = {}


class NoRunner:
    """See ``Runner``: it runs nothing, and says why."""

    name = "none"

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def support(self) -> Mapping[Language, Support]:
        return {language: Support(unavailable=self._reason) for language in Language}

    async def run(self, program: Program, write: Write) -> Result:
        raise RunnerFailed(self._reason)


async def runner_here() -> Runner:
    """The runner of this machine by the settings of the environment, found when it is first asked
    for. Raises ``ValueError`` for settings that make no sense."""
    settings = ExecutionSettings.from_environment()
    if settings not in _found:
        _found[settings] = await find_runner(settings)
    return _found[settings]


async def find_runner(settings: ExecutionSettings) -> Runner:
    """The first that works among those that the settings allow."""
    reasons = []
    if settings.runner in ("auto", "bubblewrap"):
        why_not = await bubblewrap.why_not()
        if why_not is None:
            return bubblewrap.Bubblewrap(settings.cache_dir, settings.parallel)
        logger.warning("no sandbox for programs: %s", why_not)
        reasons.append(why_not)
    if settings.runner in ("auto", "webassembly"):
        try:
            module = import_part("trellis.subgraphs.executions.runners.webassembly", "demo")
            return module.WebAssembly("; ".join(reasons) or None)
        except MissingExtra as missing:
            reasons.append(str(missing))
    return NoRunner("; ".join(reasons) or "running code is switched off")
