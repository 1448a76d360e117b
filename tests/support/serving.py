"""An ASGI application behind a real uvicorn on loopback, for clients that need a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from tests.support.servers import free_port
from trellis.router.config import Http, Limits
from trellis.router.serving.front.front import Front


@asynccontextmanager
async def served(
    app: Any, limits: Limits | None = None, http: Http | None = None, **options: Any
) -> AsyncIterator[str]:
    """Serves ``app`` in this event loop, as the product does but for its signals; yields
    ``http://127.0.0.1:<port>``. ``options`` are uvicorn's."""
    port = free_port()
    front = Front(limits or Limits(), http or Http())
    config = uvicorn.Config(
        app,
        **{
            "host": "127.0.0.1",
            "port": port,
            "log_level": "warning",
            "lifespan": "off",
            "server_header": False,
            "http": front,
            "ws": "websockets-sansio",
            **options,
        },
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    try:
        while not server.started:
            assert not task.done(), "the server did not start"
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
