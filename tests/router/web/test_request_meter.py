"""What is counted of requests: by door, dialect, method and status; their time and bytes."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tests.support.metrics import figures_here
from trellis.router.config import Config
from trellis.router.serving.wiring import wrap
from trellis.router.web.request_meter import RequestMeter
from trellis.router.web.request_record import RequestRecord, note_route
from trellis.schema.errors import Conflict

DOORS = {"/graphql": "graphql"}


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    match scope["path"]:
        case "/conflict":
            raise Conflict("Someone was faster.")
        case "/crash":
            raise RuntimeError
        case "/gone":
            return
        case "/route":
            note_route("pm", "GET /projects/{id}", is_stream=False)
        case "/events":
            note_route("pm", "GET /events", is_stream=True)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"12345", "more_body": True})
    await send({"type": "http.response.body", "body": b"678"})


def client_of(service: str) -> httpx.AsyncClient:
    app = wrap(door, Config(), service=service, doors=DOORS)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://trellis.test")


@pytest.mark.parametrize(
    ("path", "method", "labels"),
    [
        ("/graphql", "POST", {"door": "graphql", "dialect": "", "status": "200"}),
        ("/route", "PUT", {"door": "rest", "dialect": "pm", "status": "200"}),
        ("/nowhere", "GET", {"door": "other", "dialect": "", "status": "200"}),
        ("/conflict", "POST", {"door": "other", "status": "409"}),
        ("/crash", "GET", {"door": "other", "status": "500"}),
    ],
)
async def test_a_request_is_counted_once(path: str, method: str, labels: dict[str, str]):
    service = f"test{path}"
    async with client_of(service) as client:
        await client.request(method, path, content=b"body")
    found = figures_here()
    assert found.of("http_requests_total", service=service) == 1
    assert found.of("http_requests_total", service=service, method=method, **labels) == 1
    place = {"service": service, "door": labels["door"]}
    assert found.of("http_request_duration_seconds_count", **place) == 1
    assert found.of("http_request_bytes_total", **place) == 4
    if labels["status"] == "200":
        assert found.of("http_response_bytes_total", **place) == 8


async def test_how_long_a_stream_lasts_is_not_how_fast_it_is():
    async with client_of("test_stream") as client:
        await client.get("/events")
    found = figures_here()
    assert found.of("http_requests_total", service="test_stream", door="events") == 1
    assert found.of("http_request_duration_seconds_count", service="test_stream") == 0


async def test_clients_cannot_make_series_by_methods():
    async with client_of("test_methods") as client:
        for number in range(20):
            await client.request(f"X{number}", "/")
    found = figures_here()
    assert not any(one.startswith("X") for one in found.labels_of("http_requests_total", "method"))
    assert found.of("http_requests_total", service="test_methods", method="OTHER") == 20


async def nothing(*_: Any) -> Any:
    return {"type": "http.request"}


async def run_alone(app: Any, scope: Scope) -> list[tuple[RequestRecord, float]]:
    written: list[tuple[RequestRecord, float]] = []
    meter = RequestMeter(
        app,
        service="test_alone",
        write=lambda _scope, record, seconds: written.append((record, seconds)),
    )
    await meter(scope, nothing, nothing)
    return written


async def test_a_request_whose_client_has_gone_has_a_status_of_its_own():
    [(record, _)] = await run_alone(door, {"type": "http", "path": "/gone", "method": "GET"})
    assert record.status == 0
    assert figures_here().of("http_requests_total", service="test_alone", status="499") == 1


async def test_the_record_has_the_time_until_the_end():
    async def slow(*_: Any) -> None:
        await asyncio.sleep(0.02)

    [(_, seconds)] = await run_alone(slow, {"type": "http", "path": "/", "method": "GET"})
    assert 0.02 <= seconds < 5


@pytest.mark.parametrize(("text", "size"), [("hello", 5), ("höh", 4)])
async def test_an_open_websocket_is_counted_while_it_is_open(text: str, size: int):
    def sockets() -> float:
        return figures_here().of("websocket_connections_active", service="test_alone")

    async def socket(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": text})
        assert sockets() == 1

    [(record, _)] = await run_alone(socket, {"type": "websocket", "path": "/ws"})
    assert (record.door, record.status, record.sent) == ("websocket", 101, size)
    assert sockets() == 0
