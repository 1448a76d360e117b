"""The ``trellis`` command line: what it says, writes and answers with its exit status."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import orjson
import pytest
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.library import SUPERGRAPH
from tests.support.servers import free_port, wait_until
from tests.support.shared import ROOT
from trellis.router.commands.cli import app
from trellis.router.commands.run import print_welcome
from trellis.router.config import Config

SHOP = """
[subgraphs]
catalog = "tests.support.shop:catalog"
stock = "tests.support.shop:stock"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("TRELLIS_")]:
        monkeypatch.delenv(name)
    for name in ("DATA_DIR", "AUTH__ISSUER", "AUTH__AUDIENCE"):  # set by commands, then undone
        monkeypatch.setenv(f"TRELLIS_{name}", "x")
        monkeypatch.delenv(f"TRELLIS_{name}")
    (tmp_path / "trellis.toml").write_text(SHOP, encoding="utf-8")
    return tmp_path


def run(*arguments: str | Path, status: int = 0) -> tuple[str, str]:
    """Runs a command; its standard output and error, lines joined where the console wraps."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    return result.stdout, result.stderr


def test_the_help_names_every_command():
    text, _ = run("--help")
    for command in ("dev", "serve", "subgraph", "compose", "plan"):
        assert f"│ {command} " in text
    assert "Start with trellis dev" in text


def test_compose_writes_the_schemas_once(folder: Path):
    config = folder / "trellis.toml"
    run("compose", "--check", "-c", config, status=1)
    assert not (folder / "schema").exists()
    _, said = run("compose", "-c", config)
    assert said.count("wrote") == 3
    assert (folder / "schema" / "subgraphs" / "catalog.graphql").exists()
    _, said = run("compose", "-c", config)
    assert "2 subgraphs compose" in said
    run("compose", "--check", "-c", config)


def test_compose_reads_the_usual_supergraph_yaml(folder: Path):
    (folder / "a.graphql").write_text("type Query { a: Int }", encoding="utf-8")
    (folder / "supergraph.yaml").write_text(
        "federation_version: =2.9\n"
        "subgraphs:\n"
        "  a:\n"
        "    routing_url: http://a.example/graphql\n"
        "    schema: {file: ./a.graphql}\n",
        encoding="utf-8",
    )
    sdl, _ = run("compose", "--config", folder / "supergraph.yaml")
    assert '@join__graph(name: "a", url: "http://a.example/graphql")' in sdl
    run("compose", "--config", folder / "supergraph.yaml", "-o", folder / "out.graphql")
    assert (folder / "out.graphql").read_text(encoding="utf-8") == sdl


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("subgraphs: {}", "needs `subgraphs:`"),
        ("subgraphs: {a: {routing_url: x}}", "subgraphs.a needs `schema:"),
        ("subgraphs: {a: {schema: {file: no.graphql}}}", "subgraphs.a: cannot read no.graphql"),
        ("subgraphs: {a: {schema: {sdl: x}}}", "needs `file` or `subgraph_url`"),
        ("subgraphs: [", "supergraph.yaml"),
    ],
)
def test_a_wrong_supergraph_yaml_is_explained(folder: Path, yaml: str, message: str):
    (folder / "supergraph.yaml").write_text(yaml, encoding="utf-8")
    _, said = run("compose", "--config", folder / "supergraph.yaml", status=2)
    assert message in said


def test_subgraphs_that_do_not_fit_are_explained_with_python_lines(folder: Path):
    with (folder / "trellis.toml").open("a") as file:
        file.write('prices = "tests.router.loading.test_composed:PRICES"\n')
    _, said = run("compose", "-c", folder / "trellis.toml", status=1)
    assert "FIELD_TYPE_MISMATCH" in said
    assert "at tests/support/shop.py:" in said
    assert "at tests/router/loading/test_composed.py:" in said


def test_plan_shows_the_fetches(folder: Path):
    query = '{ product(sku: "1") { title stock } }'
    text, _ = run("plan", query, "-c", folder / "trellis.toml")
    assert "catalog" in text
    assert "stock" in text
    (folder / "query.graphql").write_text(query, encoding="utf-8")
    assert run("plan", folder / "query.graphql", "-c", folder / "trellis.toml")[0] == text
    nested, _ = run("plan", query, "--format", "tree", "-c", folder / "trellis.toml")
    assert nested.startswith("QueryPlan {")
    steps, _ = run("plan", query, "--format", "json", "-c", folder / "trellis.toml")
    assert [step["service"] for step in orjson.loads(steps)["steps"]] == ["catalog", "stock"]


def test_plan_explains_what_is_wrong_with_the_operation(folder: Path):
    _, said = run("plan", "{ produkt { sku } }", "-c", folder / "trellis.toml", status=1)
    assert "Cannot query field 'produkt' on type 'Query'" in said
    _, said = run("plan", "nowhere.graphql", "-c", folder / "trellis.toml", status=2)
    assert "`nowhere.graphql` is neither a GraphQL document nor a readable file" in said


def test_a_wrong_configuration_is_status_2(folder: Path):
    (folder / "trellis.toml").write_text("prot = 1", encoding="utf-8")
    for command in ("dev", "serve", "compose"):
        _, said = run(command, "-c", folder / "trellis.toml", status=2)
        assert "unknown key `prot` (did you mean `port`?)" in said


def test_a_port_in_use_is_explained(folder: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, said = run("dev", "-c", folder / "trellis.toml", "--port", str(port), status=2)
    assert "Choose another with --port" in said


class Running:
    """A command in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trellis.router", *arguments],
                cwd=ROOT,
                env={k: v for k, v in os.environ.items() if not k.startswith("TRELLIS_")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_for(self, url: str) -> None:
        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(url, timeout=2, trust_env=False).status_code == 200
            return False

        wait_until(answers, self.process, 60, self.log)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def started(folder: Path) -> Iterator[list[Running]]:
    commands: list[Running] = []
    yield commands
    for command in commands:
        if command.process.poll() is None:
            command.process.kill()
            command.process.wait()


def test_dev_serves_everything_and_says_where(folder: Path, started: list[Running]):
    port = free_port()
    server = Running(folder, "dev", "-c", str(folder / "trellis.toml"), "--port", str(port))
    started.append(server)
    server.wait_for(f"http://127.0.0.1:{port}/ready")
    body = {"query": '{ product(sku: "abc") { stock } }'}
    answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=body, trust_env=False)
    assert answer.json() == {"data": {"product": {"stock": 3}}}
    assert server.stop() == 0
    said = server.log.read_text(encoding="utf-8")
    assert f"http://127.0.0.1:{port}/graphql" in said
    assert "catalog, stock" in said
    assert "Traceback" not in said


