"""The built-in presets, and the preset of each dialect."""

from collections.abc import Mapping
from typing import Any

from trellis.router.config.rate_limits import RateLimitRule

HOUR, MINUTE, DAY = 3_600, 60, 86_400
BURST_SECONDS = 10

PRESET_OF_PROFILE: Mapping[str, str] = {
    "graphql": "default",
    "tracker": "tracker",
    "learn": "learn",
    "pm": "pm",
    "commerce": "signed-in",
    "todo": "signed-in",
}

_TRACKER_TIERS = {
    "anonymous": (100, 10),
    "authenticated": (1_000, 50),
    "premium": (5_000, 100),
    "admin": (10_000, 200),
}
# Per minute and hour, code executions per day, uploads per hour.
_LEARN_TIERS = {
    "free": (30, 500, 5, 0),
    "basic": (60, 2_000, 100, 20),
    "pro": (120, 5_000, 1_000, 100),
    "enterprise": (300, 20_000, 10_000, 500),
}
# Divisors of the tier's rate. The burst of the requirement document equals the limit of the minute,
# so it needs no limit of its own.
_LEARN_CLASSES = {"read": 1, "write": 2, "delete": 4}
# These have limits by address and e-mail address, and are not blocked by other writes.
_LEARN_AUTH = ("Mutation.login", "Mutation.register", "Mutation.requestPasswordReset")
_LEARN_ROUTES = {
    "users": (60, ("/api/v1/users",)),
    "courses": (100, ("/api/v1/courses", "/api/v1/lessons")),
    "chat": (120, ("/api/v1/channels", "/api/v1/messages", "/api/v1/dm")),
    "executions": (30, ("/api/v1/executions",)),
}


def shipped_presets() -> dict[str, tuple[RateLimitRule, ...]]:
    """The rules of every preset by its name."""
    tracker = [*_tracker_tiers(_TRACKER_TIERS), *_tracker_fields()]
    signed_in = _TRACKER_TIERS["authenticated"]
    everyone = {**_TRACKER_TIERS, "anonymous": signed_in}
    default = [*_tracker_tiers(everyone), *_tracker_fields(), *_learn_executions()]
    pm = [_rule("requests", 1_000, HOUR)]
    limit, burst = signed_in
    return {
        "default": tuple(default),
        "tracker": tuple(tracker),
        "learn": (*_learn_tiers(), *_learn_executions(), *_learn_uploads(), *_learn_routes()),
        "pm": tuple(pm),
        "signed-in": (_rule("requests", limit, HOUR, burst=burst),),
    }


def _rule(name: str, limit: int, window: int, **more: Any) -> RateLimitRule:
    return RateLimitRule(name=name, limit=limit, window=window, **more)


def _tracker_tiers(tiers: Mapping[str, tuple[int, int]]) -> list[RateLimitRule]:
    return [
        _rule("requests", limit, HOUR, burst=burst, tiers=(tier,))
        for tier, (limit, burst) in tiers.items()
    ]


def _tracker_fields() -> list[RateLimitRule]:
    return [
        _rule("uploads", 100, HOUR, burst=5, fields=("Mutation.uploadFile",)),
        _rule("search", 500, HOUR, burst=20, fields=("Query.search",)),
    ]


def _learn_tiers() -> list[RateLimitRule]:
    rules = []
    for tier, (per_minute, per_hour, _, _) in _LEARN_TIERS.items():
        for name, divisor in _LEARN_CLASSES.items():
            classes = ("read", "subscription") if name == "read" else (name,)
            whom = {"classes": classes, "tiers": (tier,), "except_fields": _LEARN_AUTH}
            rules += [
                _rule(name, per_minute // divisor, MINUTE, **whom),
                _rule(name, per_hour // divisor, HOUR, **whom),
            ]
    return rules


def _learn_executions() -> list[RateLimitRule]:
    fields = ("Mutation.executeCode",)
    return [
        _rule("executions", per_day, DAY, fields=fields, tiers=(tier,))
        for tier, (_, _, per_day, _) in _LEARN_TIERS.items()
    ]


def _learn_uploads() -> list[RateLimitRule]:
    fields = ("Mutation.uploadFile",)
    return [
        _rule("uploads", per_hour, HOUR, fields=fields, tiers=(tier,))
        for tier, (_, _, _, per_hour) in _LEARN_TIERS.items()
    ]


def _learn_routes() -> list[RateLimitRule]:
    return [
        _rule(f"route-{name}", limit, MINUTE, routes=paths)
        for name, (limit, paths) in _LEARN_ROUTES.items()
    ]
