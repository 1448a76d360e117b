"""Rules as they are applied: by dialect, standing and route of a caller."""

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
    """One window of a rule. ``log`` begins the names of its logs, ``label`` is for clients."""

    window: Window
    log: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule of one preset or field. Its first limit is the one that callers are told of, the
    other one, if any, its burst. Of its classes ``except_fields`` are not counted. ``profiles`` is
    None for all dialects that no other rule with the same fields and key names."""

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

    def holds_for(self, profile: str, standing: frozenset[str], path: str) -> bool:
        """Whether callers of this dialect and standing are under it on this path of a REST route
        ("" for none)."""
        return (
            (self.profiles is None or profile in self.profiles)
            and (not self.tiers or not self.tiers.isdisjoint(standing))
            and (not self.routes or any(_is_below(path, route) for route in self.routes))
        )


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules that hold for one kind of caller: those of whole operations and those of fields,
    by coordinate. ``shows_window`` is for a dialect whose clients know that header."""

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
    """All rules of a configuration, and those that fields of a supergraph bring along."""

    def __init__(
        self, config: RateLimits, of_fields: Iterable[Rule] = (), *, factor: int = 1
    ) -> None:
        """``factor`` multiplies what callers with the preset of GraphQL may. Raises ConfigError
        for a preset that does not exist."""
        self._presets = {
            name: tuple(rule_of(rule, name) for rule in rules)
            for name, rules in {**shipped_presets(), **config.presets}.items()
        }
        self._preset_of_profile = {**PRESET_OF_PROFILE, **config.profiles}
        for profile, preset in self._preset_of_profile.items():
            if preset not in self._presets:
                known = ", ".join(sorted(self._presets))
                raise ConfigError(
                    f"`rate_limit.profiles.{profile}`: there is no preset `{preset}`, only {known}."
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
        """What a caller of this dialect is under; ``route`` is a method and a path template."""
        path = route.partition(" ")[2] if route else ""
        return self._choose(profile, *_standing(identity), path)

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
        standing = frozenset((role, subscription))
        preset = self._preset_of_profile.get(profile) or self._preset_of_profile[GRAPHQL]
        of_fields = [rule for rule in self._of_fields if rule.holds_for(profile, standing, path)]
        rules = [
            *(
                rule
                for rule in (*self._presets[preset], *self._everywhere)
                if rule.holds_for(profile, standing, path)
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
    """A configured rule as it is applied; ``owner`` keeps the logs of equal names apart."""
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
    """A window and, beside it, what may come in any ten seconds of it. Labels tell what is counted
    by, for rules of one name may differ in nothing else."""
    windows = [Window(given.limit, given.window)]
    if given.burst is not None:
        windows.append(Window(given.burst, BURST_SECONDS))
    label = given.name if given.key == "caller" else f"{given.name}-{given.key}"
    return tuple(
        Limit(window, f"{log}:{window.seconds}:", f"{label}-{window.seconds}") for window in windows
    )


def _times(rule: Rule, factor: int) -> Rule:
    """So many times more, and all at once if they like."""
    limit = rule.limits[0]
    window = Window(limit.window.limit * factor, limit.window.seconds)
    return replace(rule, limits=(replace(limit, window=window),))


def subscription_of(identity: Identity) -> str:
    """The subscription by which a caller is limited."""
    return identity.tier if identity.tier in _SUBSCRIPTIONS else "free"


def _standing(identity: Identity) -> tuple[str, str]:
    """By role and by subscription; nobody in particular is treated as subscribed to free."""
    subscription = subscription_of(identity)
    if not identity.is_authenticated:
        return "anonymous", subscription
    if identity.is_admin:
        return "admin", subscription
    if subscription in _PREMIUM or "premium_user" in identity.roles:
        return "premium", subscription
    return "authenticated", subscription


def _is_replaced(rule: Rule, rules: Iterable[Rule]) -> bool:
    """Limits of a field that name the dialect stand instead of those that name none."""
    return rule.profiles is None and any(
        other.profiles is not None and other.fields == rule.fields and other.key == rule.key
        for other in rules
    )


def _is_below(path: str, route: str) -> bool:
    return path == route or path.startswith(route.rstrip("/") + "/")
