"""Access tokens (signed, short-lived) and refresh tokens (random, kept as a hash)."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import jwt

from trellis.schema.roles import scopes_of
from trellis.subgraphs.accounts.models import Session, Tier, User
from trellis.subgraphs.accounts.permissions import roles_in_force
from trellis.subgraphs.accounts.queries import Belonging
from trellis.subgraphs.accounts.settings import AccountSettings, access_lifetime
from trellis.subgraphs.accounts.signing_keys import ALGORITHM, Signer
from trellis.subgraphs.accounts.subscriptions import PREMIUM, highest, tier_of


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and its lifetime in seconds."""

    text: str
    expires_in: int


def sign_access_token(
    user: User,
    belonging: Belonging,
    session: Session,
    *,
    signer: Signer,
    settings: AccountSettings,
    now: datetime,
) -> AccessToken:
    """A token with the union of the claims that the interface's dialects promise."""
    lifetime = access_lifetime(session.profile)
    issued_at = max(int(now.timestamp()), good_from(user))
    tier = highest((tier_of(user, now), belonging.tier))
    claims: dict[str, Any] = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": str(user.id),
        "user_id": str(user.id),
        "email": user.email,
        "username": user.username,
        "roles": list(user.roles),
        "permissions": sorted(permissions_of(user.roles, tier)),
        "tier": tier.value,
        "iat": issued_at,
        "nbf": int(now.timestamp()),
        "exp": issued_at + int(lifetime.total_seconds()),
        "jti": str(uuid4()),
        "sid": str(session.id),
    }
    if belonging.organization_id is not None:
        claims["tenant_id"] = claims["organization_id"] = str(belonging.organization_id)
    if belonging.team_id is not None:
        claims["team_id"] = str(belonging.team_id)
    headers = {"kid": signer.id}
    text = jwt.encode(claims, signer.private_key, algorithm=ALGORITHM, headers=headers)
    return AccessToken(text, int(lifetime.total_seconds()))


def permissions_of(roles: Iterable[str], tier: Tier) -> frozenset[str]:
    """The combined scopes of a user's roles and tier."""
    return scopes_of(roles_in_force(roles, is_premium=tier in PREMIUM))


def good_from(user: User) -> int:
    """The Unix second from which tokens of this user are valid: those issued before contain
    outdated rights. One made within that very second is dated to the next."""
    changed_at = user.rights_changed_at
    return int(changed_at.timestamp()) + 1 if changed_at is not None else 0


def new_secret() -> str:
    """256 random bits that fit into a header, a link or a form."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is kept of a random secret. One fast hash is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