def test_a_router_and_subgraphs_in_processes_of_their_own(folder: Path, started: list[Running]):
    config = str(folder / "trellis.toml")
    ports = {name: free_port() for name in ("catalog", "stock", "router")}
    for name in ("catalog", "stock"):
        started.append(Running(folder, "subgraph", name, "-c", config, "--port", str(ports[name])))
    remote = folder / "remote.toml"
    remote.write_text(
        "[subgraphs]\n"
        f'catalog = "http://127.0.0.1:{ports["catalog"]}/graphql"\n'
        f'stock = "http://127.0.0.1:{ports["stock"]}/graphql"\n',
        encoding="utf-8",
    )
    router = Running(folder, "serve", "-c", str(remote), "--port", str(ports["router"]))
    started.append(router)
    url = f"http://127.0.0.1:{ports['router']}"
    router.wait_for(f"{url}/ready")
    body = {"query": '{ product(sku: "abc") { title stock } }'}
    answer = httpx.post(f"{url}/graphql", json=body, trust_env=False)
    assert answer.json() == {"data": {"product": {"title": "Product abc", "stock": 3}}}
    assert [server.stop() for server in started] == [0, 0, 0]


def test_several_workers_share_the_port(folder: Path, started: list[Running]):
    port = free_port()
    config = str(folder / "trellis.toml")
    arguments = ("--port", str(port), "--workers", "2", "--mode", "production")
    server = Running(folder, "serve", "-c", config, *arguments)
    started.append(server)
    url = f"http://127.0.0.1:{port}"
    server.wait_for(f"{url}/ready")
    for _ in range(4):
        body = {"query": "{ warehouses }"}
        answer = httpx.post(f"{url}/graphql", json=body, trust_env=False)
        assert answer.json() == {"data": {"warehouses": 2}}
    assert server.stop() == 0
    assert "events of their own worker only" in server.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["development", "production"])
