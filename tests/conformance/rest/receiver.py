"""A receiver of webhooks in a thread, for tests that do nothing else meanwhile."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with ``statuses``, one after the other, and then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)

    def take(self, request: Received) -> int:
        with self._more:
            self.requests.append(request)
            self._more.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def wait_for(self, number: int, seconds: float = 15) -> list[Received]:
        """The requests, as soon as there are that many, or as many as came in time."""
        with self._more:
            self._more.wait_for(lambda: len(self.requests) >= number, seconds)
            return list(self.requests)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(Received(headers, body)))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests read what came, not what was said about it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
