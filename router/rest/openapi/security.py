"""Security requirements in OpenAPI."""

from collections.abc import Iterator
from typing import Any

from trellis.router.requirements import FREE, NOTHING_NEEDED, Requirement
from trellis.router.rest.access import Access
from trellis.router.rest.route import RestRoute

BEARER = "bearerAuth"
REFRESH = "refresh"

SCHEMES: dict[str, Any] = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token. `security` of an operation lists the required "
        "scopes; an empty list requires only a signed-in caller.",
    },
    REFRESH: {
        "type": "http",
        "scheme": "bearer",
        "description": "A refresh token in place of the access token.",
    },
}


def security_requirements(route: RestRoute, access: Access) -> list[dict[str, list[str]]]:
    """The alternative credentials of a route; empty if none are needed."""
    bearers = [parameter for parameter in route.parameters if parameter.place == "bearer"]
    if bearers:
        optional: list[dict[str, list[str]]] = [{}] if not bearers[0].is_required else []
        return [*optional, {REFRESH: []}]
    if access.is_public:
        return []
    return [{BEARER: scopes} for scopes in sorted(map(sorted, access.needed.scopes))]


def access_sentences(access: Access) -> Iterator[str]:
    """Descriptions of what OpenAPI cannot express: policies, and denied members."""
    if access.needed.policies != NOTHING_NEEDED:
        yield f"Needs {Requirement(policies=access.needed.policies)}."
    if access.wished != FREE:
        yield f"Members that need {access.wished} are null for other callers."
