"""REST routes and their dialects."""

from datetime import date

from pydantic import Field, model_validator

from trellis.router.config.section import Section


def a_year_after(day: date) -> date:
    """Twelve months later; of a 29 February the 1 March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


class Migration(Section):
    """A newer version of a dialect, which its responses announce."""

    latest_version: str = Field(description="the newer version: `v2`")
    guide: str = Field(description="URL of what clients have to change")
    deprecation: date = Field(description="from when on the version that answers is deprecated")
    sunset: date | None = Field(
        default=None, description="its end, twelve months later at the earliest"
    )

    @model_validator(mode="after")
    def _gives_notice(self) -> "Migration":
        earliest = a_year_after(self.deprecation)
        if self.sunset is not None and self.sunset < earliest:
            raise ValueError(f"`sunset` may be {earliest} at the earliest")
        return self


class Rest(Section):
    """REST routes: the dialects that are served, and how one is selected at the root."""

    profiles: tuple[str, ...] | None = Field(
        default=None, description="the dialects to serve; by default all"
    )
    default_profile: str = Field(
        default="tracker",
        description="dialect of paths at the root that several dialects have a route for",
    )
    hosts: dict[str, str] = Field(
        default_factory=dict,
        description="dialect at the root by `host`, `host:port` or `:port` of the request",
    )
    headers: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="response headers of a dialect, replacing its own: "
        '`[rest.headers.tracker]`, `API-Supported-Versions = "v1"`',
    )
    migrations: dict[str, Migration] = Field(
        default_factory=dict,
        description="newer versions of dialects, a table each: `[rest.migrations.tracker]`, see "
        "Migration",
    )
    body_bytes: dict[str, int] = Field(
        default_factory=lambda: {"learn": 10 * 1024 * 1024},
        description="size of request bodies by dialect, where it is not `limits.body_bytes`",
    )
    idempotency_hours: float = Field(
        default=24, gt=0, description="how long the response for an Idempotency-Key is kept"
    )
    idempotency_answers: int = Field(
        default=100_000,
        gt=0,
        description="number of responses kept without Redis, in the router's file; above this, the "
        "oldest are deleted",
    )
    openapi: bool = Field(
        default=True,
        description="serve openapi.json, at the root and below the prefix of each dialect; in "
        "development also /docs/, which displays it",
    )
