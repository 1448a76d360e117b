"""The key pairs that sign access tokens, and their life: next, active, retired.

next     published, does not sign yet: verifiers learn it before they meet it
active   published and signs; always exactly one
retired  published until the last token it signed has expired
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.subgraphs.accounts.models import KeyState, SigningKey
from trellis.subgraphs.accounts.sealing import signing_key_purpose
from trellis.subgraphs.secret_scope.vault import Vault

ALGORITHM = "RS256"
# Longer than any access token lives, and than verifiers believe what they once loaded.
OVERLAP = timedelta(hours=2)
ROTATE_AFTER = timedelta(days=90)
_REREAD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs at the moment."""

    id: str
    private_key: rsa.RSAPrivateKey


class SigningKeys:
    """Reads the keys of the table, and again once a minute: another process may rotate them."""

    def __init__(self, storage: Storage, vault: Vault) -> None:
        self._storage = storage
        self._vault = vault
        self._read_at = float("-inf")
        self._signer: Signer | None = None

    async def signer(self) -> Signer:
        """The active key. Raises ``Unavailable`` when the database does not answer."""
        if self._signer is None or time.monotonic() - self._read_at > _REREAD_SECONDS:
            async with self._storage.read() as session:
                key = await active_key(session)
            if key is None:
                raise RuntimeError("there is no active signing key")
            if self._signer is None or self._signer.id != key.id:
                self._signer = Signer(key.id, _private_key(key, self._vault))
            self._read_at = time.monotonic()
        return self._signer

    async def jwks(self) -> Mapping[str, Any]:
        """The JSON Web Key Set (RFC 7517) by which others verify our tokens."""
        async with self._storage.read() as session:
            statement = select(SigningKey).order_by(col(SigningKey.created_at), col(SigningKey.id))
            keys = (await session.scalars(statement)).all()
        return {"keys": [_public_jwk(key, self._vault) for key in keys]}

    async def keep_fresh(self, now: datetime | None = None) -> None:
        """Take the next step of rotation that is due; safe to run in many processes at once."""
        async with self._storage.begin() as uow:
            await rotate_when_due(uow.session, self._vault, now or utc_now())
        self._read_at = float("-inf")


async def active_key(session: AsyncSession) -> SigningKey | None:
    statement = select(SigningKey).where(col(SigningKey.state) == KeyState.ACTIVE)
    return (await session.scalars(statement)).first()


async def rotate_when_due(
    session: AsyncSession,
    vault: Vault,
    now: datetime,
    *,
    rotate_after: timedelta = ROTATE_AFTER,
) -> None:
    """Publish, activate, retire and delete keys by their age."""
    # Two processes that start together must not both make the first key.
    await hold(session, "signing_keys")
    keys = (await session.scalars(select(SigningKey))).all()
    active = next((key for key in keys if key.state is KeyState.ACTIVE), None)
    coming = next((key for key in keys if key.state is KeyState.NEXT), None)
    if active is None:
        session.add(_new_key(vault, KeyState.ACTIVE, now))
        return
    if coming is None and now - (active.activated_at or active.created_at) >= rotate_after:
        session.add(_new_key(vault, KeyState.NEXT, now))
    elif coming is not None and now - coming.created_at >= OVERLAP:
        active.state, active.retired_at = KeyState.RETIRED, now
        coming.state, coming.activated_at = KeyState.ACTIVE, now
    for key in keys:
        if key.retired_at is not None and now - key.retired_at >= OVERLAP:
            await session.delete(key)


def _new_key(vault: Vault, state: KeyState, now: datetime) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    id = _thumbprint(private)
    return SigningKey(
        id=id,
        state=state,
        private_pem=vault.seal(pem.decode(), signing_key_purpose(id)),
        created_at=now,
        activated_at=now if state is KeyState.ACTIVE else None,
    )


def _private_key(key: SigningKey, vault: Vault) -> rsa.RSAPrivateKey:
    pem = vault.open(key.private_pem, signing_key_purpose(key.id))
    private = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("the signing key is no RSA key")
    return private


def _public_jwk(key: SigningKey, vault: Vault) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(_private_key(key, vault).public_key()))
    return {"kty": "RSA", "n": public["n"], "e": public["e"]} | {
        "kid": key.id,
        "use": "sig",
        "alg": ALGORITHM,
    }


def _thumbprint(private: rsa.RSAPrivateKey) -> str:
    """RFC 7638: the hash of the required members in lexical order."""
    public = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    canonical = json.dumps(
        {"e": public["e"], "kty": "RSA", "n": public["n"]}, separators=(",", ":"), sort_keys=True
    )
    digest = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
