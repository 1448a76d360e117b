"""Entity tags in conditions of requests (RFC 9110, section 13.1)."""


def is_known(if_none_match: bytes | None, tag: bytes) -> bool:
    """Whether ``If-None-Match`` has the tag, by weak comparison (section 13.1.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == b"*":
        return True
    opaque = tag.removeprefix(b"W/")
    return any(part.strip().removeprefix(b"W/") == opaque for part in if_none_match.split(b","))


def is_current(if_match: bytes, tags: frozenset[bytes]) -> bool:
    """Whether ``If-Match`` names one of the tags, by strong comparison (section 13.1.1). What
    ``*`` asks for, that there is anything, is left to the caller."""
    return any(part.strip() in tags for part in if_match.split(b","))
