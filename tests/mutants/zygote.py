"""A pytest process that has collected the tests and forks for each mutant.

Started in a copy of the tree as ``python -m tests.mutants.zygote MODE COMMANDS REPLIES ARGS...``:
two file descriptors and pytest's arguments. Modes: ``warm`` forks after collection and replaces the
code of the mutated function; ``cold`` forks before collection, when only third-party modules are
imported; ``record`` is ``warm`` under coverage.
"""

import gc
import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import pytest

from tests.mutants.child import (
    BROKEN,
    NOT_SWAPPABLE,
    Reporter,
    end_with_parent,
    run_items,
)
from tests.mutants.messages import Ready, Recording, Trial, Verdict, read, write
from tests.mutants.recording import Recorder
from tests.mutants.swapping import LoadedFunctions, NotSwappable
from tests.mutants.watching import watch


class Zygote:
    """A pytest plugin that replaces the normal run."""

    def __init__(self, mode: str, commands: IO[str], replies: IO[str]) -> None:
        self._mode, self._commands, self._replies = mode, commands, replies
        self._root = Path.cwd()
        self._recorder = Recorder(self._root) if mode == "record" else None

    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """In mode ``cold`` fork before anything is collected."""
        if self._mode != "cold":
            return None
        wanted = read(self._commands)
        for name in wanted.modules:
            _import(name)
        self._freeze()
        write(self._replies, Ready())
        for trial in iter(lambda: read(self._commands), None):
            self._try_out(session, trial, None)
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """In the other modes fork when everything is imported and collected."""
        if self._mode == "cold":
            return True
        items = {item.nodeid: item for item in session.items}
        loaded = LoadedFunctions(self._root)
        self._freeze()
        write(self._replies, Ready(len(items), _modules_of_others(self._root)))
        for message in iter(lambda: read(self._commands), None):
            if isinstance(message, Recording):
                self._record(items.values(), message)
            else:
                self._try_out(session, message, (items, loaded))
        return True

    def _freeze(self) -> None:
        """Keep the garbage collector from touching, and so copying, pages shared with children."""
        gc.collect()
        gc.freeze()

    def _record(self, items: Iterable[pytest.Item], message: Recording) -> None:
        assert self._recorder is not None
        pid = os.fork()
        if pid == 0:
            end_with_parent()
            _leave_no_bytecode()
            chosen = [i for i in items if i.nodeid.split("::", 1)[0] == message.test_file]
            self._recorder.record(chosen, Path(message.target))
            os._exit(0)
        os.waitpid(pid, 0)
        write(self._replies, Verdict("survived"))

    def _try_out(
        self,
        session: pytest.Session,
        trial: Trial,
        warm: tuple[dict[str, pytest.Item], LoadedFunctions] | None,
    ) -> None:
        path = self._root / trial.file
        before = path.read_text(encoding="utf-8") if trial.file else ""
        if trial.file:
            path.write_text(trial.text, encoding="utf-8")  # for subprocesses of tests
        progress, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(progress)
            os.setsid()
            end_with_parent()
            _leave_no_bytecode()
            reporter = Reporter(writes)
            session.config.pluginmanager.register(reporter)
            items = _cold_items(session, trial) if warm is None else warm[0]
            if warm is not None and trial.file:
                _swap(warm[1], path, before, trial.text)
            chosen = [items[limit.test] for limit in trial.tests if limit.test in items]
            run_items(chosen, reporter)
            os._exit(0)
        os.close(writes)
        verdict = watch(pid, progress, trial.tests)
        os.close(progress)
        if trial.file:
            path.write_text(before, encoding="utf-8")
            os.utime(path, (0, 0))
        # Only now: the runner may ask another process of this tree as soon as it has the answer.
        write(self._replies, verdict)


def _swap(loaded: LoadedFunctions, path: Path, before: str, after: str) -> None:
    try:
        loaded.swap(path, before, after)
    except NotSwappable:
        os._exit(NOT_SWAPPABLE)


def _cold_items(session: pytest.Session, trial: Trial) -> dict[str, pytest.Item]:
    """Collect the trial's files. A module that no longer imports counts as a killed mutant."""
    try:
        items = session.perform_collect(list(trial.files))
    except BaseException:  # whatever an import may raise
        os._exit(BROKEN)
    if session.testsfailed:
        os._exit(BROKEN)
    return {item.nodeid: item for item in items if isinstance(item, pytest.Item)}


def _leave_no_bytecode() -> None:
    """Bytecode files belong to the unchanged tree; a mutant must not leave its own there."""
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def _modules_of_others(root: Path) -> list[str]:
    """Imported modules from outside this tree."""
    return [
        name
        for name, module in list(sys.modules.items())
        if (file := getattr(module, "__file__", None))
        and not Path(file).is_relative_to(root)
        and not name.startswith("_")
    ]


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:  # some are created by others at run time; preloading is optional
        sys.modules.pop(name, None)


def main() -> int:
    mode, commands, replies, *arguments = sys.argv[1:]
    reads, writes = os.fdopen(int(commands)), os.fdopen(int(replies), "w")
    return int(pytest.main(arguments, plugins=[Zygote(mode, reads, writes)]))


if __name__ == "__main__":
    sys.exit(main())
