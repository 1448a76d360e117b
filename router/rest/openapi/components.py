"""The components of a document while it is written."""

from dataclasses import dataclass, field
from typing import Any

from trellis.router.rest.openapi.parameters import SHARED_PARAMETERS
from trellis.router.rest.openapi.security import SCHEMES

SHARED_HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "By which we find this request; your own, if you sent one.",
        "required": True,
        "schema": {"type": "string"},
    },
    "X-RateLimit-Limit": {
        "description": "Requests in the window of the limit that is closest to being exceeded.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "Requests left in this window.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Reset": {
        "description": "When the window ends, in Unix seconds.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {"type": "integer"},
    },
    "WWW-Authenticate": {
        "description": "How to prove who calls (RFC 6750).",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Of this answer, for If-None-Match.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "Where the thing that was made is.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Deprecation": {
        "description": "Since when this route is deprecated (RFC 9745).",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": "When this route is removed (RFC 8594).",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": "The pages beside this one, or what to use instead (RFC 8288).",
        "schema": {"type": "string"},
    },
}
"""Headers that many answers have; they stand among the components."""


@dataclass(slots=True)
class Components:
    """``schemas``: bodies, input objects, and objects that bodies share; ``responses``: failures,
    which routes have in common; ``headers``: those of every profile and those of single ones."""

    schemas: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=lambda: dict(SHARED_HEADERS))

    def written(self) -> dict[str, Any]:
        """As OpenAPI has them."""
        return {
            "schemas": self.schemas,
            "responses": self.responses,
            "parameters": SHARED_PARAMETERS,
            "headers": self.headers,
            "securitySchemes": SCHEMES,
        }
