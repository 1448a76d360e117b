"""Whatever requests come on one connection, in whatever pieces, and however early they are
answered: each has its own answer, in order.

The model is the list of requests. The connection is fed as a transport would feed it: nothing while
it has paused reading, and the loop runs between the pieces or not.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs
from uvicorn.server import ServerState

from trellis.router.config import Http, Limits
from trellis.router.serving.front.front import Front


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``reads`` is how the application goes about its body: not at all, one message
    of it, all of it, or all of it but later; ``framing`` how it is sent."""

    method: str
    reads: str
    framing: str
    body: bytes
    piece: int
    offers_h2c: bool

    def to_bytes(self, number: int, *, is_last: bool) -> bytes:
        lines = [f"{self.method} /{self.reads}?{number} HTTP/1.1", "host: a"]
        body = self.body
        if self.framing == "length":
            lines.append(f"content-length: {len(body)}")
        elif self.framing == "chunked":
            lines.append("transfer-encoding: chunked")
            pieces = [body[at : at + self.piece] for at in range(0, len(body), self.piece)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"
        else:
            body = b""
        if self.offers_h2c:
            lines += ["upgrade: h2c", "connection: Upgrade, HTTP2-Settings", "http2-settings: AAMA"]
        if is_last:
            lines.append("connection: close")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def answer(self, number: int) -> bytes:
        """The body of its answer."""
        length = len(self.body) if self.framing != "none" else 0
        return b"%d:%d" % (number, length if self.reads in ("all", "later") else -1)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    reads, length = scope["path"][1:], -1
    if reads == "later":
        for _ in range(7):
            await asyncio.sleep(0)
    if reads == "some":
        await receive()
    if reads in ("all", "later"):
        message: Any = {"more_body": True}
        length = 0
        while message.get("more_body"):
            message = await receive()
            assert message["type"] == "http.request", message
            length += len(message["body"])
    body = b"%b:%d" % (scope["query_string"], length)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Wire(asyncio.Transport):
    """A transport whose client takes everything at once."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 6)})
        self.written = b""
        self.is_paused = self.is_over = False
        self.protocol: Any = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_over, "written behind the end"
        self.written += data

    def write_eof(self) -> None:
        self.is_over = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    def abort(self) -> None:
        self.is_over = True


class Server:
    """One worker with room for one connection of an address."""

    def __init__(self) -> None:
        self._config = uvicorn.Config(app, lifespan="off", log_config=None, proxy_headers=False)
        self._config.load()
        self._front = Front(Limits(connections_per_address=1), Http())
        self._state = ServerState()
        self._open: list[Any] = []

    def connect(self) -> Wire:
        wire = Wire()
        wire.protocol = self._front(self._config, self._state, {})
        wire.protocol.connection_made(wire)
        self._open.append(wire.protocol)
        return wire

    def close(self) -> None:
        for connection in self._open:
            connection.connection_lost(None)


async def feed(pieces: list[bytes], rounds: list[int]) -> tuple[bytes, bool, bool]:
    """A connection gets these pieces, so many rounds of the loop apart: what it writes, whether it
    ends, and whether it gives way to a second one, where it has not ended."""
    server = Server()
    wire = server.connect()
    for number, piece in enumerate(pieces):
        for _ in range(500):
            if not wire.is_paused:
                break
            await asyncio.sleep(0)
        assert not wire.is_paused, "reading never went on"
        if wire.is_over:
            break
        wire.protocol.data_received(piece)
        for _ in range(rounds[number % len(rounds)]):
            await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0)
    had_ended = wire.is_over
    if not had_ended:
        server.connect()
    gave_way = wire.is_over and not had_ended
    server.close()
    return wire.written, had_ended, gave_way


def read_answers(written: bytes, asked: list[Asked]) -> list[tuple[bytes, bytes]]:
    """Status and body of each answer."""
    found: list[tuple[bytes, bytes]] = []
    while written:
        head, _, written = written.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        [length] = [int(line[16:]) for line in lines if line.startswith(b"content-length: ")]
        is_head = len(found) < len(asked) and asked[len(found)].method == "HEAD"
        length = 0 if is_head else length
        found.append((lines[0].split()[1], written[:length]))
        written = written[length:]
    return found


requests = st.builds(
    Asked,
    method=st.sampled_from(["POST", "GET", "HEAD", "PUT"]),
    reads=st.sampled_from(["nothing", "some", "all", "later"]),
    framing=st.sampled_from(["none", "length", "chunked"]),
    body=st.binary(max_size=40),
    piece=st.integers(1, 40),
    offers_h2c=st.booleans(),
)


@st.composite
def connections(draw: st.DrawFn) -> tuple[list[Asked], list[bytes], str]:
    """Requests, their bytes in pieces, and what comes last: a request that ends the connection,
    something that is no request, a request of which a part is missing, or nothing."""
    asked = draw(st.lists(requests, min_size=1, max_size=6))
    ending = draw(st.sampled_from(["close", "broken", "part", "nothing"]))
    sent = b"".join(
        one.to_bytes(number, is_last=ending == "close" and number == len(asked) - 1)
        for number, one in enumerate(asked)
    )
    if ending == "broken":
        sent += b"GET /\x00 HTTP/1.1\r\n\r\n"
    if ending == "part":
        more = draw(requests).to_bytes(len(asked), is_last=False)
        sent += more[: draw(st.integers(1, more.index(b"\r\n\r\n")))]
    cuts = sorted(draw(st.sets(st.integers(1, len(sent)), max_size=12)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True) if a < b]
    return asked, pieces, ending


@settings(max_examples=100, deadline=None)
@given(connections(), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_each_request_has_its_own_answer_in_order(
    case: tuple[list[Asked], list[bytes], str], rounds: list[int]
) -> None:
    asked, pieces, ending = case

    with capture_logs():
        written, had_ended, gave_way = asyncio.run(feed(pieces, rounds))

    answers = read_answers(written, asked)
    expected = [
        (b"200", b"" if one.method == "HEAD" else one.answer(number))
        for number, one in enumerate(asked)
    ]
    assert answers[: len(asked)] == expected
    assert [status for status, _ in answers[len(asked) :]] == [b"400"] * (ending == "broken")
    assert had_ended == (ending in ("close", "broken"))
    assert gave_way == (ending == "nothing")  # idle, and not in the middle of a request
