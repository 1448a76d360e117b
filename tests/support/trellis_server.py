"""A real `trellis dev` in its own process, on loopback and on a data folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.support.received_letters import LettersInFolder
from tests.support.servers import free_port, wait_until
from tests.support.shared import ROOT

DEMO_EMAIL, DEMO_PASSWORD = "ada@example.com", "trellis-demo"
LOG_IN = """
mutation LogIn($email: String!, $password: String!) {
  login(input: { email: $email, password: $password }) { accessToken }
}
"""


class TrellisServer:
    """Starts, stops, kills and restarts one server; ``folder`` has its data, SDL, log, letters.

    The environment of the test run is not inherited where it configures Trellis, so the server
    always runs on SQLite and in memory, unless ``settings`` says otherwise.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        project: Path = ROOT,
        program: Sequence[str | Path] = (sys.executable, "-m", "trellis.router"),
        command: Sequence[str] = ("dev",),
    ) -> None:
        """``project`` is where it runs, the folder with ``trellis.toml``; ``program`` is what is
        started as ``trellis``, and ``command`` what it is to do."""
        self._project = project
        self._program = [*program, *command]
        self.data_dir = folder / "data"
        self.log_path = folder / "server.log"
        self.letters = LettersInFolder(folder / "letters")
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.graphql_url = f"{self.url}/graphql"
        self.ws_url = f"ws://127.0.0.1:{self.port}/graphql"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRELLIS_")}
        self._environment = {
            **inherited,
            "PYTHONDONTWRITEBYTECODE": "",  # else each start would compile everything anew
            "TRELLIS_PORT": str(self.port),
            "TRELLIS_DATA_DIR": str(self.data_dir),
            "TRELLIS_SCHEMA_DIR": str(folder / "schema"),
            "TRELLIS_RATE_LIMIT__ENABLED": "false",
            "TRELLIS_MAIL_URL": self.letters.url,
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 240) -> float:
        """Start and wait until it answers ``/ready``; answers how many seconds that took.

        Raises RuntimeError with the log's end when it does not come up.
        """
        started = time.monotonic()
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                self._program,
                cwd=self._project,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._process = process
        wait_until(self.is_ready, process, seconds, self.log_path)
        return time.monotonic() - started

    def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/ready", timeout=2).status_code == 200
        return False

    def stop(self, *, seconds: float = 40) -> int:
        """SIGTERM, wait, and answer the exit status; SIGKILL when it does not end in time."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL to the server and whatever it started; nothing gets to say goodbye."""
        process = self._running()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def restart(self) -> float:
        """Start again on the same data, after ``stop`` or ``kill``; ends a running one first."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        return self.start()

    def close(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._running().pid

    def resident_megabytes(self) -> float:
        """What it takes of the machine's memory."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def processor_seconds(self) -> float:
        """The processor time that it has taken so far, without that of programs it has started."""
        numbers = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def count_connections(self) -> int:
        """How many TCP connections it has that are not closed, those in its queues among them."""
        text = Path("/proc/net/tcp").read_text()
        rows = [line.split() for line in text.splitlines()[1:]]
        address, established = f":{self.port:04X}", "01"
        return sum(row[1].endswith(address) and row[3] == established for row in rows)

    def query(
        self, query: str, variables: Mapping[str, Any] | None = None, token: str | None = None
    ) -> dict[str, Any]:
        """POST one operation and give the decoded answer, whatever its status."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables or {}}
        return httpx.post(self.graphql_url, json=body, headers=headers, timeout=30).json()

    def log_in(self, email: str = DEMO_EMAIL, password: str = DEMO_PASSWORD) -> str:
        """An access token."""
        answer = self.query(LOG_IN, {"email": email, "password": password})
        assert "errors" not in answer, answer
        return answer["data"]["login"]["accessToken"]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process
