"""Secrets at rest: what has to be read back is kept sealed, under a key outside of the database.

    sealed:<which key>:<nonce and ciphertext>       AES-256-GCM, bound to what it is for

Text without the mark is a row from before there was a vault; it is read and sealed at the next
start (``subgraphs.accounts.sealing``).
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK = "sealed:"
_MIN_LENGTH = 32
_NONCE_BYTES = 12
_FILE = "secret_key"


class WrongSecretKey(RuntimeError):
    """Something is sealed with a key that we were not given."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Cannot open {what}: it is sealed with another key. Add that key to "
            "TRELLIS_SECRET_KEY, after a comma, or bring back the secret_key file."
        )


class _Key:
    """One secret, turned into a key for sealing and one for fingerprints."""

    def __init__(self, secret: str) -> None:
        self.cipher = AESGCM(_derived(secret, b"trellis accounts seal"))
        self.fingerprints = _derived(secret, b"trellis accounts fingerprint")
        self.id = hashlib.sha256(_derived(secret, b"trellis accounts key id")).hexdigest()[:8]


class Vault:
    """Seals with the first of its keys and opens with any, so that one can follow another.

    ``load_secrets`` is asked at the first use: importing this package must not write files.
    """

    def __init__(self, load_secrets: Callable[[], Sequence[str]]) -> None:
        self._load_secrets = load_secrets

    @cached_property
    def _keys(self) -> Sequence[_Key]:
        return [_Key(secret) for secret in self._load_secrets()]

    def seal(self, text: str, purpose: str) -> str:
        """``text`` as only this vault can read it, and only for the same purpose."""
        key, nonce = self._keys[0], os.urandom(_NONCE_BYTES)
        sealed = nonce + key.cipher.encrypt(nonce, text.encode(), purpose.encode())
        return f"{MARK}{key.id}:{base64.b64encode(sealed).decode()}"

    def open(self, text: str, purpose: str) -> str:
        """What was sealed for this purpose. Raises ``WrongSecretKey``."""
        if not text.startswith(MARK):
            return text
        key_id, _, content = text.removeprefix(MARK).partition(":")
        key = next((key for key in self._keys if key.id == key_id), None)
        if key is None:
            raise WrongSecretKey(purpose)
        try:
            sealed = base64.b64decode(content)
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return key.cipher.decrypt(nonce, rest, purpose.encode()).decode()
        except (InvalidTag, ValueError):
            raise WrongSecretKey(purpose) from None

    @property
    def current_mark(self) -> str:
        """How everything begins that is sealed with the first key."""
        return f"{MARK}{self._keys[0].id}:"

    def fingerprint(self, text: str) -> str:
        """A hash that tells equal texts without letting anybody else try texts out."""
        key = self._keys[0].fingerprints
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()


def given_or_kept(given: str | None, data_dir: Path) -> Sequence[str]:
    """The secrets of TRELLIS_SECRET_KEY, or the one in a file of ``data_dir`` that the first
    process writes, readable by its owner only. Raises ``ValueError`` for one that is too short.
    """
    text = given if given else _kept_in(data_dir / _FILE)
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found or min(map(len, found)) < _MIN_LENGTH:
        raise ValueError(
            f"TRELLIS_SECRET_KEY: a key needs at least {_MIN_LENGTH} characters, for example "
            "those of `openssl rand -hex 32`."
        )
    return found


def _kept_in(path: Path) -> str:
    """Several processes may start at once: the file appears whole, and only once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")


def _derived(secret: str, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=use).derive(secret.encode())
