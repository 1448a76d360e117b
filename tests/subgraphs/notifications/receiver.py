"""A receiver of requests on loopback, which answers as a test says and remembers what came."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Received:
    line: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """``answer`` gives the bytes to answer a request with; None leaves it without an answer."""

    url: str = ""
    answer: Callable[[Received], bytes | None] = lambda _request: OK
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def wait_for(self, number: int, seconds: float = 10) -> list[Received]:
        """The requests, as soon as there are that many."""
        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(lambda: len(self.requests) >= number)
            return list(self.requests)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            request = await _read(reader)
            async with self._more:
                self.requests.append(request)
                self._more.notify_all()
            answer = self.answer(request)
            if answer is None:
                await reader.read()  # until the sender gives up
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(head[0], headers, body)


def status(code: int, *headers: str, body: str = "") -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {code} Status", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", body]).encode()


@asynccontextmanager
async def receiving(
    answer: Callable[[Received], bytes | None] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    if answer is not None:
        receiver.answer = answer
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        server.close()
