"""Settings of authentication."""

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from trellis.router.config.section import Section

_ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
# The minimum length of a secret in bytes (RFC 7518, section 3.2).
_SYMMETRIC = {"HS256": 32, "HS384": 48, "HS512": 64}


class Claims(Section):
    """The claims of an issuer from which each member of an identity is read; empty: none.

    A name with dots is a path into objects (`realm_access.roles`), unless there is a claim with
    exactly that name.
    """

    subject: str = Field(default="sub", min_length=1, description="the caller's id")
    username: str = Field(default="preferred_username", description="its name")
    email: str = Field(default="email", description="its e-mail address")
    roles: str = Field(default="", description="its roles, a list or separated by spaces")
    scopes: str = Field(default="scope", description="its scopes, a list or separated by spaces")
    tenant: str = Field(default="", description="its organization")
    tier: str = Field(default="", description="its subscription")


class Issuer(Section):
    """Another trusted issuer of access tokens."""

    issuer: str = Field(min_length=1, description="the `iss` of its tokens")
    audience: str = Field(min_length=1, description="the required `aud`")
    jwks: str | None = Field(default=None, description="its key set: URL or file")
    secret: SecretStr | None = Field(
        default=None,
        description="the secret of an issuer that signs with HMAC, instead of `jwks`; at least 32 "
        "characters",
    )
    key_id: str | None = Field(default=None, description="the `kid` of `secret`; by default none")
    algorithms: tuple[str, ...] = Field(
        default=(), description="by default all asymmetric ones, or HS256 with `secret`"
    )
    types: tuple[str, ...] = Field(
        default=("JWT", "at+jwt"),
        description="the allowed `typ` headers; an empty string allows tokens without one",
    )
    max_lifetime_seconds: int = Field(
        default=86_400, gt=0, description="tokens with a longer lifetime are rejected"
    )
    requires_token_id: bool = Field(
        default=False,
        description="reject tokens without `jti`, which is needed to revoke single tokens",
    )
    requires_not_before: bool = Field(
        default=False, description="reject tokens without `nbf`; if present it is always checked"
    )
    subjects: Literal["foreign", "own"] = Field(
        default="foreign",
        description="own: its subjects and tenants are local ids; foreign: ids are derived from "
        "issuer and subject",
    )
    claims: Claims = Field(default=Claims(), description="see Claims")

    @model_validator(mode="after")
    def _keys_fit(self) -> "Issuer":
        """Never a secret and public keys for one issuer: a public key could be used as the HMAC
        secret (RFC 8725, section 2.1)."""
        if (self.jwks is None) == (self.secret is None):
            raise ValueError("set either `jwks` or `secret`")
        possible = _ASYMMETRIC if self.secret is None else _SYMMETRIC
        for name in self.algorithms:
            if name not in possible:
                raise ValueError(f"`{name}` is not one of {', '.join(sorted(possible))}")
        if self.secret is not None and len(self.algorithms) > 1:
            raise ValueError("with a secret only one algorithm is possible")
        if self.secret is not None:
            least = max(_SYMMETRIC[name] for name in self.algorithms or ("HS256",))
            if len(self.secret.get_secret_value()) < least:
                raise ValueError(f"`secret` needs at least {least} characters")
        return self


class Auth(Section):
    """How access tokens are verified."""

    issuer: str = Field(default="project-manager-auth", description="the required `iss` of tokens")
    audience: str = Field(default="project-manager-api", description="the required `aud` of tokens")
    subgraph: str | None = Field(
        default=None,
        description="the subgraph that issues and revokes tokens and API keys; by default the one "
        "in this process that does. Must be set if it is behind a URL",
    )
    jwks: str | None = Field(
        default=None,
        description="key set of an external issuer: URL or file; by default that of the subgraph "
        "that issues tokens",
    )
    requires_not_before: bool = Field(
        default=True,
        description="reject tokens without `nbf`; false for an issuer behind `jwks` that does not "
        "write it",
    )
    issuers: tuple[Issuer, ...] = Field(
        default=(), description="other trusted issuers, a table each: see Issuer"
    )
    leeway_seconds: int = Field(default=60, ge=0, description="tolerated difference of clocks")
    service_secret: SecretStr | None = Field(
        default=None,
        description="the secret shared by the router and subgraphs in other processes, at least 32 "
        "characters; several, separated by commas, during a rotation; by default a file in "
        "`data_dir` that the first process creates",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> "Auth":
        names = [self.issuer, *(each.issuer for each in self.issuers)]
        if len(set(names)) < len(names):
            raise ValueError("two issuers have the same name")
        return self
