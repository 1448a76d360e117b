"""Where the bytes are: one small Protocol, filled by a local folder and by S3-compatible stores."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from trellis.db.storage import Storage
from trellis.subgraphs.files.errors import StoreUnavailable
from trellis.subgraphs.files.settings import FileSettings

_PIECE = 256 * 1024
_FOLDER_MODE = 0o700
_RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}


class ByteStore(Protocol):
    """Keeps bytes under keys. Raises ``StoreUnavailable`` when it cannot."""

    async def put(self, key: str, pieces: AsyncIterable[bytes]) -> None:
        """Keep all pieces under the key; nothing is there before the last one has been kept."""
        ...

    def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes]:
        """The bytes from ``start`` up to ``end``, in pieces."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the bytes, and what an interrupted ``put`` has left of them. Does nothing where
        there are none."""
        ...

    async def keys(self) -> list[str]:
        """All keys, for maintenance of the store."""
        ...


class ObjectStore:
    """A store of obstore's."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def put(self, key: str, pieces: AsyncIterable[bytes]) -> None:
        try:
            await obstore.put_async(self._store, key, aiter(pieces), max_concurrency=2)
        except (BaseError, OSError) as failure:
            raise StoreUnavailable from failure

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes]:
        try:
            found = await obstore.get_async(self._store, key, options={"range": (start, end)})
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)
        except (BaseError, OSError) as failure:
            raise StoreUnavailable from failure

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as failure:
            raise StoreUnavailable from failure

    async def keys(self) -> list[str]:
        try:
            found = obstore.list(self._store)
            return sorted([entry["path"] async for page in found for entry in page])
        except (BaseError, OSError) as failure:
            raise StoreUnavailable from failure


class LocalFolder(ObjectStore):
    """A folder for its owner alone."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder. Raises ``OSError``."""
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        super().__init__(LocalStore(str(folder), automatic_cleanup=False))
        self._folder = folder

    async def delete(self, key: str) -> None:
        await super().delete(key)
        await asyncio.to_thread(self._delete_drafts, key)

    def _delete_drafts(self, key: str) -> None:
        """A killed process leaves ``key#1``, which ``put`` would have renamed to ``key``."""
        path = self._folder / key
        for draft in path.parent.glob(f"{path.name}#*"):
            draft.unlink(missing_ok=True)

    async def keys(self) -> list[str]:
        """Drafts, too, which the store itself does not list."""
        return await asyncio.to_thread(self._all)

    def _all(self) -> list[str]:
        found = (Path(at) / name for at, _, names in os.walk(self._folder) for name in names)
        return sorted(path.relative_to(self._folder).as_posix() for path in found)


async def in_one_piece(data: bytes) -> AsyncGenerator[bytes]:
    """For ``ByteStore.put``: what is in memory anyway."""
    yield data


def key_of(blob_id: UUID) -> str:
    """The key of a blob: nothing that a client has chosen is in it."""
    text = blob_id.hex
    return f"{text[:2]}/{text}"


def store_of(storage: Storage) -> ByteStore:
    """The store that the installation has chosen. Raises ``ValueError``, and ``OSError`` when the
    folder cannot be made."""
    chosen = FileSettings.from_environment().store_url
    return _open(chosen or (storage.settings.data_dir / "files").absolute().as_uri())


@cache
def _open(url: str) -> ByteStore:
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return LocalFolder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return ObjectStore(_s3(parts.netloc, parts.path.strip("/"), parse_qs(parts.query)))
    raise ValueError(f"TRELLIS_FILES_URL must be file:///folder or s3://bucket, not {url!r}")


def _s3(bucket: str, prefix: str, given: dict[str, list[str]]) -> S3Store:
    """Credentials and region come from the environment."""
    more: dict[str, Any] = {}
    if endpoint := given.get("endpoint"):
        more["endpoint"] = endpoint[0]
        # Such servers have no name for each bucket, and often no certificate of their own.
        more["virtual_hosted_style_request"] = False
        more["client_options"] = {"allow_http": endpoint[0].startswith("http:")}
    return S3Store(bucket, prefix=prefix or None, retry_config=_RETRIES, **more)
