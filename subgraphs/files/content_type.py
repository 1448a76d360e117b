"""What a file is, by its bytes; what the client says it is only has to agree.

Bytes that a format's signature names are of that type. Bytes that are text are one of the harmless
text types, whatever they contain: what a browser would run is plain text here. Anything else is
bytes of no known type.
"""

import filetype

from trellis.subgraphs.files.errors import NotAcceptableFile

HEAD = 8192
"""How many bytes are looked at."""
OCTETS = "application/octet-stream"
PLAIN = "text/plain"

_ZIP = "application/zip"
_IMAGES = frozenset(
    f"image/{name}"
    for name in ("png", "jpeg", "gif", "webp", "bmp", "tiff", "heic", "avif", "vnd.adobe.photoshop")
)
_SOUND_AND_FILM = frozenset(
    {
        *("audio/mpeg", "audio/ogg", "audio/x-wav", "audio/x-flac", "audio/mp4", "audio/aac"),
        *("video/mp4", "video/quicktime", "video/webm", "video/x-msvideo", "video/mpeg"),
        *("video/x-matroska", "video/x-m4v", "video/3gpp"),
    }
)
_OFFICE = frozenset(
    {
        *("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        *("application/pdf", "application/rtf", "application/epub+zip"),
    }
)
_ARCHIVES = frozenset(
    {
        *(_ZIP, "application/x-tar", "application/gzip", "application/x-bzip2"),
        *("application/x-7z-compressed", "application/x-rar-compressed", "application/x-xz"),
        "application/zstd",
    }
)
ALLOWED = _IMAGES | _SOUND_AND_FILM | _OFFICE | _ARCHIVES
"""What signatures may name; programs are not among it."""

# Harmless texts that keep their type; all others are plain.
_TEXTS = frozenset({PLAIN, "text/csv", "text/markdown", "application/json", "text/calendar"})
# Other names of the same.
_ALIKE = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "audio/mp3": "audio/mpeg",
    "audio/wav": "audio/x-wav",
    "audio/wave": "audio/x-wav",
    "audio/flac": "audio/x-flac",
    "audio/x-m4a": "audio/mp4",
    "video/avi": "video/x-msvideo",
    "application/x-zip-compressed": _ZIP,
    "application/x-gzip": "application/gzip",
    "application/x-rar": "application/x-rar-compressed",
    "application/vnd.rar": "application/x-rar-compressed",
    "text/rtf": "application/rtf",
    "text/x-markdown": "text/markdown",
}
# What clients say when they do not know.
_SAYS_NOTHING = frozenset({"", OCTETS, "binary/octet-stream", "application/x-download"})
# Types whose signature is that of what they are packed in.
_PACKED = {
    _ZIP: lambda declared: (
        declared in _OFFICE or declared.endswith("+zip") or "java-archive" in declared
    ),
    "application/msword": lambda declared: declared in _OFFICE,  # one container of three programs
    "video/mp4": lambda declared: declared in ("audio/mp4", "video/quicktime", "video/x-m4v"),
    "video/webm": lambda declared: declared in ("audio/webm", "video/x-matroska"),
    "video/x-matroska": lambda declared: declared in ("video/webm", "audio/webm"),
    "audio/ogg": lambda declared: declared in ("video/ogg", "application/ogg"),
}


def content_type(head: bytes, declared: str, *, is_whole: bool) -> str:
    """The type of a file that begins with ``head``; ``declared`` is what the client says.

    Raises ``NotAcceptableFile`` for types that are not kept and for a claim that the bytes belie.
    """
    declared = _ALIKE.get(declared, declared)
    found: str | None = filetype.guess_mime(head)
    if found is not None:
        return _recognized(_ALIKE.get(found, found), declared)
    if _is_text(head, is_whole=is_whole):
        return _text(declared)
    if declared in _SAYS_NOTHING or not _has_signature(declared):
        return OCTETS
    raise _belied(declared)


def _recognized(found: str, declared: str) -> str:
    if found not in ALLOWED:
        raise NotAcceptableFile(f"Files of the type {found} are not accepted.")
    if declared in _SAYS_NOTHING or declared == found:
        return found
    packed = _PACKED.get(found)
    if packed is not None and packed(declared):
        return declared if declared in ALLOWED else found
    raise _belied(declared)


def _text(declared: str) -> str:
    if declared in _TEXTS:
        return declared
    if _has_signature(declared):
        raise _belied(declared)
    return PLAIN


def _has_signature(declared: str) -> bool:
    """Whether bytes of that type would have been recognized."""
    return declared in ALLOWED


def _belied(declared: str) -> NotAcceptableFile:
    return NotAcceptableFile(f"The file is not what it is sent as, {declared[:100]}.")


def _is_text(head: bytes, *, is_whole: bool) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as broken:
        # The last character may go on after what was read.
        return not is_whole and broken.start >= len(head) - 3 and bool(head[: broken.start])
    return True
