"""Subscriptions as server-sent events, over a real server."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.router.identity.tokens import good_claims
from tests.router.rest.library import ADA
from tests.router.test_app import KEY, config, running
from tests.support.ticker import ticker
from trellis.router.answer import Answer
from trellis.router.config import Config, RateLimits, StreamLimits, SubgraphSource
from trellis.router.delivery.rights import Rights
from trellis.router.identity.credentials import Credentials
from trellis.router.rest.events import EventStream, Pace, event
from trellis.router.serving.application import build_app
from trellis.router.web.identity import Authenticate
from trellis.schema.errors import NotFound
from trellis.schema.identity import Identity

TICKS = """# What happens.
subscription Ticks($after: String @from(header: "Last-Event-ID"))
@rest(method: GET, path: "/ticks", answers: EVENTS) {
  tick: ticks(after: $after) { cursor @eventId @hidden text secret }
}
"""
PRIVATE = """subscription Private @rest(method: GET, path: "/private", answers: EVENTS) { private }
"""
ACCEPT = {"accept": "text/event-stream"}


def settings(folder: Path, **more: Any) -> Config:
    routes = folder / "operations" / "rest" / "plain" / "ticker"
    routes.mkdir(parents=True, exist_ok=True)
    (routes / "ticks.graphql").write_text(TICKS, encoding="utf-8")
    (routes / "private.graphql").write_text(PRIVATE, encoding="utf-8")
    source = SubgraphSource(module="tests.support.ticker:subgraph")
    values = {"subgraphs": {"ticker": source}, "rate_limit": RateLimits(enabled=False)}
    return config(folder, **values | more)


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    limits = StreamLimits(recheck_seconds=0.1)
    app = build_app(settings(tmp_path_factory.mktemp("app"), websocket=limits))
    async with running(app) as client:
        yield client


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, path: str = "/ticks", **headers: str
) -> AsyncIterator[AsyncIterator[str]]:
    """The blocks of a stream that has begun."""
    before = ticker.listening
    async with client.stream("GET", path, headers={**ACCEPT, **headers}) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == "text/event-stream"
        blocks = _blocks(response)
        assert await anext(blocks) == "retry: 3000"
        await until(lambda: ticker.listening > before)
        yield blocks
    await until(lambda: ticker.listening == before)


async def _blocks(response: httpx.Response) -> AsyncIterator[str]:
    waiting = ""
    async for text in response.aiter_text():
        waiting += text
        while "\n\n" in waiting:
            block, _, waiting = waiting.partition("\n\n")
            yield block


async def until(is_so: Any) -> None:
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to be")


async def test_events_come_with_id_name_and_data_and_the_source_ends_with_the_client(
    client: httpx.AsyncClient,
):
    start = len(ticker.texts)
    async with listening(client) as blocks:
        await ticker.tick("a\nb", "null", "c")
        assert await anext(blocks) == (
            f'id: {start}\nevent: tick\ndata: {{"text":"a\\nb","secret":null}}'
        )
        assert await anext(blocks) == (
            f'id: {start + 2}\nevent: tick\ndata: {{"text":"c","secret":null}}'
        )


async def test_a_client_that_reconnects_gets_missed_events(client: httpx.AsyncClient):
    await ticker.tick("missed 1", "missed 2")
    last = str(len(ticker.texts) - 2)
    async with listening(client, **{"last-event-id": last}) as blocks:
        assert "missed 2" in await anext(blocks)


async def test_a_stream_has_events_for_its_end_and_for_errors(client: httpx.AsyncClient):
    async with listening(client) as blocks:
        await ticker.tick("end")
        assert await anext(blocks) == "event: complete\ndata:"
        assert [block async for block in blocks] == []
    async with listening(client) as blocks:
        await ticker.tick("fail")
        name, data = (await anext(blocks)).split("\n")
        assert name == "event: error"
        problem = orjson.loads(data.removeprefix("data: "))
        assert (problem["status"], problem["detail"]) == (404, "It is gone.")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/private", ACCEPT, 401),
        ("/ticks", {"accept": "application/json"}, 406),
        ("/ticks", {"authorization": "Bearer forged"}, 401),
    ],
)
async def test_a_refused_subscription_is_an_error_response(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], status: int
):
    response = await client.get(path, headers=headers)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert ticker.listening == 0


async def test_a_stream_ends_when_the_token_expires(client: httpx.AsyncClient):
    now = int(time.time())
    token = KEY.sign(good_claims(username="grace", iat=now, nbf=now, exp=now + 2))
    async with listening(client, "/private", authorization=f"Bearer {token}") as blocks:
        name, data = (await anext(blocks)).split("\n")
        assert name == "event: error"
        assert orjson.loads(data.removeprefix("data: "))["status"] == 401
        assert [block async for block in blocks] == []


async def test_head_and_the_document(client: httpx.AsyncClient):
    head = await client.head("/ticks")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream")
    await until(lambda: ticker.listening == 0)
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/ticks"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    assert "304" not in operation["responses"]
    names = [one.get("name") for one in operation["parameters"]]
    assert names == ["last-event-id"]


@pytest.mark.parametrize("bound", [{"queue": 2}, {"queue": 10_000, "queue_bytes": 150_000}])
async def test_a_client_that_does_not_read_is_disconnected(tmp_path: Path, bound: dict[str, int]):
    limits = StreamLimits(slow_seconds=0.2, **bound)
    app = build_app(settings(tmp_path, websocket=limits))
    async with running(app) as client:
        host, port = client.base_url.host, client.base_url.port
        reader, writer = await asyncio.open_connection(host, port, limit=1024)
        request = f"GET /ticks HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n"
        writer.write(request.encode())
        await reader.readuntil(b"retry: 3000")
        await until(lambda: ticker.listening == 1)
        for _ in range(400):
            if ticker.listening == 0:
                break
            await ticker.tick("x" * 100_000)
            await asyncio.sleep(0.01)
        await until(lambda: ticker.listening == 0)
        writer.close()


async def authenticate(_credentials: Credentials) -> Identity:
    return ADA


@dataclass
class Client:
    """Reads a stream of ``answers`` until it has ``wanted`` chunks; then it is gone."""

    wanted: int = 100
    chunks: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.chunks.append(message["body"])
        if len(self.chunks) == self.wanted:
            self.gone.set()

    async def stream(
        self,
        answers: AsyncGenerator[Answer, None],
        authenticate: Authenticate = authenticate,
        recheck_seconds: float = 60,
        **pace: float,
    ) -> EventStream:
        rights = Rights(authenticate, Credentials("Bearer ada"))
        await rights.begin()
        return EventStream(
            answers,
            self.receive,
            rights,
            StreamLimits(recheck_seconds=recheck_seconds),
            headers=[],
            write=lambda answer: b"told",
            write_error=lambda error: error.code.encode(),
            pace=Pace(**{"opening_seconds": 0.01, **pace}),
        )


async def forever(*answers: Answer) -> AsyncGenerator[Answer, None]:
    for answer in answers:
        yield answer
    await asyncio.Event().wait()


@pytest.mark.parametrize(("events", "recheck_seconds"), [(0, 0.01), (1, 60.0)])
async def test_a_stream_ends_when_rights_are_lost_even_without_events(
    events: int, recheck_seconds: float
):
    proofs = [ADA, Identity(id=ADA.id)]

    async def losing(_credentials: Credentials) -> Identity:
        return proofs.pop(0) if len(proofs) > 1 else proofs[0]

    client = Client()
    answers = forever(*[Answer({"a": 1})] * events)
    stream = await client.stream(answers, losing, recheck_seconds)
    assert await stream.open() is None
    await stream.send(client.send)
    assert client.chunks == [b"retry: 3000\n\n", b"FORBIDDEN", b""]


async def test_an_idle_stream_has_heartbeats_until_its_client_leaves():
    client = Client(wanted=4)
    stream = await client.stream(forever(), heartbeat_seconds=0.01)
    assert await stream.open() is None
    await stream.send(client.send)
    assert client.chunks[:4] == [b"retry: 3000\n\n", b":\n\n", b":\n\n", b":\n\n"]


async def test_an_immediate_error_is_a_response_unless_events_follow():
    failed = Answer({"a": None}, errors=[{"message": "No."}])

    async def ending() -> AsyncGenerator[Answer, None]:
        yield failed

    async def raising() -> AsyncGenerator[Answer, None]:
        raise NotFound("It is gone.")
        yield

    first = await (await Client().stream(ending(), opening_seconds=30)).open()
    assert first is failed
    error = await (await Client().stream(raising(), opening_seconds=30)).open()
    assert isinstance(error, NotFound)
    refused = Answer(executed=False)
    assert await (await Client().stream(forever(refused), opening_seconds=30)).open() is refused
    client = Client(wanted=3)
    stream = await client.stream(forever(failed, Answer({"a": 1})), opening_seconds=30)
    assert await stream.open() is None
    await stream.send(client.send)
    assert client.chunks[:3] == [b"retry: 3000\n\n", b"told", b"told"]


def test_an_id_that_would_break_the_line_is_left_out():
    assert event("a", b"1", 7) == b"id: 7\nevent: a\ndata: 1\n\n"
    assert event("a", b"1", "x\ny") == event("a", b"1") == b"event: a\ndata: 1\n\n"
