"""What a ticket leads to: the bytes of a file that its asker still sees."""

from functools import partial
from pathlib import PurePosixPath

from trellis.db.storage import Storage
from trellis.schema.content import Content
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.errors import LinkNotValid
from trellis.subgraphs.files.models import Blob
from trellis.subgraphs.files.store import key_of, store_of
from trellis.subgraphs.files.thumbnails import THUMBNAIL_TYPE
from trellis.subgraphs.files.tickets import Variant, signer_of


async def open_content(storage: Storage, text: str) -> Content:
    """Raises ``LinkNotValid``."""
    ticket = signer_of(storage).read(text)
    async with storage.read() as session:
        [file] = await queries.files_by_id(session, ticket.asker, [ticket.file_id])
        if file is None:
            raise LinkNotValid
        if ticket.variant is Variant.ORIGINAL:
            key = key_of(file.blob_id)
            read = partial(store_of(storage).read, key)
            return Content(file.filename, file.mime_type, file.size, file.sha256, read)
        small = await session.get(Blob, file.thumbnail_id) if file.thumbnail_id else None
    if small is None:
        raise LinkNotValid
    name = PurePosixPath(file.filename).stem + ".webp"
    read = partial(store_of(storage).read, key_of(small.id))
    return Content(name, THUMBNAIL_TYPE, small.size, small.id.hex, read)


async def check(storage: Storage) -> None:
    """Raises ``ValueError`` and ``OSError`` where the settings of store and links are no good."""
    store_of(storage)
    signer_of(storage)
