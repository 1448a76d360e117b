"""docker-compose.yml describes the distributed edition; every command in it works as written.

No container engine is needed: the file is parsed, and each service's command line runs directly,
with the addresses of throw-away PostgreSQL and Redis servers in place of the compose network's.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets
import yaml

from tests.support.product import SUBGRAPHS
from tests.support.servers import (
    free_port,
    postgres_program,
    throwaway_postgres,
    throwaway_redis,
    wait_until,
)
from tests.support.services import require, require_program
from tests.support.shared import ROOT
from tests.support.trellis_server import LOG_IN

pytestmark = pytest.mark.xdist_group("distributed_edition")

BOARD = """
query Board($first: Int!) {
  projects(first: 1) { edges { node {
    id name lead { displayName }
    issues(first: $first) { totalCount edges { node { id key version assignee { displayName } } } }
    tasks(first: $first) { totalCount edges { node { title createdBy { displayName } } } }
  } } }
}
"""
UPDATE = """
mutation Update($id: ID!, $input: UpdateIssueInput!) {
  updateIssue(id: $id, input: $input) { issue { id summary } }
}
"""
WORKFLOW = """
mutation Draw($project: ID!) {
  createWorkflow(input: {
    projectId: $project, name: "Tasks", issueTypes: ["Task"]
    states: [{name: "To Do", type: INITIAL}, {name: "Done", type: FINAL}]
    transitions: [{name: "Complete", fromState: "To Do", toState: "Done"}]
  }) { workflow { id } }
}
"""
ISSUE = """
mutation Report($project: ID!) {
  createIssue(input: {projectId: $project, summary: "Moved between processes"}) {
    issue { id status availableTransitions { id } }
  }
}
"""
EXECUTE = """
mutation Execute($input: ExecuteTransitionInput!) {
  executeTransition(input: $input) {
    execution { fromState toState workflow { name } }
    issue { status transitionExecutions { totalCount } }
  }
}
"""
REGISTER = "mutation($i: RegisterInput!) { register(input: $i) { user { id } } }"
FIRST_PASSWORD = "Wintergarten-71!"
# Seconds. Five are promised; a machine with much else to do may take longer to start asking.
SOON = 10
WATCH = "subscription Watch($project: ID!) { issueUpdated(projectId: $project) { id summary } }"


def compose_file() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_file_names_every_part_of_the_distributed_edition():
    services = compose_file()["services"]
    assert {"postgres", "redis", "router", *SUBGRAPHS} <= services.keys()
    for name, service in services.items():
        assert service.get("image"), f"{name} has no image"
        for dependency in service.get("depends_on", {}):
            assert dependency in services, f"{name} depends on unknown {dependency}"


def test_only_the_router_is_reachable_from_outside():
    services = compose_file()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["router"]


def test_every_setting_in_the_file_is_one_that_trellis_knows():
    from trellis.router.commands.settings_reference import local_subgraphs
    from trellis.router.config import settings_reference

    known = {f"TRELLIS_{key.upper().replace('.', '__')}" for key, _, _ in settings_reference()}
    known |= {f"TRELLIS_SUBGRAPHS__{name.upper()}" for name in SUBGRAPHS}
    known |= {setting.name for subgraph in local_subgraphs() for setting in subgraph.settings}
    for service in compose_file()["services"].values():
        for variable in service.get("environment", {}):
            if variable.startswith("TRELLIS_"):
                assert variable in known, variable


class Edition:
    """The services of the file as processes on loopback."""

    def __init__(self, folder: Path, postgres: str, redis: str) -> None:
        self.folder = folder
        self.services = compose_file()["services"]
        self.services["second-router"] = self.services["router"]
        self.ports = {name: free_port() for name in (*SUBGRAPHS, "router", "second-router")}
        self.replace = {
            "postgresql://trellis:trellis@postgres:5432/trellis": postgres,
            "redis://redis:6379/0": redis,
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
            timeout=120,
        )
        assert done.returncode == 0, f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}"

    def start(self, name: str) -> None:
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(name),
                env=self.environment(name),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        url = f"http://127.0.0.1:{self.ports[name]}/ready"

        def is_ready() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(url, timeout=2).status_code == 200
            return False

        wait_until(is_ready, process, 60, log)

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


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edition]:
    require("PostgreSQL", postgres_program("postgres"), "no server programs found")
    require_program("redis-server")
    with throwaway_postgres() as postgres, throwaway_redis() as redis:
        running = Edition(tmp_path_factory.mktemp("edition"), postgres, redis)
        try:
            running.run("migrate")
            running.run("seed")
            for name in (*SUBGRAPHS, "router", "second-router"):
                running.start(name)
            yield running
        finally:
            running.close()


@pytest.fixture(scope="module")
def token(edition: Edition) -> str:
    login = edition.ask(
        LOG_IN, {"email": "ada@example.com", "password": "trellis-demo"}, token=None
    )
    return str(login["login"]["accessToken"])


def test_a_query_over_three_subgraphs_is_answered(edition: Edition, token: str):
    project = edition.ask(BOARD, {"first": 3}, token)["projects"]["edges"][0]["node"]
    assert project["lead"]["displayName"]
    assert project["issues"]["totalCount"] > 3
    assert len(project["issues"]["edges"]) == 3
    assert project["tasks"]["totalCount"] > 3
    assert all(edge["node"]["createdBy"]["displayName"] for edge in project["tasks"]["edges"])


def test_seeding_again_changes_nothing(edition: Edition, token: str):
    before = edition.ask(BOARD, {"first": 5}, token)
    edition.run("migrate")
    edition.run("seed")
    assert edition.ask(BOARD, {"first": 5}, token) == before


def test_a_workflow_made_in_one_process_holds_in_another_at_once(edition: Edition, token: str):
    project = edition.ask(BOARD, {"first": 1}, token)["projects"]["edges"][0]["node"]["id"]
    workflow = edition.ask(WORKFLOW, {"project": project}, token)["createWorkflow"]["workflow"]
    issue = edition.ask(ISSUE, {"project": project}, token)["createIssue"]["issue"]
    assert issue["status"] == "To Do"
    [transition] = issue["availableTransitions"]
    ids = {"workflowId": workflow["id"], "transitionId": transition["id"]}
    done = edition.ask(EXECUTE, {"input": {**ids, "issueId": issue["id"]}}, token)
    assert done["executeTransition"] == {
        "execution": {"fromState": "To Do", "toState": "Done", "workflow": {"name": "Tasks"}},
        "issue": {"status": "Done", "transitionExecutions": {"totalCount": 1}},
    }


async def test_a_change_reaches_subscribers_in_other_processes(edition: Edition, token: str):
    project = edition.ask(BOARD, {"first": 1}, token)["projects"]["edges"][0]["node"]
    issue = project["issues"]["edges"][0]["node"]
    socket_url = edition.url.replace("http://", "ws://")
    protocol = websockets.Subprotocol("graphql-transport-ws")
    async with websockets.connect(socket_url, subprotocols=[protocol]) as socket:
        payload = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        operation = {"query": WATCH, "variables": {"project": project["id"]}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": operation}))
        for attempt in range(10):
            change = {"summary": f"Changed {attempt}", "version": issue["version"] + attempt}
            variables = {"id": issue["id"], "input": change}
            updated = await asyncio.to_thread(edition.ask, UPDATE, variables, token)
            assert updated["updateIssue"]["issue"]["summary"] == f"Changed {attempt}"
            with suppress(TimeoutError):
                message = json.loads(await asyncio.wait_for(socket.recv(), 2))
                assert message["type"] == "next", message
                assert message["payload"]["data"]["issueUpdated"]["id"] == issue["id"]
                return
        pytest.fail("no event arrived")


ENDINGS = {
    "signing out": ("leaving", "mutation { logout { message } }", {}),
    "another password": (
        "staying",
        "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { revokedSessions } }",
        {"i": {"currentPassword": FIRST_PASSWORD, "newPassword": "Sommerhaus-82!"}},
    ),
    "all other sessions": (
        "staying",
        "mutation { revokeAllSessions { revokedSessions } }",
        {},
    ),
    "being deactivated": (
        "admin",
        "mutation($id: ID!) { deactivateUser(id: $id) { user { id } } }",
        {},
    ),
}


@pytest.mark.parametrize("how", ENDINGS)
async def test_access_that_ends_at_one_router_ends_at_every_other(
    edition: Edition, token: str, how: str
):
    """Within five seconds, open sockets included, and for that session only unless the person is
    deactivated."""
    login = {"email": f"{uuid4().hex}@example.com", "password": FIRST_PASSWORD}
    user_id = edition.ask(REGISTER, {"i": login}, token=None)["register"]["user"]["id"]
    leaving, staying = (
        edition.ask(LOG_IN, login, token=None)["login"]["accessToken"] for _ in range(2)
    )
    by, ending, variables = ENDINGS[how]
    ender = {"leaving": leaving, "staying": staying, "admin": token}[by]
    both, me = ("router", "second-router"), "{ me { id } }"
    for name in both:
        assert edition.post(me, leaving, name).json() == {"data": {"me": {"id": user_id}}}
    protocol = websockets.Subprotocol("graphql-transport-ws")
    socket_url = edition.url_of("second-router").replace("http", "ws")
    async with websockets.connect(socket_url, subprotocols=[protocol]) as socket:
        payload = {"authorization": f"Bearer {leaving}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        started = time.monotonic()
        edition.ask(ending, variables or ({"id": user_id} if by == "admin" else {}), ender)
        async with asyncio.timeout(SOON):
            await socket.wait_closed()
        assert socket.close_code == 4403
        assert [await refused(edition, me, leaving, name) for name in both] == [True, True]
        assert time.monotonic() - started < SOON
    for name in both:
        expected = 401 if by == "admin" else 200
        assert edition.post(me, staying, name).status_code == expected


async def refused(edition: Edition, query: str, token: str, name: str) -> bool:
    """Whether it comes to that soon."""
    for _ in range(4 * SOON):
        if (await asyncio.to_thread(edition.post, query, token, name)).status_code == 401:
            return True
        await asyncio.sleep(0.25)
    return False


@pytest.mark.parametrize("path", ["/graphql", "/internal/revocations", "/internal/api-keys"])
def test_a_subgraph_answers_its_router_only(edition: Edition, token: str, path: str):
    for name in SUBGRAPHS:
        answer = httpx.post(
            f"http://127.0.0.1:{edition.ports[name]}{path}",
            json={"query": "{ __typename }"},
            headers={"authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "SERVICE_TOKEN_REQUIRED")
