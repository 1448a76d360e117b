"""Names of files: labels for people, never parts of a path."""

import unicodedata

_LONGEST = 255
_LONGEST_SUFFIX = 20
_UNNAMED = "file"
# What shells and file systems read as more than a name.
_FORBIDDEN = frozenset('<>:"/\\|?*')


def label_of(given: str) -> str:
    """The name as the client has sent it, as a text that can be stored and shown: without folders
    and control characters, at most 255 characters with its suffix."""
    base = given.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in base if unicodedata.category(c)[0] != "C").strip()
    return shortened(kept) or _UNNAMED


def safe_name(label: str) -> str:
    """A name for downloads that every system takes: no reserved characters, no dot at an end."""
    kept = "".join("_" if c in _FORBIDDEN else c for c in unicodedata.normalize("NFC", label))
    return shortened(kept.strip(" .")) or _UNNAMED


def shortened(name: str) -> str:
    """At most 255 characters; a short suffix stays."""
    if len(name) <= _LONGEST:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        return name[:_LONGEST]
    return stem[: _LONGEST - len(suffix) - 1] + dot + suffix
