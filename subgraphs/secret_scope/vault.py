"""Secrets at rest: what has to be read back is kept sealed, under a key outside of the database.

    sealed:<which key>:<nonce and ciphertext>       AES-256-GCM, bound to what it is for

Text without the mark is a row from before there was a vault; it is read as it is, and sealed when
its domain seals everything anew.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from trellis.schema.kept_secret import kept_secret, several_secrets

MARK = "sealed:"
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
    """One secret, turned into a key for sealing and one for fingerprints, of one domain."""

    def __init__(self, secret: str, domain: str) -> None:
        self.cipher = AESGCM(_derived(secret, f"trellis {domain} seal"))
        self.fingerprints = _derived(secret, f"trellis {domain} fingerprint")
        self.id = hashlib.sha256(_derived(secret, f"trellis {domain} key id")).hexdigest()[:8]


class Vault:
    """Seals with the first of its keys and opens with any, so that one can follow another.

    ``load_secrets`` is asked at the first use: importing a package must not write files. The same
    secrets make other keys for each ``domain``, so what one has sealed is nothing to another.
    """

    def __init__(self, domain: str, load_secrets: Callable[[], Sequence[str]]) -> None:
        self._domain = domain
        self._load_secrets = load_secrets

    @cached_property
    def _keys(self) -> Sequence[_Key]:
        return [_Key(secret, self._domain) for secret in self._load_secrets()]

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
        """A keyed hash that identifies equal texts, which others cannot compute."""
        key = self._keys[0].fingerprints
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()


def given_or_kept(given: str | None, data_dir: Path) -> Sequence[str]:
    """The secrets of TRELLIS_SECRET_KEY, or the one in a file of ``data_dir`` that the first
    process writes, readable by its owner only. Raises ``ValueError`` for one that is too short.
    """
    try:
        return several_secrets(given or kept_secret(data_dir / _FILE))
    except ValueError as refusal:
        raise ValueError(f"TRELLIS_SECRET_KEY: {refusal}") from None


def _derived(secret: str, use: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=use.encode())
    return key.derive(secret.encode())
