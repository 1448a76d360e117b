"""Which refusals count as requests of their callers, and what a flood of them is answered with."""

from typing import Any

import orjson
import pytest

from trellis.router.rate_limit.report import LimitReached
from trellis.router.web.refused_requests import RefusedRequests
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.response_headers import ResponseHeaders
from trellis.schema.errors import TrellisError

LEFT = (b"x-ratelimit-remaining", b"3")


async def ask(
    status: int,
    *,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    is_full: bool = False,
    kind: str = "http",
) -> tuple[int, list[Any]]:
    """How often a request that is answered with this status was counted, and what was sent."""
    counted: list[Any] = []

    async def count(error: TrellisError, context: Any) -> Any:
        counted.append(context.client_address)
        return (LimitReached("Too many.", (LEFT,)) if is_full else error), (LEFT,)

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": f"{kind}.response.start", "status": status, "headers": list(headers)})
        await send({"type": f"{kind}.response.body", "body": b"own", "more_body": True})
        await send({"type": f"{kind}.response.body", "body": b""})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    subject = ResponseHeaders(RefusedRequests(app, count, ContextMaker((), 30)))
    scope = {"type": kind, "headers": [], "client": ("192.0.2.1", 5)}
    await subject(scope, None, send)  # pyright: ignore[reportArgumentType]
    assert counted in ([], ["192.0.2.1"])
    return len(counted), sent


@pytest.mark.parametrize(
    ("status", "times"),
    [(200, 0), (304, 0), (399, 0), (400, 1), (401, 1), (404, 1), (429, 0), (499, 1), (500, 0)],
)
async def test_what_the_caller_did_wrong_is_counted_once(status: int, times: int):
    counted, sent = await ask(status)
    assert counted == times
    assert [message.get("body") for message in sent] == [None, b"own", b""]
    assert sent[0]["status"] == status
    assert (LEFT in sent[0]["headers"]) == bool(times)


async def test_what_has_been_counted_already_is_not_counted_again():
    counted, sent = await ask(400, headers=((b"x-ratelimit-limit", b"5"),))
    assert (counted, sent[0]["status"]) == (0, 400)


async def test_a_flood_of_refusals_is_answered_with_429_and_nothing_else():
    _, sent = await ask(404, is_full=True)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], LEFT in sent[0]["headers"]) == (429, True)
    (error,) = orjson.loads(sent[1]["body"])["errors"]
    assert error["message"] == "Too many."


async def test_sockets_are_none_of_its_business():
    counted, sent = await ask(404, kind="websocket")
    assert (counted, len(sent)) == (0, 3)
