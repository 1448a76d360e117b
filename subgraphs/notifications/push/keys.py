"""The keys of Web Push: those of browsers, and our own, by which push services know us (VAPID)."""

import base64
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.locks import hold
from trellis.db.storage import Storage
from trellis.subgraphs.notifications.models import PushKey
from trellis.subgraphs.notifications.secrets import vault_of
from trellis.subgraphs.secret_scope.vault import Vault

_PURPOSE = "push key"
_TOKEN_SECONDS = 12 * 3_600  # RFC 8292 allows a day


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """What a browser gives when it subscribes: where to send to, and what to encrypt for."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    def sealed(self, vault: Vault, purpose: str) -> bytes:
        parts = [self.endpoint, encoded(self.p256dh), encoded(self.auth)]
        return vault.seal(json.dumps(parts), purpose).encode()

    @classmethod
    def opened(cls, vault: Vault, sealed: bytes, purpose: str) -> "BrowserKeys":
        """Raises ``WrongSecretKey``."""
        endpoint, p256dh, auth = json.loads(vault.open(sealed.decode(), purpose))
        return cls(endpoint, decoded(p256dh), decoded(auth))


def is_public_key(key: bytes) -> bool:
    """Whether it is an uncompressed point of the curve P-256."""
    if len(key) != 65 or key[0] != 4:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except (ValueError, InvalidKey):
        return False
    return True


def encoded(value: bytes) -> str:
    """As base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises ``ValueError``."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class ServerKey:
    """Our key pair; push services get a token that it has signed."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, contact: str) -> None:
        self._private = private
        self._contact = contact
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = encoded(point)

    def authorization(self, endpoint: str) -> str:
        """The header that proves to the push service of an endpoint who sends (RFC 8292)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + _TOKEN_SECONDS,
            "sub": self._contact,
        }
        token = jwt.encode(claims, self._private, algorithm="ES256", headers={"typ": "JWT"})
        return f"vapid t={token}, k={self.public_key}"


async def public_key(storage: Storage) -> str:
    """What browsers need to subscribe. The first who asks makes the key pair."""
    async with storage.read() as session:
        row = await session.get(PushKey, 1)
    if row is not None:
        return row.public_key
    async with storage.begin() as uow:
        row = await _kept(uow.session, vault_of(storage))
    return row.public_key


async def server_key(storage: Storage, contact: str) -> ServerKey:
    """Our key pair. ``contact`` is where the makers of push services can reach us, a URL."""
    vault = vault_of(storage)
    async with storage.begin() as uow:
        row = await _kept(uow.session, vault)
        pem = vault.open(row.sealed.decode(), _PURPOSE)
        if not row.sealed.startswith(vault.current_mark.encode()):
            row.sealed = vault.seal(pem, _PURPOSE).encode()
    private = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return ServerKey(private, contact)


async def _kept(session: AsyncSession, vault: Vault) -> PushKey:
    await hold(session, "push-key")
    row = await session.get(PushKey, 1)
    if row is None:
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public_key = ServerKey(private, "").public_key
        row = PushKey(public_key=public_key, sealed=vault.seal(pem, _PURPOSE).encode())
        session.add(row)
        await session.flush()
    return row
