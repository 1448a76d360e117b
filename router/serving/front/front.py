"""What all connections of one worker share; makes the protocol of each."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from trellis.router.config import Config
from trellis.router.serving.front.http import HttpConnection
from trellis.router.serving.front.places import Places
from trellis.router.serving.front.shared import Shared
from trellis.router.serving.front.watch import Watch
from trellis.router.web.client_address import ClientAddresses


class Front:
    """uvicorn's ``http`` setting: called for each connection. Each process that a copy of it is
    sent to has places of its own."""

    def __init__(self, config: Config) -> None:
        self._config = config
        limits = config.limits
        self.shared = Shared(
            limits=limits,
            places=Places(limits.connections, limits.connections_per_address),
            watch=Watch(limits.unsent_bytes),
            clients=ClientAddresses(config.http),
        )

    def __reduce__(self) -> tuple[type["Front"], tuple[Config]]:
        return Front, (self._config,)

    def __call__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HttpConnection:
        return HttpConnection(self.shared, config, server_state, app_state, _loop)
