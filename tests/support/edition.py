"""The distributed edition as ``docker-compose.yml`` describes it, without Docker.

The file is parsed, and each service's command line runs directly, with the addresses of throw-away
PostgreSQL and Redis servers in place of the compose network's.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.product import SUBGRAPHS
from tests.support.servers import free_port, wait_until
from tests.support.shared import ROOT

_SECONDS = 240
"""For a command, or until all services are ready: a machine may have much else to do."""


def compose_file() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def _is_ready(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=2).status_code == 200
    return False


class Edition:
    """The services of the file as processes on loopback."""

    def __init__(
        self, folder: Path, postgres: str, redis: str, settings: Mapping[str, str]
    ) -> None:
        """``settings`` are variables of the environment beside those in the file."""
        self.folder, self.settings = folder, settings
        self.services = compose_file()["services"]
        self.services["second-router"] = self.services["router"]
        self.ports = {name: free_port() for name in (*SUBGRAPHS, "router", "second-router")}
        self.replace = {
            "postgresql://trellis:trellis@postgres:5432/trellis": postgres,
            "redis://redis:6379/0": redis,
            "file:///var/lib/trellis": (folder / "shared").as_uri(),
        }
        for name in SUBGRAPHS:
            port = self._listed_port(name)
            self.replace[f"http://{name}:{port}/"] = f"http://127.0.0.1:{self.ports[name]}/"
        self.processes: list[subprocess.Popen[bytes]] = []

    def _listed_port(self, name: str) -> str:
        command = self.services[name]["command"]
        return str(command[command.index("--port") + 1])

    def environment(self, name: str) -> dict[str, str]:
        values = {k: v for k, v in os.environ.items() if not k.startswith("TRELLIS_")}
        for variable, value in self.services[name]["environment"].items():
            for listed, actual in self.replace.items():
                value = value.replace(listed, actual)
            values[variable] = value
        values |= self.settings
        values["TRELLIS_DATA_DIR"] = str(self.folder / name)
        values["TRELLIS_SCHEMA_DIR"] = str(self.folder / "schema")
        return values

    def command(self, name: str) -> list[str]:
        listed = list(self.services[name]["command"])
        assert listed[0] == "trellis"
        if "--port" in listed:
            listed[listed.index("--port") + 1] = str(self.ports[name])
            listed[listed.index("--host") + 1] = "127.0.0.1"
        return [str(Path(sys.executable).with_name("trellis")), *listed[1:]]

    def run(self, name: str) -> None:
        done = subprocess.run(
            self.command(name),
            check=False,
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}"

    def start(self, *names: str) -> None:
        """Start services side by side, and wait until each is ready."""
        started = [(name, self._started(name)) for name in names]
        for name, process in started:
            is_ready = partial(_is_ready, f"http://127.0.0.1:{self.ports[name]}/ready")
            wait_until(is_ready, process, _SECONDS, self._log(name))

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        with self._log(name).open("wb") as output:
            process = subprocess.Popen(
                self.command(name),
                env=self.environment(name),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def close(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(35)
            except subprocess.TimeoutExpired:
                process.kill()

    @property
    def url(self) -> str:
        return self.url_of("router")

    def url_of(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}/graphql"

    def post(self, query: str, token: str | None, name: str = "router") -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.post(self.url_of(name), json={"query": query}, headers=headers, timeout=30)

    def ask(self, query: str, variables: dict[str, Any], token: str | None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables}
        answer = httpx.post(self.url, json=body, headers=headers, timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]
