"""Which bytes a request asks for (RFC 9110, sections 13.1.5 and 14), as pure functions."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_RANGE = re.compile(rb"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


class ByteRange(NamedTuple):
    """From ``start`` up to ``end``, which is not one of them."""

    start: int
    end: int


def wanted_range(headers: Mapping[bytes, bytes], size: int, tag: bytes) -> ByteRange | None:
    """The range that a request asks for; None for all bytes.

    A ``Range`` that is malformed, of another unit or of several ranges may be ignored (section
    14.2), and so it is. One with ``If-Range`` holds only while the strong tag is the same. Raises
    ValueError for a range that has no byte of the content.
    """
    given = headers.get(b"range")
    if given is None:
        return None
    condition = headers.get(b"if-range")
    if condition is not None and condition.strip() != tag:
        return None
    found = _RANGE.fullmatch(given.strip())
    if found is None or found[1] == found[2] == b"":
        return None
    first, last = found[1], found[2]
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise ValueError("a range of no bytes")
        return ByteRange(max(0, size - length), size)
    start = int(first)
    end = int(last) + 1 if last else size
    if end <= start and last:
        return None  # invalid, not unsatisfiable (section 14.1.1)
    if start >= size:
        raise ValueError("a range behind the end")
    return ByteRange(start, min(end, size))
