"""Copies of the tree to mutate, and the pytest processes in each."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.mutants.messages import Ready, Recording, Trial, read, write

PYTEST_OPTIONS = ("-n0", "-q", "-p", "no:cacheprovider", "-p", "no:xdist.looponfail")


class Died(Exception):
    """A pytest process has ended unexpectedly; the message is the end of its log."""


def copy_tree(root: Path, target: Path) -> None:
    """Copy what git would commit from the working tree; link the environment and test data."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source, copy = root / name, target / name
        if source.is_symlink():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(source.readlink())
            continue
        if not source.is_file():
            continue  # deleted, not yet committed
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        # Bytecode is matched with its source by size and modification time in seconds: a mutant
        # written within the same second must not look unchanged.
        os.utime(copy, (0, 0))
    for beside, link in ((root / ".venv", target / ".venv"), (root.parent / "shared", None)):
        link = link or target.parent / beside.name
        if beside.exists() and not link.exists():
            link.symlink_to(beside.resolve())


class Process:
    """A zygote in a copy of the tree."""

    def __init__(
        self, tree: Path, mode: str, arguments: Sequence[str], environment: dict[str, str]
    ) -> None:
        commands, self._to = os.pipe()
        self._from, replies = os.pipe()
        self._log = tree.parent / f"{mode}.log"
        scratch = tree.parent / "scratch"
        options = [*PYTEST_OPTIONS, f"--basetemp={scratch}", *arguments]
        command = [sys.executable, "-m", "tests.mutants.zygote", mode, str(commands), str(replies)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                cwd=tree,
                env={**os.environ, **environment},
                pass_fds=(commands, replies),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        os.close(commands)
        os.close(replies)
        self._commands = os.fdopen(self._to, "w")
        self._replies = os.fdopen(self._from)

    def ready(self) -> Ready:
        """Wait until everything is imported."""
        return self._answer()

    def tell(self, message: Ready) -> None:
        write(self._commands, message)

    def ask(self, message: Trial | Recording) -> Any:
        """Raises ``Died``."""
        try:
            write(self._commands, message)
        except BrokenPipeError as broken:
            raise Died(self._log_end()) from broken
        return self._answer()

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._commands.close()
        self._process.terminate()
        self._process.wait()
        self._replies.close()

    def _answer(self) -> Any:
        message = read(self._replies)
        if message is None:
            raise Died(self._log_end())
        return message

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]


class Workshop:
    """One copy of the tree. At most one of its processes works at a time."""

    def __init__(
        self, root: Path, name: str, environment: dict[str, str], test_files: Sequence[str]
    ) -> None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix=f"mutants-{name}-", dir=memory))
        self.tree = self._folder / "tree"
        self.tree.mkdir()
        copy_tree(root, self.tree)
        # The copy comes first in every subprocess of a test, whatever its working directory.
        paths = os.pathsep.join((str(self.tree), str(root)))
        self._environment = {**environment, "PYTHONPATH": paths}
        self._test_files = list(test_files)
        self._warm: Process | None = None
        self._cold: Process | None = None
        self._recorder: Process | None = None
        self._modules: list[str] = []

    def warm(self) -> Process:
        if self._warm is None:
            self._warm = Process(self.tree, "warm", self._test_files, self._environment)
            self._modules = self._warm.ready().modules
        return self._warm

    def cold(self) -> Process:
        if self._cold is None:
            self.warm()
            self._cold = Process(self.tree, "cold", (), self._environment)
            self._cold.tell(Ready(modules=self._modules))
            self._cold.ready()
        return self._cold

    def recorder(self, sources: Sequence[str]) -> Process:
        if self._recorder is None:
            environment = {**self._environment, "MUTANTS_SOURCES": os.pathsep.join(sources)}
            self._recorder = Process(self.tree, "record", self._test_files, environment)
            self._recorder.ready()
        return self._recorder

    def close(self) -> None:
        for process in (self._warm, self._cold, self._recorder):
            if process is not None:
                process.close()
        shutil.rmtree(self._folder, ignore_errors=True)
