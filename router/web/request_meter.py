"""Counts requests, their durations and bytes, and hands their records to the log."""

from collections.abc import Callable, Mapping
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.web.request_record import RequestRecord, current_record
from trellis.schema.metrics import ServiceMetrics

WriteRecord = Callable[[Scope, RequestRecord, float], None]
"""Writes a request to the log; the float is how many seconds it took."""

OTHER = "other"
"""The door of what is neither an operation nor about the health of the process: pages, files."""

# What the server parses as a method is a longer list, and other servers take any word.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE = 499  # as nginx counts requests that end without a response


class _Series(NamedTuple):
    requests: Counter
    seconds: Histogram
    received: Counter
    sent: Counter


def _size(message: Message) -> int:
    """Bytes of the body of a request or response, or of what a message of a WebSocket carries."""
    if body := message.get("body"):
        return len(body)
    text = message.get("text")
    if not text:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


class RequestMeter:
    """Counts every request of ``service``, also those that inner layers refuse. ``doors`` are the
    names of doors by path; REST routes record theirs themselves. ``write`` gets the records.

    A WebSocket is counted while it is open. What the connection refuses before there is a request
    (``trellis.router.serving.front``) never comes here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        doors: Mapping[str, str] = MappingProxyType({}),
        write: WriteRecord | None = None,
    ) -> None:
        self._app = app
        self._doors = doors
        self._write = write
        self._series: dict[tuple[str, str, str, int], _Series] = {}
        metrics = ServiceMetrics(service)
        self._requests = metrics.counters(
            "http_requests_total", "Requests.", "door", "dialect", "method", "status"
        )
        self._seconds = metrics.histograms(
            "http_request_duration_seconds",
            "Time until the last byte of the response was handed to the connection.",
            "door",
            "dialect",
        )
        self._received = metrics.counters(
            "http_request_bytes_total", "Bytes of bodies of requests.", "door", "dialect"
        )
        self._sent = metrics.counters(
            "http_response_bytes_total", "Bytes of bodies of responses.", "door", "dialect"
        )
        self._sockets = metrics.gauge("websocket_connections_active", "Open WebSockets.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            record = RequestRecord(self._doors.get(scope["path"], OTHER))
            await self._run(scope, receive, send, record)
        elif kind == "websocket":
            with self._sockets.track_inprogress():
                await self._run(scope, receive, send, RequestRecord("websocket"))
        else:
            await self._app(scope, receive, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send, record: RequestRecord) -> None:
        # Each request has its own context, so this need not be reset.
        current_record.set(record)

        async def metered_receive() -> Message:
            message = await receive()
            record.received += _size(message)
            return message

        async def metered_send(message: Message) -> None:
            status = message.get("status")
            if status is not None:
                record.status = status
            elif message["type"] == "websocket.accept":
                record.status = 101
            else:
                record.sent += _size(message)
            await send(message)

        began = perf_counter()
        try:
            await self._app(scope, metered_receive, metered_send)
        finally:
            self._count(scope, record, perf_counter() - began)

    def _count(self, scope: Scope, record: RequestRecord, seconds: float) -> None:
        key = (scope.get("method", "GET"), record.door, record.dialect, record.status)
        series = self._series.get(key)
        if series is None:
            series = self._make_series(*key)
        series.requests.inc()
        if record.door not in ("events", "websocket"):
            series.seconds.observe(seconds)
        if record.received:
            series.received.inc(record.received)
        series.sent.inc(record.sent)
        if self._write is not None:
            self._write(scope, record, seconds)

    def _make_series(self, method: str, door: str, dialect: str, status: int) -> _Series:
        known = method if method in _METHODS else "OTHER"
        series = _Series(
            self._requests(door, dialect, known, str(status or _CLIENT_GONE)),
            self._seconds(door, dialect),
            self._received(door, dialect),
            self._sent(door, dialect),
        )
        if known == method:
            self._series[method, door, dialect, status] = series
        return series
