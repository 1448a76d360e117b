"""The HTTP sink of logs: batches, retries, a bounded buffer, and nobody who waits."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr, ValidationError

from tests.support.metrics import figures_here
from trellis.router.config import Config, Logs
from trellis.router.serving.log_sink import LogSink, SinkHandler
from trellis.router.serving.logs import configure_logs
from trellis.router.serving.request_log import request_log
from trellis.router.web.request_record import RequestRecord

URL = "http://logs.example/logs"


class Collector:
    """Takes what is posted; ``statuses`` are its first answers, an exception is raised."""

    def __init__(self, *statuses: int | Exception) -> None:
        self.statuses = list(statuses)
        self.bodies: list[bytes] = []
        self.has_got = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def post(self, body: bytes, _seconds: float) -> int:
        self.bodies.append(body)
        self.has_got.set()
        assert self.may_answer.wait(20)
        status = self.statuses.pop(0) if self.statuses else 204
        if isinstance(status, Exception):
            raise status
        return status

    @property
    def lines(self) -> list[Any]:
        return [line for body in self.bodies for line in orjson.loads(body)]


def sink_of(collector: Collector, service: str, **settings: Any) -> LogSink:
    given = {"sink_url": URL, "flush_seconds": 0.02, **settings}
    return LogSink(Logs.model_validate(given), service, collector.post)


def counts(service: str) -> tuple[float, float]:
    found = figures_here()
    return tuple(found.of(f"log_lines_{one}_total", service=service) for one in ("sent", "dropped"))  # type: ignore[return-value]


def test_lines_are_sent_together_and_in_order():
    collector = Collector()
    sink = sink_of(collector, "test_order", flush_seconds=30)
    for number in range(2_500):
        sink.put(f'{{"n":{number}}}')
    assert collector.bodies == []
    sink.close()
    assert [line["n"] for line in collector.lines] == list(range(2_500))
    assert len(collector.bodies) == 3
    assert counts("test_order") == (2_500, 0)


def test_what_waits_is_sent_every_two_seconds_and_three_times_again():
    """Requirement S4-LOG-01."""
    assert (Logs().flush_seconds, Logs().retries) == (2, 3)


def test_a_batch_is_sent_again_when_the_collector_fails():
    # The second is what a socket raises for a port that does not exist.
    collector = Collector(httpx.ConnectError("refused"), OverflowError("port must be 0-65535"))
    sink = sink_of(collector, "test_again")
    sink.put('{"n":1}')
    for _ in range(500):
        if counts("test_again")[0]:
            break
        time.sleep(0.02)
    sink.close()
    assert collector.bodies == [b'[{"n":1}]'] * 3
    assert counts("test_again") == (1, 0)


@pytest.mark.parametrize(("status", "retries", "tries"), [(503, 1, 2), (429, 1, 2), (400, 3, 1)])
def test_a_batch_that_is_not_taken_is_dropped_and_counted(status: int, retries: int, tries: int):
    collector, service = Collector(*[status] * tries), f"test_drop_{status}"
    sink = sink_of(collector, service, retries=retries)
    sink.put('{"n":1}')
    for _ in range(500):
        if counts(service)[1]:
            break
        time.sleep(0.02)
    assert counts(service) == (0, 1)
    assert len(collector.bodies) == tries
    collector.bodies.clear()
    sink.put('{"n":2}')  # it goes on
    sink.close()
    assert collector.lines[-1] == {"n": 2}


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [({"buffer_lines": 10}, 10), ({"buffer_bytes": 1_000}, 10)],
    ids=["lines", "bytes"],
)
def test_who_logs_never_waits_and_the_buffer_is_bounded(bounds: dict[str, int], kept: int):
    collector, service = Collector(), f"test_bound_{next(iter(bounds))}"
    collector.may_answer.clear()  # it hangs
    sink = sink_of(collector, service, **bounds)
    line = orjson.dumps("x" * 98).decode()
    sink.put(line)
    assert collector.has_got.wait(20)
    began = time.perf_counter()
    for _ in range(5_000):
        sink.put(line)
    assert time.perf_counter() - began < 2
    # What is being sent takes room, too.
    assert counts(service) == (0, 5_000 - (kept - 1))
    collector.may_answer.set()
    sink.close()
    assert counts(service)[0] == kept


def test_closing_waits_for_no_retries():
    collector = Collector(*[503] * 9)
    sink = sink_of(collector, "test_close", flush_seconds=30)
    sink.put('{"n":1}')
    began = time.perf_counter()
    sink.close()
    assert time.perf_counter() - began < 2
    assert (len(collector.bodies), counts("test_close")) == (1, (0, 1))


def test_loki_gets_streams():
    collector = Collector()
    sink = sink_of(collector, "test_loki", sink_format="loki")
    before = time.time_ns()
    sink.put('{"event":"é"}')
    sink.close()
    [stream] = orjson.loads(collector.bodies[0])["streams"]
    assert stream["stream"] == {"service": "test_loki"}
    [[at, text]] = stream["values"]
    assert before <= int(at) <= time.time_ns()
    assert text == '{"event":"é"}'


def test_the_token_is_sent_and_not_shown():
    settings = Logs(sink_url=URL, sink_token=SecretStr("hush"))
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("url", ["logs.example", "http://logs.example:port/", "https://[::1"])
def test_the_sink_has_a_valid_address(url: str):
    with pytest.raises(ValidationError, match="sink_url"):
        Logs(sink_url=url)


@pytest.fixture
def usual_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("usual_logs")
@pytest.mark.parametrize("mode", ["development", "production"])
def test_all_lines_come_as_json_requests_among_them(mode: str):
    collector = Collector()
    settings = Logs(sink_url=URL, requests=True)
    config = Config.model_validate({"mode": mode, "logs": settings})
    configure_logs("info", for_people=config.is_development, settings=settings, service="shop")
    handler = next(one for one in logging.getLogger().handlers if isinstance(one, SinkHandler))
    handler.sink = sink_of(collector, "test_lines", flush_seconds=30)
    logging.getLogger("library").warning("from a library")
    write = request_log(config, "shop", {"/graphql": "graphql"})
    assert write is not None
    record = RequestRecord("graphql")
    record.status, record.operation = 200, "Board"
    scope = {"type": "http", "path": "/graphql", "method": "POST", "trellis.request_id": "r1"}
    write(scope, record, 0.0123456)
    handler.close()
    library, request = collector.lines
    assert (library["event"], library["level"]) == ("from a library", "warning")
    assert {name: request[name] for name in ("event", "path", "status", "ms", "operation")} == {
        "event": "request",
        "path": "/graphql",
        "status": 200,
        "ms": 12.35,
        "operation": "Board",
    }
    assert (request["request_id"], request["logger"]) == ("r1", "trellis.requests")


@pytest.mark.usefixtures("usual_logs")
def test_a_batch_that_is_dropped_is_logged_beside_the_sink_only():
    collector = Collector(*[401] * 9)
    settings = Logs(sink_url=URL)
    configure_logs("info", for_people=False, settings=settings, service="shop")
    handler = next(one for one in logging.getLogger().handlers if isinstance(one, SinkHandler))
    handler.sink = sink_of(collector, "test_own_lines", flush_seconds=30)
    logging.getLogger("library").warning("from a library")
    handler.close()
    assert [line["event"] for line in collector.lines] == ["from a library"]
    assert counts("test_own_lines") == (0, 1)


@pytest.mark.parametrize(
    ("settings", "is_written"),
    [
        ({"mode": "production"}, True),
        ({"mode": "development"}, False),
        ({"mode": "development", "logs": {"requests": True}}, True),
        ({"mode": "production", "logs": {"requests": False}}, False),
        ({"mode": "production", "log_level": "warning"}, False),
    ],
)
def test_requests_are_logged_in_production(settings: dict[str, Any], is_written: bool):
    config = Config.model_validate(settings)
    assert (request_log(config, "router", {}) is not None) == is_written
