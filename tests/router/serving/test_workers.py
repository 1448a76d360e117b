"""``--workers 2``: any worker shows what all of them have counted."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.metrics import Figures, read_figures
from tests.support.shared import ROOT
from tests.support.trellis_server import TrellisServer

SETTINGS = """
mode = "production"
[subgraphs]
catalog = "tests.support.shop:catalog"
[metrics]
networks = ["127.0.0.1"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrellisServer]:
    folder = tmp_path_factory.mktemp("workers")
    (folder / "trellis.toml").write_text(SETTINGS)
    command = ("serve", "--workers", "2")
    settings = {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    server = TrellisServer(folder, settings, project=folder, command=command)
    server.start()
    yield server
    server.close()


def ask(server: TrellisServer) -> None:
    """One operation on a connection of its own, which any worker may accept."""
    answer = server.query('{ product(sku: "1") { title } }')
    assert answer == {"data": {"product": {"title": "Product 1"}}}


def read(server: TrellisServer) -> Figures:
    return read_figures(httpx.get(f"{server.url}/metrics").text)


def test_workers_show_the_sum_of_what_they_have_counted(server: TrellisServer):
    for _ in range(30):
        ask(server)
    readings = [read(server) for _ in range(6)]
    counts = {one.of("http_requests_total", door="graphql", status="200") for one in readings}
    assert counts == {30}
    seconds = "http_request_duration_seconds_count"
    assert readings[0].of(seconds, door="graphql", service="router") == 30


def test_nothing_is_left_behind_when_they_have_stopped(server: TrellisServer):
    folder: Path = server.log_path.parent
    until = time.monotonic() + 20  # the second worker may start later than the first is ready
    while len(list(folder.glob("trellis-metrics-*/counter_*.db"))) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert server.stop() == 0
    assert not list(folder.glob("trellis-metrics-*"))
