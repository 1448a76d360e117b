"""The media type of a subgraph's response (RFC 9110, section 8.3.1)."""

import re
from functools import lru_cache

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_TEXT = r'"(?:[^"\\]|\\.)*"'
_MEDIA_TYPE = re.compile(
    rf"[ \t]*({_TOKEN}/{_TOKEN})[ \t]*(?:;[ \t]*(?:{_TOKEN}=(?:{_TOKEN}|{_TEXT})[ \t]*)?)*"
)


@lru_cache(maxsize=256)
def is_graphql_response(content_type: str) -> bool:
    """Whether a Content-Type header is ``application/graphql-response+json``, with any parameters.
    False for an invalid header."""
    found = _MEDIA_TYPE.fullmatch(content_type)
    return found is not None and found[1].lower() == "application/graphql-response+json"
