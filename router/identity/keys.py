"""Where the public keys of token issuers come from, and how long they are believed."""

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
_FIRST_INTERVAL = 1.0

log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """Finds the key a token names. ``version`` changes whenever the set of keys does."""

    @property
    def version(self) -> int: ...

    async def find(self, key_id: str | None) -> PyJWK | None:
        """The key of that id, or None. Raises ``Unavailable`` when no key was ever loaded."""
        ...


class SharedSecret:
    """One symmetric key, for issuers that cannot sign otherwise; never mixed into a key set."""

    version = 0

    def __init__(self, secret: bytes, *, algorithm: str = "HS256", key_id: str | None = None):
        if len(secret) < 32:
            raise ValueError("a shared secret needs at least 32 bytes (RFC 7518, section 3.2)")
        self._key = PyJWK({"kty": "oct", "k": _base64url(secret), "alg": algorithm})
        self._key_id = key_id

    async def find(self, key_id: str | None) -> PyJWK | None:
        return self._key if key_id == self._key_id else None


class KeySet:
    """A JSON Web Key Set (RFC 7517) that is loaded when needed and kept when loading fails.

    A token with an unknown key id makes it load again, at most once per ``min_interval`` seconds
    whatever clients send; after ``max_age`` it reloads beside the traffic. Private and symmetric
    keys in the set are ignored: they have no business in a published one.
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
        # Before the first success there is nothing to protect by waiting: issuer and router may
        # be starting together.
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
            # The boundary to another party: whatever it did wrong, the last good keys stay.
            log.warning("key_set_not_loaded", error=type(error).__name__)
        finally:
            self._loading = None


def load_from_file(path: Path) -> LoadKeys:
    """A key set kept in a file, read again when it is due."""

    async def load() -> Mapping[str, Any]:
        return orjson.loads(await asyncio.to_thread(path.read_bytes))

    return load


def load_from_url(url: str, client: httpx.AsyncClient) -> LoadKeys:
    """A key set published by an issuer; redirects are not followed and the size is bounded."""

    async def load() -> Mapping[str, Any]:
        body = bytearray()
        async with client.stream("GET", url, timeout=5.0, follow_redirects=False) as response:
            if response.status_code != 200:
                raise ValueError(f"the key server answered {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_KEY_SET_BYTES:
                    raise ValueError("the key set is too large")
        return orjson.loads(bytes(body))

    return load


def _verification_keys(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """The usable public keys by id. Raises ``ValueError`` when the document is no key set."""
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ValueError("a key set has a list 'keys'")
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
