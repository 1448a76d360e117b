"""Sources of the public keys of token issuers."""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from trellis.schema.errors import Unavailable

LoadKeys = Callable[[], Awaitable[Mapping[str, Any]]]
MAX_KEY_SET_BYTES = 256 * 1024
"""The largest key set that is read; ordinary ones take a few kilobytes."""

_FIRST_INTERVAL = 1.0
"""Seconds between attempts before a key set was loaded for the first time."""

log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """Finds the key that a token names. ``version`` changes whenever the set of keys does."""

    @property
    def version(self) -> int: ...

    async def find(self, key_id: str | None) -> PyJWK | None:
        """The key with that id, or None. Raises ``Unavailable`` if no keys were ever loaded."""
        ...


class SharedSecret:
    """One symmetric key, for issuers without key pairs. It is never part of a key set: a public key
    must not be accepted as an HMAC secret (RFC 8725, section 2.1)."""

    version = 0

    def __init__(self, secret: bytes, *, algorithm: str = "HS256", key_id: str | None = None):
        if len(secret) < 32:
            raise ValueError("a shared secret needs at least 32 bytes (RFC 7518, section 3.2)")
        self._key = PyJWK({"kty": "oct", "k": _base64url(secret), "alg": algorithm})
        self._key_id = key_id

    async def find(self, key_id: str | None) -> PyJWK | None:
        return self._key if key_id == self._key_id else None


class KeySet:
    """A JSON Web Key Set (RFC 7517) that is loaded on demand; the last one is kept if loading
    fails.

    An unknown key id triggers a reload, at most once per ``min_interval`` seconds, so that clients
    cannot flood the issuer. After ``max_age`` it reloads in the background. Private and symmetric
    keys in the set are ignored: a published key set must not contain any.
    """

    def __init__(
        self,
        load: LoadKeys,
        *,
        max_age: float = 300.0,
        min_interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._max_age = max_age
        self._min_interval = min_interval
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._document: Mapping[str, Any] | None = None
        self._loaded_at = float("-inf")
        self._tried_at = float("-inf")
        self._loading: asyncio.Task[None] | None = None
        self.version = 0

    async def find(self, key_id: str | None) -> PyJWK | None:
        if key_id is None:
            return None
        key = self._keys.get(key_id)
        now = self._clock()
        if key is None and self._may_load(now):
            await asyncio.shield(self._start_loading(now))
            key = self._keys.get(key_id)
        elif now - self._loaded_at > self._max_age and self._may_load(now):
            self._start_loading(now)
        if key is None and self._document is None:
            raise Unavailable("Access tokens cannot be verified at the moment; try again shortly.")
        return key

    def _may_load(self, now: float) -> bool:
        # Before the first success attempts are more frequent: issuer and router may be starting at
        # the same time.
        interval = self._min_interval if self._document is not None else _FIRST_INTERVAL
        return self._loading is not None or now - self._tried_at >= interval

    def _start_loading(self, now: float) -> asyncio.Task[None]:
        if self._loading is None:
            self._tried_at = now
            self._loading = asyncio.create_task(self._reload())
        return self._loading

    async def _reload(self) -> None:
        try:
            document = await self._load()
            if document != self._document:
                self._keys = _verification_keys(document)
                self._document = document
                self.version += 1
            self._loaded_at = self._clock()
        except Exception as error:
            # Boundary to another system: on any failure the last valid keys stay in use.
            log.warning("key_set_not_loaded", error=type(error).__name__)
        finally:
            self._loading = None


def load_from_file(path: Path) -> LoadKeys:
    """A key set in a file."""

    async def load() -> Mapping[str, Any]:
        return orjson.loads(await asyncio.to_thread(path.read_bytes))

    return load


def load_from_url(url: str, client: httpx.AsyncClient) -> LoadKeys:
    """A key set published by an issuer. Redirects are not followed, and the size is limited."""

    async def load() -> Mapping[str, Any]:
        body = bytearray()
        async with client.stream("GET", url, timeout=5.0, follow_redirects=False) as response:
            if response.status_code != 200:
                raise ValueError(f"the key server returned HTTP {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_KEY_SET_BYTES:
                    raise ValueError("the key set is too large")
        return orjson.loads(bytes(body))

    return load


def _verification_keys(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """The usable public keys by id. Raises ``ValueError`` if the document is not a key set."""
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ValueError("a key set must have a list 'keys'")
    keys: dict[str, PyJWK] = {}
    for entry in entries:
        key_id = entry.get("kid")
        usable = entry.get("kty") in {"RSA", "EC", "OKP"} and entry.get("use", "sig") == "sig"
        if not isinstance(key_id, str) or not usable or "d" in entry:
            continue
        try:
            keys[key_id] = PyJWK(entry)
        except PyJWTError:
            log.warning("key_ignored", key_id=key_id)
    return keys


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
