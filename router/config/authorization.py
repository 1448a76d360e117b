"""What becomes of what a caller may not have."""

from typing import Literal

from pydantic import Field

from trellis.router.config.section import Section


class Authorization(Section):
    """How the directives @authenticated, @requiresScopes and @policy are enforced."""

    mode: Literal["filter", "reject"] = Field(
        default="filter",
        description="filter answers null and an error for each denied field of a query; reject "
        "refuses the whole operation. Mutations are always refused as a whole",
    )
    schema_view: Literal["full", "permitted"] = Field(
        default="full",
        description="what introspection shows: the full schema, or what the caller's rights "
        "permit; then error messages make no suggestions either",
    )
    policy_seconds: float = Field(
        default=1.0, gt=0, description="wait for one call of a policy; one that is late denies"
    )
