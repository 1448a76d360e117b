"""Everybody of the one tenant who might reach for what is the other's."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from tests.subgraphs.tenants.tenant import HERE
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.roles import scopes_of

_ROLES = ("user", "project_admin")
OUTSIDER = Identity(
    id=UUID(int=7),
    username="outsider",
    email="outsider@example.com",
    roles=frozenset(_ROLES),
    scopes=scopes_of(_ROLES),
)
"""In no organization."""

BOSS = HERE.caller("boss")
"""Administers the organization and all of its projects: may most of all without being an
administrator of the platform."""

OTHERS: Mapping[str, Identity] = {
    "lead": HERE.caller("lead"),
    "member": HERE.caller("member"),
    "viewer": HERE.caller("viewer"),
    "program": replace(BOSS, kind="service", key_id=str(HERE.id("api_key", "boss"))),
    "outsider": OUTSIDER,
    "nobody": ANONYMOUS,
}
"""The program has a key of the boss."""

CALLERS: Mapping[str, Identity] = {"boss": BOSS, **OTHERS}
