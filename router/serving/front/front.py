"""What all connections of one worker share; makes the protocol of each."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from trellis.router.config import Http, Limits
from trellis.router.serving.front.http import HttpConnection
from trellis.router.serving.front.places import Places
from trellis.router.serving.front.shared import Shared
from trellis.router.serving.front.watch import Watch
from trellis.router.web.client_address import ClientAddresses


class Front:
    """uvicorn's ``http`` setting: called for each connection. Each process that a copy of it is
    sent to has places of its own."""

    def __init__(self, limits: Limits, http: Http) -> None:
        self._settings = limits, http
        self.shared = Shared(
            limits=limits,
            places=Places(limits.connections, limits.connections_per_address),
            watch=Watch(limits.unsent_bytes),
            clients=ClientAddresses(http),
        )

    def __reduce__(self) -> tuple[type["Front"], tuple[Limits, Http]]:
        # A whole configuration is of a class made when it is loaded, which cannot be sent.
        return Front, self._settings

    def __call__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HttpConnection:
        return HttpConnection(self.shared, config, server_state, app_state, _loop)
