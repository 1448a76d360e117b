"""Identities and revocations as JSON, exchanged between the router and subgraphs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trellis.schema.identity import Identity
from trellis.schema.revocations import Revocations

_KINDS = {"user": "user", "service": "service"}


def identity_to_json(identity: Identity) -> dict[str, Any]:
    """An identity as JSON values, without empty members."""
    members = {
        "id": _id_text(identity.id),
        "username": identity.username,
        "email": identity.email,
        "roles": sorted(identity.roles),
        "scopes": sorted(identity.scopes),
        "tenantId": _id_text(identity.tenant_id),
        "tokenId": identity.token_id,
        "expiresAt": identity.expires_at,
        "issuedAt": identity.issued_at,
        "sessionId": _id_text(identity.session_id),
        "teamId": _id_text(identity.team_id),
        "kind": identity.kind,
        "keyId": identity.key_id,
        "tier": identity.tier,
    }
    return {name: value for name, value in members.items() if value not in (None, [])}


def identity_from_json(members: Mapping[str, Any]) -> Identity:
    """The inverse of ``identity_to_json``. Raises ValueError."""
    kind = _KINDS.get(members.get("kind", "user"))
    if kind is None:
        raise ValueError("unknown kind of caller")
    return Identity(
        id=_id(members, "id"),
        username=optional_member(members, "username", str),
        email=optional_member(members, "email", str),
        roles=_names(members, "roles"),
        scopes=_names(members, "scopes"),
        tenant_id=_id(members, "tenantId"),
        token_id=optional_member(members, "tokenId", str),
        expires_at=optional_member(members, "expiresAt", int),
        issued_at=optional_member(members, "issuedAt", int),
        session_id=_id(members, "sessionId"),
        team_id=_id(members, "teamId"),
        kind=kind,  # pyright: ignore[reportArgumentType]
        key_id=optional_member(members, "keyId", str),
        tier=optional_member(members, "tier", str),
    )


def revocations_to_json(revocations: Revocations) -> dict[str, Any]:
    """Revocations as JSON values in a stable order, so that equal ones have equal ETags."""
    return {
        "sessions": sorted(str(id) for id in revocations.sessions),
        "tokens": sorted(revocations.tokens),
        "users": sorted(str(id) for id in revocations.users),
        "keys": sorted(revocations.keys),
        "issuedBefore": {str(id): at for id, at in sorted(revocations.issued_before.items())},
    }


def revocations_from_json(value: Any) -> Revocations:
    """The inverse of ``revocations_to_json``. Raises ValueError."""
    if not isinstance(value, Mapping):
        raise ValueError("revocations must be an object")
    outdated = value.get("issuedBefore", {})
    if not isinstance(outdated, Mapping) or not all(type(at) is int for at in outdated.values()):
        raise ValueError("issuedBefore has the wrong type")
    return Revocations(
        sessions=frozenset(UUID(id) for id in _names(value, "sessions")),
        tokens=_names(value, "tokens"),
        users=frozenset(UUID(id) for id in _names(value, "users")),
        keys=_names(value, "keys"),
        issued_before={UUID(id): at for id, at in outdated.items()},
    )


def optional_member(members: Mapping[str, Any], name: str, kind: Any) -> Any:
    """A member of this type, or None. Raises ValueError."""
    value = members.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ValueError(f"{name} has the wrong type")
    return value


def _names(members: Mapping[str, Any], name: str) -> frozenset[str]:
    value = members.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is not a list of names")
    return frozenset(value)


def _id(members: Mapping[str, Any], name: str) -> UUID | None:
    text = optional_member(members, name, str)
    return UUID(text) if text is not None else None


def _id_text(id: UUID | None) -> str | None:
    return str(id) if id is not None else None
