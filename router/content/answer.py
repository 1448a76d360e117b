"""The HTTP answer with a content: headers, ranges, and the bytes as they come from the store."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from urllib.parse import quote

from starlette.types import Send

from trellis.router.content.ranges import ByteRange, wanted_range
from trellis.router.web.entity_tags import is_known
from trellis.schema.content import Content

Header = tuple[bytes, bytes]

# Whatever the bytes are, a browser that opens the link runs nothing of them.
_FIXED: Sequence[Header] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cache-control", b"private, no-cache"),
    (b"accept-ranges", b"bytes"),
)


class ContentAnswer:
    """The answer to a GET or HEAD for ``content``, used like a response: 200, 206 for one range,
    304 where the client has it, 416 for a range behind its end."""

    def __init__(
        self, content: Content, headers: Mapping[bytes, bytes], more: Sequence[Header] = ()
    ) -> None:
        """``headers`` are those of the request, ``more`` are added to the answer."""
        self._content = content
        tag = f'"{content.etag}"'.encode()
        own: list[Header] = [*_FIXED, (b"etag", tag)]
        names = {name for name, _ in own}
        self._headers = [*own, *(pair for pair in more if pair[0] not in names)]
        self._range = ByteRange(0, content.size)
        self.status = 200
        if is_known(headers.get(b"if-none-match"), tag):
            self.status = 304
            return
        try:
            wanted = wanted_range(headers, content.size, tag)
        except ValueError:
            self.status, self._range = 416, ByteRange(0, 0)
            value = b"bytes */%d" % content.size
            self._headers += [(b"content-range", value), (b"content-length", b"0")]
            return
        if wanted is not None:
            self.status, self._range = 206, wanted
            value = b"bytes %d-%d/%d" % (wanted.start, wanted.end - 1, content.size)
            self._headers.append((b"content-range", value))
        self._headers += [
            (b"content-type", content.media_type.encode("latin-1", "replace")),
            (b"content-disposition", disposition(content.filename)),
            (b"content-length", b"%d" % (self._range.end - self._range.start)),
        ]

    async def send(self, send: Send, *, is_head: bool = False) -> None:
        """Send it, as fast as the client reads. A store that fails in the middle breaks off the
        connection, for the status has gone."""
        start = {"type": "http.response.start", "status": self.status, "headers": self._headers}
        if is_head or self.status in (304, 416) or self._range.start == self._range.end:
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        async with aclosing(self._content.read(*self._range)) as pieces:
            has_begun = False
            async for piece in pieces:
                if not has_begun:  # the first piece is here: now nothing but the client can fail
                    await send(start)
                    has_begun = True
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if not has_begun:
                raise OSError("The store gave no bytes.")
        await send({"type": "http.response.body", "body": b""})


def disposition(filename: str) -> bytes:
    """``attachment`` with the name in ASCII and, where that is another one, in UTF-8 (RFC 6266,
    section 4.3; RFC 8187)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    value = f'attachment; filename="{plain}"'
    if plain != filename:
        encoded = quote(filename.encode("utf-8", "replace"), safe="")
        value += f"; filename*=UTF-8''{encoded}"
    return value.encode("ascii")
