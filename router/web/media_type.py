"""Media types of requests and responses (GraphQL-over-HTTP, section 6.2)."""

from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

_OFFERED = {
    GRAPHQL_RESPONSE: GRAPHQL_RESPONSE,
    "application/*": GRAPHQL_RESPONSE,
    JSON: JSON,
    "*/*": JSON,
}


@lru_cache(maxsize=256)
def negotiate(accept: str) -> str | None:
    """The media type of the response for an Accept header; None if neither type is acceptable.

    Without the header it is ``application/json``, which older clients expect. Of two types with
    the same weight, the first one is used.
    """
    if not accept.strip():
        return JSON
    best, best_weight = None, 0.0
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        offered = _OFFERED.get(name)
        weight = _weight(parameters)
        if offered and weight > best_weight:
            best, best_weight = offered, weight
    return best


def media_type_of(content_type: str) -> str:
    """The media type without its parameters, in lower case (RFC 9110, section 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Whether the content type is JSON in UTF-8, its only allowed encoding (RFC 8259)."""
    name, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    return name == JSON and _is_utf8(parameters)


def _weight(parameters: list[str]) -> float:
    if not _is_utf8(parameters):
        return 0.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _is_utf8(parameters: list[str]) -> bool:
    charsets = [p[8:].strip('"') for p in parameters if p.startswith("charset=")]
    return all(charset in ("utf-8", "utf8") for charset in charsets)
