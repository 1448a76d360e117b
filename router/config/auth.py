"""Who is believed."""

from pydantic import Field, SecretStr

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
    service_secret: SecretStr | None = Field(
        default=None,
        description="what the router and subgraphs in other processes prove themselves by, 32 "
        "characters or more; several, with commas between, while one follows another; by default "
        "a file in `data_dir` that the first process makes",
    )
