"""Runs an application: uvicorn on uvloop, with the bounds that uvicorn leaves to us."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from trellis.router.config import Config
from trellis.router.errors import ConfigError
from trellis.router.serving.front.front import Front
from trellis.router.serving.memory import give_back_large_blocks
from trellis.schema.metrics import DIRECTORY_VARIABLE


class Server(uvicorn.Server):
    """uvicorn, and a word when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn raises the signal again after its shutdown, and the process would seem killed.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        await self._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        give_back_large_blocks()
        await super().startup(sockets)
        if self.started:
            # What lives now lives as long as the process: the collector need not look again.
            gc.collect()
            gc.freeze()
            # Small steps: what a cancelled operation leaves behind are hundreds of thousands of
            # objects, and freeing them in one go took half a second. Whole looks are as rare.
            gc.set_threshold(10_000, 5, 400)
            self._on_ready()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises ConfigError when the address is taken or is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port."
        ) from None
    bound.set_inheritable(True)
    return bound


def run_server(
    app: ASGIApp, bound: socket.socket, config: Config, on_ready: Callable[[], None]
) -> int:
    """Serve until told to stop; returns the exit status.

    SIGTERM and SIGINT stop accepting, let requests in flight end within ``shutdown_seconds``,
    close WebSockets (1012) and run the application's shutdown.
    """
    server = Server(uvicorn_config(app, config), on_ready)
    server.run(sockets=[bound])
    return 0 if server.started else 3


def run_workers(
    factory: str, bound: socket.socket, config: Config, ready: Callable[[], None]
) -> int:
    """Serve from ``config.workers`` processes that share the socket; one that dies is replaced.

    ``factory`` is ``module:function`` and makes the application anew in each process, from the
    configuration file and the environment. What the processes count is added up.
    """
    bound.listen()
    ready()
    settings = uvicorn_config(factory, config, factory=True, workers=config.workers)
    with _shared_metrics():
        Multiprocess(settings, sockets=[bound]).run()
    return 0


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder in which workers that start now write their metrics, unless there is one. Those of
    an earlier start would be added to the sums, so it is a new one each time."""
    if os.environ.get(DIRECTORY_VARIABLE):
        yield
        return
    with TemporaryDirectory(prefix="trellis-metrics-") as folder:
        os.environ[DIRECTORY_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[DIRECTORY_VARIABLE]


def uvicorn_config(app: ASGIApp | str, config: Config, **more: Any) -> uvicorn.Config:
    """uvicorn's settings for a configuration."""
    websocket = config.websocket
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Front(config.limits, config.http),  # pyright: ignore[reportArgumentType]  a callable will do
        ws="websockets-sansio",
        ws_max_size=websocket.frame_bytes,
        ws_ping_interval=websocket.ping_seconds,
        ws_ping_timeout=websocket.ping_seconds,
        lifespan="on",
        timeout_graceful_shutdown=config.shutdown_seconds,
        server_header=False,
        proxy_headers=False,  # trellis.router.web.client_address decides whom to believe
        access_log=False,
        log_config=None,
        log_level="warning",
        **more,
    )
