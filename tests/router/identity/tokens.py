"""Signing keys and tokens for tests: good ones, and every way to forge them."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://issuer.example"
AUDIENCE = "trellis-test"
USER = UUID("7f0c3b62-6a3a-4c4e-9f59-0b6a2b9c1d10")
TENANT = UUID("2d9ad5c0-3c26-4f0e-8a4c-0c8f9a3f1e77")

LIFETIME = 20 * 3600
"""In seconds. Some tokens are made when tests are collected, and used an hour later."""


@dataclass(frozen=True)
class SigningKey:
    """An RSA key under an id."""

    key_id: str
    private: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    @property
    def jwk(self) -> dict[str, Any]:
        entry = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {**entry, "kid": self.key_id, "alg": "RS256", "use": "sig"}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        # Not ``jwt.encode``: it refuses to write some of the claims that tests need to be wrong.
        return jwt.PyJWS().encode(
            json.dumps(claims).encode(),
            self.private,
            algorithm="RS256",
            headers={"kid": self.key_id, **header},
        )


def good_claims(**changes: Any) -> dict[str, Any]:
    """Claims of a token that is accepted; a change to ``None`` leaves the claim out."""
    now = int(time.time())
    claims = {
        "sub": str(USER),
        "user_id": str(USER),
        "username": "grace",
        "email": "grace@example.com",
        "roles": ["user"],
        "permissions": ["read:projects"],
        "organization_id": str(TENANT),
        "tenant_id": str(TENANT),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "jti": "token-1",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def raw_token(header: Mapping[str, Any], claims: Mapping[str, Any], signature: bytes = b"") -> str:
    """A token put together by hand, for headers that a library refuses to write."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64url(part) for part in parts)


def base64url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
