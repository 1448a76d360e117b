"""One HTTP request while the application answers it."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from trellis.router.web.errors import InternalError
from trellis.schema.errors import TrellisError, Unavailable

log = structlog.get_logger(__name__)


class Cycle(RequestResponseCycle):
    """uvicorn's, but for what happens when the application does not answer as it should."""

    def __init__(
        self, *, answer: Callable[[TrellisError], None], address: str | None, **rest: Any
    ) -> None:
        """``answer`` writes an error as the answer to this request, and ends the connection;
        ``address`` is that in whose share it counts, beside the connection's own."""
        super().__init__(**rest)
        self.address = address
        self._answer = answer

    async def run_asgi(self, app: Any) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:  # the grace of the shutdown is over
            self._end(Unavailable("The server is shutting down; ask again."))
        except Exception as error:  # the last boundary of a request
            log.error("request_failed", exc_info=error)
            self._end(InternalError("Something went wrong on our side."))
        else:
            if self.disconnected:
                pass
            elif not self.response_started:
                log.error("request_not_answered", path=self.scope["path"])
                self._end(InternalError("Something went wrong on our side."))
            elif not self.response_complete:
                # A stream whose client does not read it, or one that broke: a connection that is
                # cut says so, and gives back what was written and not taken.
                self.transport.abort()
        finally:
            self.on_response = _nothing

    def _end(self, error: TrellisError) -> None:
        if self.disconnected:
            return
        if self.response_started:
            self.transport.abort()
            return
        self.response_started = self.response_complete = True
        self._answer(error)


def _nothing() -> None:
    pass
