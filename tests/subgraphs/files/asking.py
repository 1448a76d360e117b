"""Operations of files that many tests ask, and what they ask them about."""

import io
from typing import Any

from PIL import Image

from tests.support.subgraphs import Running
from tests.support.uploads import uploaded
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.content import Content
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.subgraphs.files.store import store_of

ENG, HOP = str(demo_id("project", "ENG")), str(demo_id("project", "HOP"))

UPLOAD = """mutation($f: Upload!, $d: FileDetailsInput) { uploadFile(file: $f, details: $d) { file {
  id filename originalFilename size mimeType sha256 description url thumbnailUrl version
  project { id } uploadedBy { id } attachments { id subject { __typename } } } } }"""
DELETE = "mutation($id: ID!) { deleteFile(id: $id) { deletedFileId } }"
UPDATE = """mutation($id: ID!, $i: UpdateFileInput!) { updateFile(id: $id, input: $i) {
  file { filename description version } } }"""
SHARE = """mutation($id: ID!, $i: ShareFileInput!) { shareFile(id: $id, input: $i) { file {
  shares { user { id } permission expiresAt } } } }"""
UNSHARE = """mutation($id: ID!, $u: ID!) { unshareFile(id: $id, userId: $u) { file {
  shares { user { id } } } } }"""
ATTACH = """mutation($id: ID!, $to: AttachmentTargetInput!) { attachFile(fileId: $id, to: $to) {
  attachment { id filename size subject { __typename } attachedBy { id } } } }"""
DETACH = """mutation($id: ID!) { detachFile(attachmentId: $id) { detachedAttachmentId } }"""
FILE = "query($id: ID!) { file(id: $id) { filename url thumbnailUrl shares { user { id } } } }"


def user(name: str) -> str:
    return str(demo_id("user", name))


def task(name: str) -> str:
    return str(demo_id("task", name))


def issue(name: str) -> str:
    return str(demo_id("issue", name))


def png(width: int = 8, height: int = 8) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "PNG")
    return written.getvalue()


async def answer(
    files: Running,
    who: Identity,
    data: bytes = b"hello",
    filename: str = "notes.txt",
    media_type: str = "text/plain",
    **details: Any,
) -> Any:
    """The result of an upload."""
    given = uploaded(data, filename, media_type)
    request = RequestContext(identity=who, request_id="req-1", uploads={"0.x": given})
    return await files.subgraph.schema.execute(
        UPLOAD,
        variable_values={"f": "0.x", "d": details or None},
        context_value=files.subgraph.make_context(request),
    )


async def upload(files: Running, who: Identity, *args: Any, **details: Any) -> dict[str, Any]:
    """The file of an upload that must go well."""
    result = await answer(files, who, *args, **details)
    assert not result.errors, result.errors
    return result.data["uploadFile"]["file"]


async def refused(files: Running, who: Identity, *args: Any, **details: Any) -> dict[str, Any]:
    """The extensions of the error of an upload that must be refused."""
    result = await answer(files, who, *args, **details)
    assert result.errors, result.data
    return dict(result.errors[0].extensions)


async def opened(files: Running, link: str) -> Content:
    """What a link leads to."""
    assert files.subgraph.open_content is not None
    return await files.subgraph.open_content(link.rpartition("/")[2])


async def content_of(files: Running, link: str) -> bytes:
    content = await opened(files, link)
    return b"".join([piece async for piece in content.read(0, content.size)])


async def stored(files: Running) -> list[str]:
    """All keys in the store."""
    return await store_of(files.context().storage).keys()


async def events(files: Running) -> list[Envelope]:
    return list(await files.bus.read_after("files", "0", 500))
