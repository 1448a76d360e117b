"""Every raw request gets the answer of its list, at once, and none disturbs another client."""

import asyncio
import re
from collections.abc import AsyncIterator

import orjson
import pytest

from tests.router.serving.front.app import toy_app
from tests.router.serving.front.raw_requests import RAW_REQUESTS, Raw
from tests.support.serving import served
from trellis.router.web.response_headers import SECURITY_HEADERS

# A request that is never answered fails here, long before any deadline of the server.
SECONDS = 3.0
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    async with served(toy_app()) as url:
        yield int(url.rsplit(":", 1)[1])


async def exchange(port: int, raw: Raw) -> bytes:
    """What comes back until the server closes, or until the last answer is complete."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(raw.data)
            while not (raw.kept and is_complete(received, raw)):
                data = await reader.read(65_536)
                if not data:
                    break
                received += data
    finally:
        writer.transport.abort()
    return received


def is_complete(received: bytes, raw: Raw) -> bool:
    if raw.data.startswith(b"HEAD ") or raw.status in (100, 101):
        return received.endswith(b"\r\n\r\n")
    return len(split(received) or ()) == raw.answers


def split(received: bytes) -> list[tuple[bytes, bytes]] | None:
    """Heads and bodies of answers with a length; None while the last one is not complete."""
    found: list[tuple[bytes, bytes]] = []
    while received:
        head, end, received = received.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
        if not end or length is None or len(received) < int(length[1]):
            return None
        found.append((head, received[: int(length[1])]))
        received = received[int(length[1]) :]
    return found


def check_refusal(head: bytes, body: bytes) -> None:
    lines = head.lower().split(b"\r\n")
    for name, value in SECURITY_HEADERS:
        assert name + b": " + value.lower() in lines, name
    assert any(re.fullmatch(rb"x-request-id: [a-z0-9._-]+", line) for line in lines), lines
    assert b"content-type: application/json; charset=utf-8" in lines, lines
    error = orjson.loads(body)["errors"][0]
    assert error["message"] and error["extensions"]["code"]


@pytest.mark.parametrize("raw", RAW_REQUESTS, ids=lambda raw: raw.name)
async def test_a_raw_request_is_answered(port: int, raw: Raw):
    received = await exchange(port, raw)
    status = STATUS.match(received)
    assert status is not None, received[:200]
    assert int(status[1]) == raw.status, received[:400]
    if raw.status in (100, 101) or raw.data.startswith(b"HEAD "):
        return
    answers = split(received)
    assert answers is not None and len(answers) == raw.answers, received[-400:]
    for head, body in answers:
        if int(STATUS.match(head)[1]) >= 400:  # pyright: ignore[reportOptionalSubscript]
            check_refusal(head, body)


def test_no_two_raw_requests_have_one_name():
    assert len({raw.name for raw in RAW_REQUESTS}) == len(RAW_REQUESTS) >= 110
    assert len({raw.data for raw in RAW_REQUESTS}) == len(RAW_REQUESTS)
