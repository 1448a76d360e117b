"""The rules that apply to a caller, by dialect, tier and route."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from trellis.router.config.rate_limits import KeyKind, RateLimitRule, RateLimits
from trellis.router.errors import ConfigError
from trellis.router.rate_limit.presets import (
    BURST_SECONDS,
    PRESET_OF_PROFILE,
    shipped_presets,
)
from trellis.router.rate_limit.sliding_log import Window
from trellis.schema.identity import Identity

GRAPHQL = "graphql"
_SUBSCRIPTIONS = ("free", "basic", "pro", "enterprise")
_PREMIUM = frozenset({"pro", "enterprise"})


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """One window of a rule. ``log`` is the prefix of its keys, ``label`` its name for clients."""

    window: Window
    log: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule of a preset or a field. Its first limit is reported to clients; the second one, if
    any, is its burst. ``except_fields`` are not counted for its classes. ``profiles`` are the
    dialects it applies to; None means all dialects without a rule for the same fields and key."""

    name: str
    limits: tuple[Limit, ...]
    key: KeyKind = "caller"
    classes: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    except_fields: frozenset[str] = frozenset()
    routes: tuple[str, ...] = ()
    tiers: frozenset[str] = frozenset()
    arguments: tuple[str, ...] = ()
    cost: int = 1
    counts_cost: bool = False
    strict: bool = False
    profiles: frozenset[str] | None = None

    def holds_for(self, profile: str, tiers_of_caller: frozenset[str], path: str) -> bool:
        """Whether the rule applies to callers of this dialect and these tiers on the path of a REST
        route ("" without a route)."""
        return (
            (self.profiles is None or profile in self.profiles)
            and (not self.tiers or not self.tiers.isdisjoint(tiers_of_caller))
            and (not self.routes or any(_is_below(path, route) for route in self.routes))
        )


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules for one kind of caller: ``whole`` for operations, ``of_fields`` for fields, by
    coordinate. ``shows_window``: the dialect has the header ``X-RateLimit-Window``."""

    whole: tuple[Rule, ...]
    of_fields: Mapping[str, tuple[Rule, ...]]
    shows_window: bool

    @property
    def all(self) -> Iterable[Rule]:
        """Every rule once."""
        found = dict.fromkeys(self.whole)
        for rules in self.of_fields.values():
            found.update(dict.fromkeys(rules))
        return found


class RuleBook:
    """All rules of a configuration, and those that the fields of a supergraph declare."""

    def __init__(
        self, config: RateLimits, of_fields: Iterable[Rule] = (), *, factor: int = 1
    ) -> None:
        """``factor`` multiplies the limits of the preset of GraphQL. Raises ConfigError for an
        unknown preset."""
        self._presets = {
            name: tuple(rule_of(rule, name) for rule in rules)
            for name, rules in {**shipped_presets(), **config.presets}.items()
        }
        self._preset_of_profile = {**PRESET_OF_PROFILE, **config.profiles}
        for profile, preset in self._preset_of_profile.items():
            if preset not in self._presets:
                known = ", ".join(sorted(self._presets))
                raise ConfigError(
                    f"`rate_limit.profiles.{profile}`: unknown preset `{preset}`, only {known}."
                )
        self._everywhere = tuple(rule_of(rule, "rules") for rule in config.rules)
        self._of_fields = tuple(of_fields)
        self._factor = factor
        self._choose = lru_cache(maxsize=1024)(self._chosen)
        presets = (rule for rules in self._presets.values() for rule in rules)
        everything = (*self._everywhere, *self._of_fields, *presets)
        self.limited_fields = frozenset(
            field for rule in everything for field in (*rule.fields, *rule.except_fields)
        )

    def rules_for(self, profile: str, identity: Identity, route: str | None) -> RuleSet:
        """The rules for a caller of this dialect; ``route`` is a method and a path template."""
        path = route.partition(" ")[2] if route else ""
        return self._choose(profile, *_tiers_of(identity), path)

    def tier_without(
        self, refused: Rule, profile: str, identity: Identity, route: str | None
    ) -> str | None:
        """The lowest subscription above the caller's that ``refused`` does not keep out; None where
        no subscription would help."""
        own = _SUBSCRIPTIONS.index(subscription_of(identity))
        for tier in _SUBSCRIPTIONS[own + 1 :]:
            rules = self.rules_for(profile, replace(identity, tier=tier), route)
            alike = (one for one in rules.all if one.limits[0].log == refused.limits[0].log)
            if all(one.limits[0].window.limit for one in alike):
                return tier
        return None

    def _chosen(self, profile: str, role: str, subscription: str, path: str) -> RuleSet:
        tiers_of_caller = frozenset((role, subscription))
        preset = self._preset_of_profile.get(profile) or self._preset_of_profile[GRAPHQL]
        of_fields = [
            rule for rule in self._of_fields if rule.holds_for(profile, tiers_of_caller, path)
        ]
        rules = [
            *(
                rule
                for rule in (*self._presets[preset], *self._everywhere)
                if rule.holds_for(profile, tiers_of_caller, path)
            ),
            *(rule for rule in of_fields if not _is_replaced(rule, of_fields)),
        ]
        if self._factor != 1 and preset == self._preset_of_profile[GRAPHQL]:
            rules = [_times(rule, self._factor) for rule in rules]
        by_field: dict[str, list[Rule]] = {}
        for rule in rules:
            for field in rule.fields:
                by_field.setdefault(field, []).append(rule)
        return RuleSet(
            whole=tuple(rule for rule in rules if not rule.fields),
            of_fields={field: tuple(found) for field, found in by_field.items()},
            shows_window=preset == "tracker",
        )


def rule_of(given: RateLimitRule, owner: str) -> Rule:
    """The rule for a configured one; ``owner`` distinguishes the logs of rules with equal names."""
    return Rule(
        name=given.name,
        limits=_limits_of(given, f"{owner}.{given.name}"),
        key=given.key,
        classes=frozenset(given.classes),
        fields=frozenset(given.fields),
        except_fields=frozenset(given.except_fields),
        routes=given.routes,
        tiers=frozenset(given.tiers),
        arguments=given.arguments,
        cost=given.cost,
        counts_cost=given.units == "cost",
        strict=given.strict,
    )


def _limits_of(given: RateLimitRule, log: str) -> tuple[Limit, ...]:
    """The window, and the burst if there is one. Labels contain the kind of key, because rules with
    the same name may differ only in it."""
    windows = [Window(given.limit, given.window)]
    if given.burst is not None:
        windows.append(Window(given.burst, BURST_SECONDS))
    label = given.name if given.key == "caller" else f"{given.name}-{given.key}"
    return tuple(
        Limit(window, f"{log}:{window.seconds}:", f"{label}-{window.seconds}") for window in windows
    )


def _times(rule: Rule, factor: int) -> Rule:
    """The rule with a multiplied limit and no burst."""
    limit = rule.limits[0]
    window = Window(limit.window.limit * factor, limit.window.seconds)
    return replace(rule, limits=(replace(limit, window=window),))


def subscription_of(identity: Identity) -> str:
    """The subscription by which a caller is limited."""
    return identity.tier if identity.tier in _SUBSCRIPTIONS else "free"


def _tiers_of(identity: Identity) -> tuple[str, str]:
    """The tiers by role and by subscription; callers without a subscription have ``free``."""
    subscription = subscription_of(identity)
    if not identity.is_authenticated:
        return "anonymous", subscription
    if identity.is_admin:
        return "admin", subscription
    if subscription in _PREMIUM or "premium_user" in identity.roles:
        return "premium", subscription
    return "authenticated", subscription


def _is_replaced(rule: Rule, rules: Iterable[Rule]) -> bool:
    """Whether another rule for the same field and key is specific to the dialect."""
    return rule.profiles is None and any(
        other.profiles is not None and other.fields == rule.fields and other.key == rule.key
        for other in rules
    )


def _is_below(path: str, route: str) -> bool:
    return path == route or path.startswith(route.rstrip("/") + "/")