def test_links_lead_to_the_server_that_made_them(folder: Path, started: list[Running], mode: str):
    (folder / "trellis.toml").write_text(
        '[subgraphs]\nlinks = "tests.support.links:links"\n', encoding="utf-8"
    )
    port = free_port()
    arguments = ("--port", str(port), "--mode", mode)
    server = Running(folder, "serve", "-c", str(folder / "trellis.toml"), *arguments)
    started.append(server)
    url = f"http://127.0.0.1:{port}"
    server.wait_for(f"{url}/ready")

    answer = httpx.post(f"{url}/graphql", json={"query": "{ link }"}, trust_env=False)

    assert answer.json() == {"data": {"link": url}}
    assert server.stop() == 0
    log = server.log.read_text(encoding="utf-8")
    assert ("TRELLIS_PUBLIC_URL" in log) == (mode == "production")


def test_stopping_closes_open_sockets_in_order(folder: Path, started: list[Running]):
    port = free_port()
    server = Running(folder, "dev", "-c", str(folder / "trellis.toml"), "--port", str(port))
    started.append(server)
    server.wait_for(f"http://127.0.0.1:{port}/ready")
    protocols = [Subprotocol("graphql-transport-ws")]
    with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocols) as client:
        client.send('{"type": "connection_init"}')
        assert client.recv(timeout=5) == '{"type":"connection_ack"}'
        assert server.stop() == 0
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1012
    assert "Traceback" not in server.log.read_text(encoding="utf-8")


def test_the_help_of_compose_names_every_file_it_writes() -> None:
    done = CliRunner().invoke(app, ["compose", "--help"], env={"COLUMNS": "200"})

    for written in ("supergraph.graphql", "subgraphs/NAME.graphql", "openapi/DIALECT.json"):
        assert f"schema/{written}" in done.output


SMALL = """
subgraphs:
  a:
    routing_url: http://a
    schema: {file: a.graphql}
"""


def test_composing_to_a_file_writes_nothing_when_it_only_checks(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")
    config, output = tmp_path / "supergraph.yaml", tmp_path / "out.graphql"
    config.write_text(SMALL)
    command = ["compose", "--config", str(config), "--output", str(output)]

    missing = CliRunner().invoke(app, [*command, "--check"])
    assert (missing.exit_code, missing.stderr.startswith("missing: ")) == (1, True)
    assert not output.exists()
    assert CliRunner().invoke(app, command).exit_code == 0
    assert "type Query" in output.read_text()
    assert CliRunner().invoke(app, [*command, "--check"]).exit_code == 0
    output.write_text("older")
    stale = CliRunner().invoke(app, [*command, "--check"])
    assert (stale.exit_code, stale.stderr.startswith("stale: ")) == (1, True)
    assert output.read_text() == "older"


def test_a_file_that_cannot_be_written_is_said_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")
    config = tmp_path / "supergraph.yaml"
    config.write_text(SMALL)

    done = CliRunner().invoke(
        app, ["compose", "--config", str(config), "--output", str(tmp_path / "no" / "x.graphql")]
    )

    assert done.exit_code == 2
    assert "cannot be written" in done.output


def test_a_supergraph_file_is_welcomed_with_the_subgraphs_that_it_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "supergraph.graphql"
    file.write_text(SUPERGRAPH, encoding="utf-8")

    print_welcome(Config(supergraph=file, data_dir=folder), "http://127.0.0.1:4000", seeds=False)

    said = " ".join(capsys.readouterr().err.split())
    assert "Subgraphs books (http://books.test), readers (http://readers.test)" in said


def test_a_variable_that_is_missing_leads_to_the_option(tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"
    file.write_text(SUPERGRAPH, encoding="utf-8")
    query = "query ($x: Boolean!) { books @include(if: $x) { title } }"
    result = CliRunner().invoke(app, ["plan", query, "--supergraph", str(file)])
    assert result.exit_code == 1
    assert "Pass it in --variables, a JSON object." in result.stderr
