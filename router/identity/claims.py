"""Maps the claims of a third-party issuer to an identity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from trellis.schema.identity import Identity

_MAX_SUBJECT = 255  # OpenID Connect Core, section 2


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """The claims from which each member of an identity is read; empty: it is not read.

    A name with dots is a path into objects, unless there is a claim with exactly that name.
    """

    subject: str = "sub"
    username: str = ""
    email: str = ""
    roles: str = ""
    scopes: str = "scope"
    tenant: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ForeignClaims:
    """Reads the tokens of one issuer.

    With ``foreign`` subjects, a caller's id is derived from issuer and subject (UUID version 5). It
    is the same for all tokens of the caller and can never be the id of a local user or of another
    issuer's user. With ``own``, subjects and tenants are local ids.
    """

    issuer: str
    names: ClaimNames = ClaimNames()
    subjects: Literal["foreign", "own"] = "foreign"

    def to_identity(self, claims: Mapping[str, Any]) -> Identity:
        """The caller described by verified claims. Raises ValueError for the wrong shape."""
        names = self.names
        subject = _text(claims, names.subject)
        if not subject or len(subject) > _MAX_SUBJECT:
            raise ValueError("no subject")
        tenant = _text(claims, names.tenant)
        return Identity(
            id=self._id("user", subject),
            username=_text(claims, names.username),
            email=_text(claims, names.email),
            roles=_words(claims, names.roles),
            scopes=_words(claims, names.scopes),
            tenant_id=self._id("tenant", tenant) if tenant else None,
            token_id=_text(claims, "jti"),
            expires_at=int(claims["exp"]),
            issued_at=int(claims["iat"]),
            tier=_text(claims, names.tier),
        )

    def _id(self, kind: str, value: str) -> UUID:
        if self.subjects == "own":
            return UUID(value)
        return uuid5(uuid5(uuid5(NAMESPACE_URL, self.issuer), kind), value)


def _find(claims: Mapping[str, Any], name: str) -> Any:
    if not name or name in claims:
        return claims.get(name) if name else None
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = _find(claims, name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    if value is not None:
        value.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
    return value


def _words(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = _find(claims, name) or []
    if isinstance(value, str):
        return frozenset(value.split())
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is not a list of names")
    return frozenset(value)
