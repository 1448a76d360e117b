"""Who is believed."""

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from trellis.router.config.section import Section

_ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
# The least length of a secret, RFC 7518, section 3.2.
_SYMMETRIC = {"HS256": 32, "HS384": 48, "HS512": 64}


class Claims(Section):
    """Under which names an issuer writes what we know of a caller; empty: not at all.

    A name with dots leads into objects (`realm_access.roles`) unless there is a claim of that very
    name.
    """

    subject: str = Field(default="sub", min_length=1, description="who it is")
    username: str = Field(default="preferred_username", description="its name")
    email: str = Field(default="email", description="its e-mail address")
    roles: str = Field(default="", description="its roles, as a list or with blanks between")
    scopes: str = Field(default="scope", description="its scopes, as a list or with blanks between")
    tenant: str = Field(default="", description="its organization")
    tier: str = Field(default="", description="what it has subscribed to")


class Issuer(Section):
    """One more issuer whose access tokens are believed."""

    issuer: str = Field(min_length=1, description="the `iss` of its tokens")
    audience: str = Field(min_length=1, description="the `aud` that they must have")
    jwks: str | None = Field(default=None, description="its key set: URL or file")
    secret: SecretStr | None = Field(
        default=None,
        description="the secret of an issuer that signs by HMAC, instead of `jwks`; 32 characters "
        "or more",
    )
    key_id: str | None = Field(
        default=None, description="the `kid` that goes with `secret`; by default none"
    )
    algorithms: tuple[str, ...] = Field(
        default=(), description="by default all asymmetric ones, or HS256 with `secret`"
    )
    types: tuple[str, ...] = Field(
        default=("JWT", "at+jwt"),
        description="the `typ` that its tokens may have; an empty text: none",
    )
    max_lifetime_seconds: int = Field(
        default=86_400, gt=0, description="tokens that live longer are refused"
    )
    requires_token_id: bool = Field(
        default=False, description="refuse tokens without `jti`; revoking single tokens needs it"
    )
    requires_not_before: bool = Field(
        default=False, description="refuse tokens without `nbf`; one that is there always counts"
    )
    subjects: Literal["foreign", "own"] = Field(
        default="foreign",
        description="own: its subjects and tenants are the ids of ours; foreign: they are not, and "
        "get ids derived from issuer and subject",
    )
    claims: Claims = Field(default=Claims(), description="see Claims")

    @model_validator(mode="after")
    def _keys_fit(self) -> "Issuer":
        """Never a secret and public keys under one issuer: one would pass for the other."""
        if (self.jwks is None) == (self.secret is None):
            raise ValueError("give either `jwks` or `secret`")
        possible = _ASYMMETRIC if self.secret is None else _SYMMETRIC
        for name in self.algorithms:
            if name not in possible:
                raise ValueError(f"`{name}` is not one of {', '.join(sorted(possible))}")
        if self.secret is not None and len(self.algorithms) > 1:
            raise ValueError("a secret goes with one algorithm")
        if self.secret is not None:
            least = max(_SYMMETRIC[name] for name in self.algorithms or ("HS256",))
            if len(self.secret.get_secret_value()) < least:
                raise ValueError(f"`secret` needs {least} characters or more")
        return self


class Auth(Section):
    """How access tokens are verified."""

    issuer: str = Field(default="project-manager-auth", description="the `iss` a token must have")
    audience: str = Field(default="project-manager-api", description="the `aud` a token must have")
    subgraph: str | None = Field(
        default=None,
        description="the subgraph that issues tokens and API keys and knows what is revoked; by "
        "default the one of this process that does. Needs a name when it is behind a URL",
    )
    jwks: str | None = Field(
        default=None,
        description="key set of an issuer elsewhere: URL or file; by default the subgraph's that "
        "issues tokens",
    )
    requires_not_before: bool = Field(
        default=True,
        description="refuse tokens without `nbf`; false is for an issuer behind `jwks` that "
        "writes none",
    )
    issuers: tuple[Issuer, ...] = Field(default=(), description="others, a table each: see Issuer")
    leeway_seconds: int = Field(default=60, ge=0, description="how far clocks may differ")
    service_secret: SecretStr | None = Field(
        default=None,
        description="what the router and subgraphs in other processes prove themselves by, 32 "
        "characters or more; several, with commas between, while one follows another; by default "
        "a file in `data_dir` that the first process makes",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> "Auth":
        names = [self.issuer, *(each.issuer for each in self.issuers)]
        if len(set(names)) < len(names):
            raise ValueError("two issuers have the same name")
        return self
