"""Verification of signed access tokens, for the router and for standalone subgraphs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import jwt
from jwt import PyJWK

from trellis.schema.errors import Unauthenticated
from trellis.schema.identity import Identity

ASYMMETRIC_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
REQUIRED_CLAIMS = ("exp", "iat", "nbf", "sub", "iss", "aud", "jti")
MAX_TOKEN_LENGTH = 8192
TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})


class TokenInvalid(Unauthenticated):
    """The token proves nothing. The message never says which check it failed: only an attacker
    would learn from that."""

    def __init__(self) -> None:
        super().__init__("The access token is not valid; sign in again.", reason="TOKEN_INVALID")


class TokenExpired(Unauthenticated):
    """The token has expired; the client should use its refresh token."""

    def __init__(self) -> None:
        super().__init__(
            "The access token has expired; refresh it or sign in again.", reason="TOKEN_EXPIRED"
        )


@dataclass(frozen=True, slots=True)
class TokenHead:
    """The header and issuer of an unverified token: used to select the key, not trusted."""

    key_id: str | None
    algorithm: str
    issuer: str


def identity_from_claims(claims: Mapping[str, Any]) -> Identity:
    """The caller described by verified claims: the union of the ``user_id`` and ``sub`` dialects.

    ``organization_id`` doubles as ``tenant_id``; ``scope`` (RFC 8693) is read beside
    ``permissions``. Raises ``ValueError`` when a claim has the wrong shape or two disagree.
    """
    subject = UUID(claims["sub"])
    if UUID(claims.get("user_id", claims["sub"])) != subject:
        raise ValueError("user_id and sub disagree")
    tenants = {UUID(claims[k]) for k in ("tenant_id", "organization_id") if claims.get(k)}
    if len(tenants) > 1:
        raise ValueError("tenant_id and organization_id disagree")
    session, team = claims.get("sid"), claims.get("team_id")
    return Identity(
        id=subject,
        username=_text(claims, "username"),
        email=_text(claims, "email"),
        roles=_names(claims, "roles"),
        scopes=_names(claims, "permissions") | frozenset((_text(claims, "scope") or "").split()),
        tenant_id=next(iter(tenants), None),
        token_id=_text(claims, "jti"),
        expires_at=int(claims["exp"]),
        issued_at=int(claims["iat"]),
        session_id=UUID(session) if session else None,
        team_id=UUID(team) if team else None,
        tier=_text(claims, "tier"),
    )


@dataclass(frozen=True, slots=True)
class TokenRules:
    """The requirements on tokens of one issuer. ``leeway`` and ``max_lifetime`` in seconds.

    ``algorithms`` bounds what a key set may bring; each key is bound to its own algorithm besides.
    ``types`` holds what ``typ`` may be, in lower case; the empty text allows that there is none.
    ``to_identity`` maps verified claims; it refuses by raising ``ValueError``.
    """

    issuer: str
    audience: str
    algorithms: frozenset[str] = ASYMMETRIC_ALGORITHMS
    leeway: int = 60
    max_lifetime: int = 24 * 3600
    types: frozenset[str] = TOKEN_TYPES
    required: tuple[str, ...] = REQUIRED_CLAIMS
    to_identity: Callable[[Mapping[str, Any]], Identity] = field(default=identity_from_claims)


def read_head(token: str) -> TokenHead:
    """Read the issuer and key id that a token claims, without verifying it.

    Raises ``TokenInvalid`` for what is no JWS in compact form (RFC 7515) or carries a critical
    extension: none is understood here, so RFC 7515 section 4.1.11 demands refusal.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenInvalid
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenInvalid from None
    header, issuer = parts["header"], parts["payload"].get("iss")
    key_id = header.get("kid")
    well_formed = (
        "crit" not in header
        and isinstance(issuer, str)
        and (key_id is None or isinstance(key_id, str))
    )
    if not well_formed:
        raise TokenInvalid
    return TokenHead(key_id, str(header.get("alg")), issuer)


def verify_token(token: str, key: PyJWK, rules: TokenRules) -> Identity:
    """Verify signature and claims. The key determines the algorithm, never the token.

    Raises ``TokenExpired`` or ``TokenInvalid``.
    """
    if key.algorithm_name not in rules.algorithms:
        raise TokenInvalid
    try:
        found = jwt.decode_complete(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=rules.leeway,
            options={"require": list(rules.required)},
        )
        header, claims = found["header"], found["payload"]
        if header.get("typ", "").lower() not in rules.types:
            raise TokenInvalid
        if int(claims["exp"]) - int(claims["iat"]) > rules.max_lifetime:
            raise TokenInvalid
        return rules.to_identity(claims)
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise TokenInvalid from None


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    if value is not None:
        value.encode()  # half a surrogate pair is no text; the error is a ValueError
    return value


def _names(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = claims.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is not a list of names")
    return frozenset(value)
