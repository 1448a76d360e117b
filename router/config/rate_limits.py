"""How often callers may do what."""

from typing import Literal

from pydantic import Field

from trellis.router.config.section import Section

KeyKind = Literal["caller", "user", "ip", "email", "api_key", "tenant"]
OperationClass = Literal["read", "write", "delete", "subscription"]

_NAME = r"^[A-Za-z0-9_.-]{1,64}$"


class RateLimitRule(Section):
    """At most `limit` in any `window` seconds, for whom and for what the other keys say. An
    operation must pass every rule that it matches."""

    name: str = Field(
        pattern=_NAME, description="rules of one name and window count together; clients see it"
    )
    limit: int = Field(ge=0, description="0 keeps the callers of the rule out altogether")
    window: int = Field(gt=0, le=31_622_400, description="seconds")
    burst: int | None = Field(default=None, ge=1, description="at most this in any 10 seconds")
    key: KeyKind = Field(
        default="caller",
        description="whose tries count together; caller: the API key, else the user, else the "
        "address",
    )
    classes: tuple[OperationClass, ...] = Field(
        default=(),
        description="only these; each field of a mutation is a write or a delete of its own",
    )
    fields: tuple[str, ...] = Field(
        default=(), description="only `Type.field`; each occurrence in an operation is a try"
    )
    except_fields: tuple[str, ...] = Field(
        default=(), description="not these `Mutation.field`, which have limits of their own"
    )
    routes: tuple[str, ...] = Field(default=(), description="only REST paths that begin so")
    tiers: tuple[str, ...] = Field(
        default=(),
        description="only callers who are anonymous, authenticated, premium or admin; or whose "
        "subscription is free, basic, pro or enterprise",
    )
    arguments: tuple[str, ...] = Field(
        default=(), description="where key `email` looks, such as `input.email`; first with a value"
    )
    cost: int = Field(default=1, ge=1, description="what one try costs")
    units: Literal["tries", "cost"] = Field(
        default="tries", description="cost: count what an operation costs instead of its tries"
    )
    strict: bool = Field(
        default=False,
        description="exact over workers and restarts, without Redis too; refused (503) while the "
        "store that they share is away",
    )


class RateLimits(Section):
    """How often callers may do what: answered with 429 and told in headers."""

    enabled: bool = Field(default=True, description="whether anything is counted")
    profiles: dict[str, str] = Field(
        default_factory=dict,
        description="which preset holds for callers of a dialect (`graphql`, `pm` ...), where it "
        "is not the shipped one: docs/rate-limits.md",
    )
    presets: dict[str, tuple[RateLimitRule, ...]] = Field(
        default_factory=dict,
        description="own sets of rules by name; one that is called as a shipped one replaces it",
    )
    rules: tuple[RateLimitRule, ...] = Field(
        default=(), description="rules for every dialect, beside its preset"
    )
    delete_fields: tuple[str, ...] = Field(
        default=(),
        description="mutations of class delete, beside those called delete... and remove...",
    )
    development_factor: int = Field(
        default=1000,
        ge=1,
        description="in development callers with the preset of GraphQL may do so many times more, "
        "so that nobody is locked out of their own machine; 1 to try the real limits",
    )
    store_seconds: float = Field(
        default=0.05, gt=0, description="wait for Redis; then each worker counts for itself"
    )
    keys: int = Field(
        default=100_000, gt=0, description="callers and fields counted in memory at a time"
    )
