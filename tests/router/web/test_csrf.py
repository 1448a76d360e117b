"""From which pages a WebSocket may be opened."""

import pytest

from trellis.router.web.csrf import is_allowed_origin


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "is_allowed"),
    [
        (None, "trellis.test", (), True),
        ("http://trellis.test", "trellis.test", (), True),
        ("https://Trellis.TEST", "trellis.test", (), True),
        ("https://trellis.test", "TRELLIS.test", (), True),
        ("http://trellis.test:4000", "trellis.test:4000", (), True),
        ("http://trellis.test:4000", "trellis.test", (), False),
        ("http://evil.test", "trellis.test", (), False),
        ("http://trellis.test.evil.test", "trellis.test", (), False),
        ("null", "trellis.test", (), False),
        ("", "trellis.test", (), False),
        ("http://app.test", "trellis.test", ("http://app.test",), True),
        ("https://app.test", "trellis.test", ("http://app.test",), False),
        ("http://evil.test", "trellis.test", ("*",), True),
        ("http://evil.test", None, (), False),
    ],
)
def test_programs_pages_of_this_host_and_listed_origins_may_open_a_websocket(
    origin: str | None, host: str | None, allowed: tuple[str, ...], is_allowed: bool
):
    headers = [(b"origin", origin.encode())] if origin is not None else []
    headers += [(b"host", host.encode())] if host is not None else []
    assert is_allowed_origin({"type": "websocket", "headers": headers}, allowed) is is_allowed
