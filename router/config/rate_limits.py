"""Rate limits: rules, and presets of rules for the dialects."""

from typing import Literal

from pydantic import Field

from trellis.router.config.section import Section

KeyKind = Literal["caller", "user", "ip", "email", "api_key", "tenant"]
OperationClass = Literal["read", "write", "delete", "subscription"]

_NAME = r"^[A-Za-z0-9_.-]{1,64}$"


class RateLimitRule(Section):
    """At most `limit` attempts in any `window` seconds, for the callers and operations that the
    other keys select. An operation must pass every rule that it matches."""

    name: str = Field(
        pattern=_NAME,
        description="rules with the same name and window share a counter; clients see the name",
    )
    limit: int = Field(ge=0, description="attempts per window; 0 denies access")
    window: int = Field(gt=0, le=31_622_400, description="seconds")
    burst: int | None = Field(default=None, ge=1, description="attempts in any 10 seconds")
    key: KeyKind = Field(
        default="caller",
        description="what is counted together; caller: the API key, otherwise the user, otherwise "
        "the address",
    )
    classes: tuple[OperationClass, ...] = Field(
        default=(),
        description="only these classes; each field of a mutation is one write or delete",
    )
    fields: tuple[str, ...] = Field(
        default=(),
        description="only these, as `Type.field`; each occurrence in an operation is an attempt",
    )
    except_fields: tuple[str, ...] = Field(
        default=(),
        description="not these, as `Mutation.field`, because they have limits of their own",
    )
    routes: tuple[str, ...] = Field(default=(), description="only REST paths with these prefixes")
    tiers: tuple[str, ...] = Field(
        default=(),
        description="only callers with these roles (anonymous, authenticated, premium, admin) or "
        "subscriptions (free, basic, pro, enterprise)",
    )
    arguments: tuple[str, ...] = Field(
        default=(),
        description="arguments with the address for key `email`, such as `input.email`; the first "
        "one with a value is used",
    )
    cost: int = Field(default=1, ge=1, description="units that one attempt uses")
    units: Literal["tries", "cost"] = Field(
        default="tries", description="tries: count attempts; cost: count the cost of operations"
    )
    strict: bool = Field(
        default=False,
        description="count exactly over workers and restarts, even without Redis; refuse (503) "
        "while the shared store is unavailable",
    )


class RateLimits(Section):
    """How many operations callers may send; more are refused with 429."""

    enabled: bool = Field(default=True, description="whether there are rate limits")
    profiles: dict[str, str] = Field(
        default_factory=dict,
        description="preset by dialect (`graphql`, `pm` ...), where it is not the default one: "
        "docs/rate-limits.md",
    )
    presets: dict[str, tuple[RateLimitRule, ...]] = Field(
        default_factory=dict,
        description="sets of rules by name; one with the name of a built-in preset replaces it",
    )
    rules: tuple[RateLimitRule, ...] = Field(
        default=(), description="rules for all dialects, in addition to their presets"
    )
    delete_fields: tuple[str, ...] = Field(
        default=(),
        description="mutations of class delete, in addition to those named delete... and remove...",
    )
    development_factor: int = Field(
        default=1000,
        ge=1,
        description="factor for the limits of the preset of GraphQL in development, so that "
        "developers are not locked out of their own machine; 1 for the real limits",
    )
    upgrade_url: str = Field(
        default="/pricing",
        description="where clients are sent whose subscription does not include an operation",
    )
    store_seconds: float = Field(
        default=0.05,
        gt=0,
        description="timeout of Redis; after it, each worker counts in its own memory",
    )
    keys: int = Field(
        default=100_000, gt=0, description="number of callers and fields counted in memory"
    )
