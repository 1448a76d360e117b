"""REST dialects and who speaks which."""

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
    """A newer version of a dialect, which its answers tell of."""

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
    """REST routes: which dialects are served, and which one a request at the root means."""

    profiles: tuple[str, ...] | None = Field(
        default=None, description="names of the dialects that are served; by default all"
    )
    default_profile: str = Field(
        default="tracker",
        description="dialect of a path at the root that several dialects have",
    )
    hosts: dict[str, str] = Field(
        default_factory=dict,
        description="`host`, `host:port` or `:port` of a request = its dialect at the root",
    )
    headers: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="headers of a dialect's answers, in place of its own: "
        '`[rest.headers.tracker]`, `API-Supported-Versions = "v1"`',
    )
    migrations: dict[str, Migration] = Field(
        default_factory=dict,
        description="newer versions of dialects, a table each: `[rest.migrations.tracker]`, see "
        "Migration",
    )
    body_bytes: dict[str, int] = Field(
        default_factory=lambda: {"learn": 10 * 1024 * 1024},
        description="request body in a dialect, where it is another than `limits.body_bytes`",
    )
    idempotency_hours: float = Field(
        default=24, gt=0, description="how long an answer is kept for its Idempotency-Key"
    )
    idempotency_answers: int = Field(
        default=100_000,
        gt=0,
        description="answers kept in the router's file without Redis; then the oldest go",
    )
    openapi: bool = Field(
        default=True,
        description="whether openapi.json is served, at the root and below each dialect's prefix; "
        "in development /docs/ shows it",
    )
