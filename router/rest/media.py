"""Media types of REST requests and responses (RFC 9110, sections 8.3 and 12.5.1)."""

from functools import lru_cache

from trellis.router.web.media_type import JSON, is_json

FORM = "application/x-www-form-urlencoded"
_EXACT = 2


@lru_cache(maxsize=512)
def negotiate(accept: str, own: tuple[str, ...]) -> str | None:
    """The media type of the response: JSON or one of the profile's ``own``; None if the client
    accepts neither. Of two with the same weight, the more specific one is used, then JSON."""
    if not accept.strip():
        return JSON
    weights = {}
    for offered in (JSON, *own):
        weights[offered] = _weight_of(offered, accept)
    best = max(weights, key=lambda offered: weights[offered])
    return best if weights[best][0] > 0 else None


def is_acceptable(media: str, accept: str) -> bool:
    """Whether a client accepts responses of this type."""
    return not accept.strip() or _weight_of(media, accept)[0] > 0


def is_named(media: str, accept: str) -> bool:
    """Whether a client asks for this very type, not only by a range such as ``*/*``."""
    weight, specific = _weight_of(media, accept)
    return specific == _EXACT and weight > 0


def _weight_of(offered: str, accept: str) -> tuple[float, int]:
    """The weight of the most specific matching range (section 12.5.1), and its specificity."""
    best = (0.0, -1)
    ranges = {"*/*": 0, offered.split("/")[0] + "/*": 1, offered: _EXACT}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        specific = ranges.get(name)
        if specific is not None and specific > best[1]:
            best = (_quality(parameters), specific)
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def is_json_like(content_type: str, own: tuple[str, ...]) -> bool:
    """Whether the content type is JSON or one of the profile's ``own``."""
    return is_json(content_type) or _name(content_type) in own


def is_form(content_type: str) -> bool:
    """Whether the content type is that of an HTML form."""
    return _name(content_type) == FORM


def _name(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
