"""Settings of authorization."""

from typing import Literal

from pydantic import Field

from trellis.router.config.section import Section


class Authorization(Section):
    """How the directives @authenticated, @requiresScopes and @policy are enforced."""

    mode: Literal["filter", "reject"] = Field(
        default="filter",
        description="filter: a denied field of a query becomes null with an error; reject: the "
        "whole query is refused. Mutations are always refused as a whole",
    )
    schema_view: Literal["full", "permitted"] = Field(
        default="full",
        description="what introspection shows: the full schema, or the part that the caller may "
        "use; then error messages do not suggest names either",
    )
    policy_seconds: float = Field(
        default=1.0, gt=0, description="timeout of one call of a policy, which then denies"
    )
