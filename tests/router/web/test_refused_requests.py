"""Which refusals count as requests of their callers, and what a flood of them is answered with."""

from typing import Any

import orjson
import pytest

from tests.support.toy_graph import ToyGraph
from trellis.router.rate_limit.report import LimitReached, RateReport
from trellis.router.web.refused_requests import RefusedRequests
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.request_id import RequestId, request_id_of
from trellis.router.web.response_headers import ResponseHeaders, add_response_header
from trellis.router.web.services import Services
from trellis.schema.errors import TrellisError

REPORT = RateReport(limit=5, remaining=3, reset=60)
LEFT = (b"x-ratelimit-remaining", b"3")


async def ask(
    status: int,
    *,
    is_charged: bool = False,
    is_full: bool = False,
    kind: str = "http",
) -> tuple[int, list[Any]]:
    """How often a request that is answered with this status was counted, and what was sent."""
    counted: list[Any] = []
    make_context = ContextMaker((), 30)

    async def count(error: TrellisError, context: Any) -> Any:
        counted.append(context.client_address)
        return (LimitReached("Too many.", REPORT) if is_full else error), REPORT

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if is_charged:  # by the door or the graph, which was given this context
            context = make_context(scope)
            assert context.charge is not None
            context.charge.is_taken = True
        await send({"type": f"{kind}.response.start", "status": status, "headers": []})
        await send({"type": f"{kind}.response.body", "body": b"own", "more_body": True})
        await send({"type": f"{kind}.response.body", "body": b""})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    services = Services(graph=ToyGraph(), make_context=make_context, count=count)
    subject = ResponseHeaders(RefusedRequests(app, services))
    scope = {"type": kind, "headers": [], "client": ("192.0.2.1", 5)}
    await subject(scope, None, send)  # pyright: ignore[reportArgumentType]
    assert counted in ([], ["192.0.2.1"])
    return len(counted), sent


@pytest.mark.parametrize(
    ("status", "times"),
    [(200, 0), (304, 0), (399, 0), (400, 1), (401, 1), (404, 1), (429, 0), (499, 1), (500, 0)],
)
async def test_an_error_of_the_caller_is_counted_once(status: int, times: int):
    counted, sent = await ask(status)
    assert counted == times
    assert [message.get("body") for message in sent] == [None, b"own", b""]
    assert sent[0]["status"] == status
    assert (LEFT in sent[0]["headers"]) == bool(times)


async def test_a_counted_request_is_not_counted_again():
    counted, sent = await ask(400, is_charged=True)
    assert (counted, sent[0]["status"]) == (0, 400)


async def test_too_many_refusals_get_a_429():
    _, sent = await ask(404, is_full=True)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], LEFT in sent[0]["headers"]) == (429, True)
    (error,) = orjson.loads(sent[1]["body"])["errors"]
    assert error["message"] == "Too many."


async def test_websockets_are_passed_on():
    counted, sent = await ask(404, kind="websocket")
    assert (counted, len(sent)) == (0, 3)


# -- callers of whom nothing is let in ------------------------------------------------------------


class Closed:
    """A door that lets nobody in for ``seconds``, behind a clock that a test moves."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.seconds = seconds
        self.asked = 0
        services = Services(graph=ToyGraph(), make_context=ContextMaker((), 30))
        subject = RefusedRequests(self._app, services, clock=lambda: self.now)  # pyright: ignore
        self._subject = ResponseHeaders(RequestId(subject))
        self._make_context = services.make_context

    async def _app(self, scope: Any, _receive: Any, send: Any) -> None:
        self.asked += 1
        charge = self._make_context(scope).charge
        assert charge is not None
        charge.is_taken, charge.closed_seconds = True, self.seconds
        add_response_header(scope, b"retry-after", b"7")
        body = b"full for " + request_id_of(scope).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def ask(self, **members: Any) -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "headers": [(b"authorization", b"Bearer ada")],
            "client": ("192.0.2.1", 5),
            **members,
        }
        await self._subject(scope, None, send)  # pyright: ignore[reportArgumentType]
        return sent


async def test_a_429_is_repeated_for_a_second():
    door = Closed(seconds=60)
    first = await door.ask()
    door.now = 0.9
    again = await door.ask()
    assert door.asked == 1
    assert again[0]["status"] == 429
    told, repeated = dict(first[0]["headers"]), dict(again[0]["headers"])
    ids = [told.pop(b"x-request-id"), repeated.pop(b"x-request-id")]
    assert len(set(ids)) == 2
    assert [answer[1]["body"] for answer in (first, again)] == [b"full for " + id for id in ids]
    assert repeated == told
    door.now = 1.0
    await door.ask()
    assert door.asked == 2


async def test_a_429_is_not_repeated_once_the_limit_is_available_again():
    door = Closed(seconds=0.2)
    await door.ask()
    door.now = 0.2
    await door.ask()
    assert door.asked == 2


async def test_the_id_in_a_repeated_429_is_replaced_unless_it_is_too_short():
    door = Closed(seconds=60)
    await door.ask()
    long, short = (b"x-request-id", b"x" * 40), (b"x-request-id", b"full")
    authorization = (b"authorization", b"Bearer ada")
    again = await door.ask(headers=[authorization, long])
    assert again[1]["body"] == b"full for " + b"x" * 40
    assert dict(again[0]["headers"])[b"content-length"] == b"49"
    assert door.asked == 1

    door = Closed(seconds=60)
    await door.ask(headers=[authorization, short])
    assert (await door.ask())[1]["body"].startswith(b"full for ")
    assert door.asked == 2


async def test_a_429_is_not_repeated_if_another_request_might_be_admitted():
    door = Closed(seconds=0)
    await door.ask()
    await door.ask()
    assert door.asked == 2


@pytest.mark.parametrize(
    "other",
    [
        {"client": ("192.0.2.2", 5)},
        {"client": None},
        {"path": "/tracker/api/v1/issues"},
        {"method": "GET"},
        {"headers": [(b"authorization", b"Bearer bob")]},
        {"headers": []},
        {"headers": [(b"authorization", b"Bearer ada"), (b"accept", b"text/html")]},
    ],
)
async def test_a_429_is_not_repeated_to_another_caller(other: dict[str, Any]):
    door = Closed(seconds=60)
    await door.ask()
    await door.ask(**other)
    assert door.asked == 2


async def test_the_number_of_remembered_429s_is_limited():
    door = Closed(seconds=60)
    for number in range(5_000):
        await door.ask(client=(f"192.0.2.{number}", 5))
    subject: Any = door._subject
    assert len(subject._app._app._repeatable) < 4_097
