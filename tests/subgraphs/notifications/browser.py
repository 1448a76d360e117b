"""A browser that takes push messages: its keys, and how it decrypts what arrives.

Written from RFC 8291 and RFC 8188 with cryptography alone, so that it shares nothing with the code
that encrypts.
"""

import base64
import json
import os
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class Browser:
    """One subscription."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    def subscription(self, endpoint: str) -> dict[str, str]:
        """What it tells the server."""
        return {
            "endpoint": endpoint,
            "p256dh": base64url(_point(self._private.public_key())),
            "auth": base64url(self._auth),
        }

    def read(self, body: bytes) -> dict[str, Any]:
        """The message in the coding aes128gcm, a single record."""
        salt, record_size, key_length = struct.unpack("!16sLB", body[:21])
        their_point, record = body[21 : 21 + key_length], body[21 + key_length :]
        assert len(record) <= record_size
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), their_point)
        shared = self._private.exchange(ec.ECDH(), theirs)
        ours = _point(self._private.public_key())
        key_info = b"WebPush: info\x00" + ours + their_point
        secret = _hkdf(self._auth, shared, key_info, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
        text = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert text.endswith(b"\x02"), "the last record ends with 2"
        return json.loads(text[:-1])
