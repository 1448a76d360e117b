"""What browsers and headers may do."""

from pydantic import Field, field_validator

from router.config.section import Section


class Cors(Section):
    """Which web pages of other origins may call."""

    origins: tuple[str, ...] = Field(
        default=(),
        description="exact origins such as `https://app.example.com`; `*` allows every one",
    )
    max_age_seconds: int = Field(
        default=3600, ge=0, description="how long browsers keep a preflight"
    )


class HeaderPropagation(Section):
    """Which client headers travel on to remote subgraphs."""

    allow: tuple[str, ...] = Field(
        default=("authorization", "accept-language", "traceparent", "tracestate", "x-request-id"),
        description="names in lower case; every other header stays here",
    )

    @field_validator("allow")
    @classmethod
    def _refuse_our_own(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """What the router says about itself no client may say."""
        for name in names:
            if name.lower() == "x-service-token" or name.lower().startswith("x-trellis-"):
                raise ValueError(f"`{name}` is the router's own and cannot come from clients")
        return names
