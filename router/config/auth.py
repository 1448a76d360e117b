"""Who is believed."""

from pydantic import Field

from router.config.section import Section


class Auth(Section):
    """How access tokens are verified."""

    issuer: str = Field(default="project-manager-auth", description="the `iss` a token must have")
    audience: str = Field(default="project-manager-api", description="the `aud` a token must have")
    jwks: str | None = Field(
        default=None,
        description="key set of an issuer elsewhere: URL or file; by default the subgraph's that "
        "issues tokens",
    )
    leeway_seconds: int = Field(default=60, ge=0, description="how far clocks may differ")
