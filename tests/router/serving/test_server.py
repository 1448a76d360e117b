"""What the server bounds before any application sees a request."""

import pickle
from typing import Any, cast

import pytest

from trellis.router.config import Config, Limits
from trellis.router.errors import ConfigError
from trellis.router.serving.server import listen, uvicorn_config


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def test_an_address_in_use_or_foreign_is_explained():
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        port = bound.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Cannot listen on 127.0.0.1:{port}"):
            listen("127.0.0.1", port)
    with pytest.raises(ConfigError, match=r"Cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_uvicorn_is_told_our_bounds():
    settings = uvicorn_config(hello, Config())
    assert settings.ws_max_size == 1_000_000
    assert settings.timeout_graceful_shutdown == 30
    assert (settings.server_header, settings.access_log) == (False, False)


def test_each_worker_gets_the_bounds_and_places_of_its_own():
    class Loaded(Config):
        """As ``load_config`` makes one: it cannot be sent to another process."""

    config = Loaded(limits=Limits(connections=7, head_seconds=3))
    settings = uvicorn_config("module:make_app", config, factory=True)
    sent = pickle.loads(pickle.dumps(settings))
    assert sent.http.shared.limits == config.limits
    assert sent.http.shared.places is not cast(Any, settings.http).shared.places
