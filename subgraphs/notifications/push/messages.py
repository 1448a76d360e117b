"""What a browser shows, encrypted so that push services cannot read it (RFC 8291)."""

import json
from collections.abc import Sequence

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from trellis.subgraphs.notifications.models import Notification
from trellis.subgraphs.notifications.push.keys import BrowserKeys

# Push services take 4096 bytes; keys and padding need some of them.
_MOST_BYTES = 3_000
# More than that at once is one message that says how many.
_MOST_SINGLE = 3


def texts_of(notifications: Sequence[Notification]) -> list[bytes]:
    """The messages of a batch: one for each of a few, else one for all of them together."""
    if len(notifications) <= _MOST_SINGLE:
        return [_text(row) for row in notifications]
    latest = notifications[-1]
    content = {
        "type": "digest",
        "title": f"{len(notifications)} new notifications",
        "body": f"{latest.title}: {latest.message}"[:500],
        "count": len(notifications),
    }
    return [_json(content)]


def encrypt(text: bytes, keys: BrowserKeys) -> bytes:
    """The body of a request to the push service, in the coding aes128gcm."""
    return http_ece.encrypt(
        text,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=keys.p256dh,
        auth_secret=keys.auth,
        version="aes128gcm",
    )


def _text(row: Notification) -> bytes:
    content = {
        "id": str(row.id),
        "type": row.type,
        "title": row.title,
        "body": row.message[:500],
        "data": row.data,
    }
    text = _json(content)
    return text if len(text) <= _MOST_BYTES else _json({**content, "data": {}})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
