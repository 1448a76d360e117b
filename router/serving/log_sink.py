"""Sends log lines to an HTTP collector, in batches and from a thread of its own.

Who logs never waits: a line is put into a bounded buffer, or dropped and counted if that is full.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx
import orjson

from trellis.router.config import Logs
from trellis.schema.metrics import ServiceMetrics

log = logging.getLogger("trellis.log_sink")

_BATCH_LINES = 1_000
_BATCH_BYTES = 1_000_000
_SECONDS = 10.0  # for one batch; the collector of document 004 has as long
_PAUSES = (0.5, 1.0, 2.0, 4.0)
# At the end of the process: as long as an orchestrator surely waits after SIGTERM.
_LAST_SECONDS = 3.0


class Line(NamedTuple):
    """One line, and when it was written in nanoseconds since 1970."""

    data: bytes
    at: int


Post = Callable[[bytes, float], int]
"""Sends a body within so many seconds and returns the status, or raises what kept it from that."""


class LogSink:
    """The buffer and the thread, which starts with the first line.

    A batch is sent ``retries`` times again when the collector cannot be reached or answers 429 or
    5xx; other statuses mean that it will never take it. Then it is dropped and counted.
    """

    def __init__(self, settings: Logs, service: str, post: Post | None = None) -> None:
        """``post`` replaces HTTP in tests."""
        self._settings = settings
        self._service = service
        self._post = post or _poster(settings)
        self._lock = threading.Lock()
        self._waiting: deque[Line] = deque()
        self._bytes = 0  # also of the batch that is being sent
        self._lines = 0
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        metrics = ServiceMetrics(service)
        self._sent = metrics.counter("log_lines_sent_total", "Lines that the sink has taken.")
        self._dropped = metrics.counter(
            "log_lines_dropped_total", "Lines that the sink did not get: no room, or no answer."
        )

    def put(self, text: str) -> None:
        """Have a line sent; never waits."""
        data = text.encode(errors="replace")
        size = len(data)
        with self._lock:
            is_full = (
                self._lines >= self._settings.buffer_lines
                or self._bytes + size > self._settings.buffer_bytes
            )
            if not is_full:
                self._waiting.append(Line(data, time.time_ns()))
                self._lines += 1
                self._bytes += size
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="log-sink", daemon=True)
                self._thread.start()
        if is_full:
            self._dropped.inc()

    def close(self) -> None:
        """Send what waits, once, and end the thread."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(_LAST_SECONDS + 1)

    def _run(self) -> None:
        while not self._closing.wait(self._settings.flush_seconds):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        while batch := self._take():
            if self._deliver(batch):
                self._sent.inc(len(batch))
            else:
                self._dropped.inc(len(batch))
                log.warning("log_lines_dropped", extra={"lines": len(batch)})
            with self._lock:
                self._lines -= len(batch)
                self._bytes -= sum(len(line.data) for line in batch)

    def _take(self) -> list[Line]:
        batch: list[Line] = []
        size = 0
        with self._lock:
            while self._waiting and len(batch) < _BATCH_LINES and size < _BATCH_BYTES:
                line = self._waiting.popleft()
                size += len(line.data)
                batch.append(line)
        return batch

    def _deliver(self, batch: Sequence[Line]) -> bool:
        body = _BODIES[self._settings.sink_format](batch, self._service)
        for number in range(self._settings.retries + 1):
            is_last = self._closing.is_set()
            try:
                status = self._post(body, _LAST_SECONDS if is_last else _SECONDS)
            except Exception:  # boundary of the thread, without which no line would be sent again
                status = 503
            if status < 400:
                return True
            if is_last or (status < 500 and status != 429):
                return False
            if number < self._settings.retries:
                self._closing.wait(_PAUSES[min(number, len(_PAUSES) - 1)])
        return False


class SinkHandler(logging.Handler):
    """Puts the lines of loggers into a sink; closing it closes the sink. What the sink logs itself
    is left out: the line about a batch that is refused would be the next batch, without an end."""

    def __init__(self, sink: LogSink) -> None:
        super().__init__()
        self.addFilter(lambda record: record.name != log.name)
        self.sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.sink.put(self.format(record))
        except Exception:  # as the handlers of the standard library do
            self.handleError(record)

    def close(self) -> None:
        self.sink.close()
        super().close()


def _poster(settings: Logs) -> Post:
    assert settings.sink_url is not None
    headers = {"content-type": "application/json"}
    if settings.sink_token is not None:
        headers["authorization"] = f"Bearer {settings.sink_token.get_secret_value()}"
    client, url = httpx.Client(headers=headers, trust_env=False), settings.sink_url

    def post(body: bytes, seconds: float) -> int:
        return client.post(url, content=body, timeout=seconds).status_code

    return post


def _as_json(batch: Sequence[Line], _service: str) -> bytes:
    """The lines are JSON objects themselves."""
    return b"[" + b",".join(line.data for line in batch) + b"]"


def _as_loki(batch: Sequence[Line], service: str) -> bytes:
    """``POST /loki/api/v1/push``: one stream by labels, times in nanoseconds as text."""
    values = [[str(line.at), line.data.decode()] for line in batch]
    return orjson.dumps({"streams": [{"stream": {"service": service}, "values": values}]})


_BODIES: dict[str, Callable[[Sequence[Line], str], bytes]] = {"json": _as_json, "loki": _as_loki}
