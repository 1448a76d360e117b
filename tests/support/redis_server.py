"""A Redis of one's own that can be frozen, stopped and started again on the same port."""

import shutil
import signal
import subprocess
from pathlib import Path

from tests.support.servers import free_port, wait_until
from tests.support.services import require_program


class RedisServer:
    """Nothing is written to disk: a server that comes back has forgotten everything."""

    def __init__(self, folder: Path) -> None:
        self._program = require_program("redis-server")
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        log = self._folder / "redis.log"
        log.write_bytes(b"")
        with log.open("wb") as output:
            process = self._process = subprocess.Popen(
                [self._program, "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
                + ["--appendonly", "no", "--dir", str(self._folder)],
                stdout=output,
                stderr=output,
            )
        wait_until(lambda: b"eady to accept connections" in log.read_bytes(), process, 10, log)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def stop(self) -> None:
        process = self._running()
        process.kill()
        process.wait(10)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it was not started"
        return self._process
