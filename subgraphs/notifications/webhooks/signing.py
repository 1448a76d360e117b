"""The signatures of deliveries: receivers check one of two kinds, whichever they know.

    X-Hub-Signature-256   sha256=, then the HMAC-SHA256 of the body in hexadecimal digits
    webhook-signature     v1, then the HMAC-SHA256 of id.timestamp.body in base64
                          https://www.standardwebhooks.com

While a secret is being replaced there are two. ``webhook-signature`` carries one for each. The
other header has room for one: that of the old secret, which receivers know until they are told.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

_PREFIX = "whsec_"


def new_secret() -> str:
    """As Standard Webhooks has it: 32 random bytes in base64 with a prefix."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(
    message_id: UUID, timestamp: int, body: bytes, valid: Sequence[str]
) -> dict[str, str]:
    """The headers that let a receiver check who sent it and when. ``valid`` are the secrets in
    force, the newest first; ``timestamp`` is in Unix seconds."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return {
        "X-Hub-Timestamp": str(timestamp),
        "X-Hub-Signature-256": f"sha256={hmac.digest(valid[-1].encode(), body, 'sha256').hex()}",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in valid),
    }


def _signature(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(secret), content, "sha256")).decode()


def _key(secret: str) -> bytes:
    """The bytes behind a secret in the form of the specification; of others their own letters."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
