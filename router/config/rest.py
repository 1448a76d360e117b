"""REST dialects and who speaks which."""

from pydantic import Field

from trellis.router.config.section import Section


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
