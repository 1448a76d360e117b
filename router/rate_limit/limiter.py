"""The stage between authorization and planning: counts an operation or refuses it."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from graphql import DocumentNode

from trellis.router.cache import Cache
from trellis.router.config.rate_limits import RateLimits
from trellis.router.operation.model import KEPT_BYTES, Field, NormalizedOperation
from trellis.router.rate_limit.directive import rules_of_fields, stating_fields
from trellis.router.rate_limit.footprint import REFUSED, Footprint, footprint_of
from trellis.router.rate_limit.keys import keys_of
from trellis.router.rate_limit.report import (
    Counted,
    LimitReached,
    RateReport,
    closed_rule,
    closed_seconds,
    not_included,
    refusal,
    report_of,
    report_of_refusal,
)
from trellis.router.rate_limit.rules import Limit, Rule, RuleBook, RuleSet, subscription_of
from trellis.router.rate_limit.sliding_log import Charge, Level, Store
from trellis.schema.errors import TrellisError
from trellis.schema.metrics import ServiceMetrics
from trellis.schema.request import RequestContext

_REFUSALS = ServiceMetrics("router").counters(
    "rate_limit_refusals_total", "Requests rejected by a rate limit.", "rule"
)


class Admission(NamedTuple):
    """An admitted operation: the context to execute it with, and the report for its response."""

    context: RequestContext
    rate: RateReport | None = None


class Limiter(Protocol):
    """Counts the operations of one supergraph."""

    async def admit(
        self,
        operation: NormalizedOperation,
        variables: Mapping[str, Any],
        context: RequestContext,
        cost: int | None = None,
    ) -> Admission:
        """Count the operation. ``cost`` is its estimated cost; if it is None, the number of root
        fields is used. Raises LimitReached (429), EntitlementRequired if the limit of the caller's
        tier is 0, and Unavailable if a strict limit cannot be counted."""
        ...

    async def after_refusal(self, error: TrellisError, context: RequestContext) -> "CountedRefusal":
        """Count an operation that was refused for another reason, so that such requests are limited
        too. Returns the error to respond with and the report for the response."""
        ...


CountedRefusal = tuple[TrellisError, RateReport | None]
Count = Callable[[TrellisError, RequestContext], Awaitable[CountedRefusal]]
"""``Limiter.after_refusal``, for requests that are refused before there is an operation."""


class Unlimited:
    """Implements ``Limiter`` without limits."""

    async def admit(
        self,
        operation: NormalizedOperation,
        variables: Mapping[str, Any],
        context: RequestContext,
        cost: int | None = None,
    ) -> Admission:
        return Admission(context)

    async def after_refusal(self, error: TrellisError, context: RequestContext) -> CountedRefusal:
        return error, None


class RateLimiting:
    """The configuration and the store, which are kept when the supergraph changes."""

    def __init__(self, config: RateLimits, store: Store, *, factor: int = 1) -> None:
        """``factor`` multiplies the limits of the preset of GraphQL. Raises ConfigError."""
        self._config = config
        self._store = store
        self._factor = factor
        self._own = RuleBook(config, factor=factor)

    def of(self, supergraph: DocumentNode) -> "GraphLimiter":
        """The limiter of a supergraph, including the limits that its fields declare. Raises
        SupergraphInvalid."""
        book = RuleBook(self._config, rules_of_fields(supergraph), factor=self._factor)
        deleting = self._config.delete_fields
        url = self._config.upgrade_url
        return GraphLimiter(book, self._store, stating_fields(supergraph), deleting, url)

    async def start(self) -> None:
        """Connect to the store. The router starts even if it is unavailable."""
        await self._store.start()

    async def aclose(self) -> None:
        await self._store.aclose()


class _Match(NamedTuple):
    """A rule that applies to an operation, with the number of attempts that it counts. ``field`` is
    set if the keys depend on its arguments. With ``by_cost`` the cost of the operation is counted
    instead of ``tries``."""

    rule: Rule
    tries: int
    field: Field | None = None
    by_cost: bool = False


class GraphLimiter:
    """Implements ``Limiter``. What depends on the operation only is cached."""

    def __init__(
        self,
        book: RuleBook,
        store: Store,
        stating: Collection[str] = (),
        deleting: Collection[str] = (),
        upgrade_url: str = "",
    ) -> None:
        self._book = book
        self._upgrade_url = upgrade_url
        self._store = store
        self._stating = frozenset(stating)
        self._deleting = frozenset(deleting)
        self._footprints: Cache[NormalizedOperation, Footprint] = Cache(
            KEPT_BYTES, "limit_footprints"
        )
        self._matches: Cache[tuple[Any, ...], tuple[_Match, ...]] = Cache(
            KEPT_BYTES, "limit_matches"
        )

    async def admit(
        self,
        operation: NormalizedOperation,
        variables: Mapping[str, Any],
        context: RequestContext,
        cost: int | None = None,
    ) -> Admission:
        footprint = self._footprints.get(operation)
        if footprint is None:
            footprint = footprint_of(
                operation, self._book.limited_fields, self._stating, self._deleting
            )
            self._footprints.put(operation, footprint, operation.weight)
        cost = footprint.root_fields if cost is None else max(1, cost)
        return await self._count(footprint, variables, context, cost)

    async def after_refusal(self, error: TrellisError, context: RequestContext) -> CountedRefusal:
        if isinstance(error, LimitReached):
            return error, error.report
        try:
            admission = await self._count(REFUSED, {}, context)
        except TrellisError as refused:
            return refused, report_of_refusal(refused)
        return error, admission.rate

    async def _count(
        self,
        footprint: Footprint,
        variables: Mapping[str, Any],
        context: RequestContext,
        cost: int = 1,
    ) -> Admission:
        if context.charge is not None:
            if context.is_dry_run and context.charge.is_taken:
                return Admission(context)  # of one request, which is counted once
            context.charge.is_taken = True
        rules = self._book.rules_for(context.profile, context.identity, context.route)
        deletes = context.route is not None and context.route.startswith("DELETE ")
        key = (footprint, rules, deletes)
        matches = self._matches.get(key)
        if matches is None:
            matches = tuple(_matches(footprint, rules, deletes=deletes))
            self._matches.put(key, matches, footprint.weight)
        charged = _Charged(matches, variables, context, cost)
        report = None
        if not charged.is_empty:
            counted = await charged.take(self._store)
            if not charged.fitted:
                if context.charge is not None:
                    context.charge.closed_seconds = closed_seconds(counted)
                for one in counted:
                    if one.level.wait:
                        _REFUSALS(one.rule.name).inc()
                raise self._refusal(counted, rules, context)
            report = report_of(counted, shows_window=rules.shows_window)
        if footprint.wants_states:
            context = await self._with_states(context, rules)
        return Admission(context, report)

    def _refusal(
        self, counted: Sequence[Counted], rules: RuleSet, context: RequestContext
    ) -> TrellisError:
        closed = closed_rule(counted)
        if closed is None:
            return refusal(counted, shows_window=rules.shows_window)
        who = context.identity
        required = self._book.tier_without(closed, context.profile, who, context.route)
        return not_included(required, subscription_of(who), self._upgrade_url)

    async def _with_states(self, context: RequestContext, rules: RuleSet) -> RequestContext:
        charged = _Charged([_Match(rule, 0) for rule in rules.all], {}, context)
        counted = await charged.peek(self._store)
        states = tuple(one.state() for one in counted if one.is_reported)
        return replace(context, rate_limit=states)


def _matches(footprint: Footprint, rules: RuleSet, *, deletes: bool) -> Iterable[_Match]:
    tries = footprint.tries
    if deletes:
        tries = {**tries, "write": 0, "delete": tries.get("write", 0) + tries.get("delete", 0)}
    for rule in rules.whole:
        if not rule.classes:
            times = 1
        else:
            times = sum(tries.get(name, 0) for name in rule.classes)
            times -= sum(n for place, _, n in footprint.fields if place in rule.except_fields)
        if times > 0:
            yield _Match(rule, times, by_cost=rule.counts_cost)
    alike: dict[Rule, int] = {}
    for coordinate, field, times in footprint.fields:
        for rule in rules.of_fields.get(coordinate, ()):
            if rule.key == "email":
                yield _Match(rule, times, field)
            else:
                alike[rule] = alike.get(rule, 0) + times
    for rule, times in alike.items():
        yield _Match(rule, times)


class _Charged:
    """The charges of one request, one for each log. ``fitted``: none of them exceeds a limit."""

    def __init__(
        self,
        matches: Sequence[_Match],
        variables: Mapping[str, Any],
        context: RequestContext,
        cost: int = 1,
    ) -> None:
        self._taken: dict[str, Counted] = {}
        self.fitted = True
        for rule, tries, field, by_cost in matches:
            units = (cost if by_cost else tries) * rule.cost
            for key in keys_of(rule, context, field, variables):
                for limit in rule.limits:
                    self._add(rule, limit, key, units)

    @property
    def is_empty(self) -> bool:
        return not self._taken

    async def take(self, store: Store) -> Sequence[Counted]:
        return self._counted(await store.take(self._charges()))

    async def peek(self, store: Store) -> Sequence[Counted]:
        return self._counted(await store.peek(self._charges()))

    def _add(self, rule: Rule, limit: Limit, key: str, cost: int) -> None:
        """Of rules that share a log, the lowest limit applies."""
        name = limit.log + key
        known = self._taken.get(name)
        if known is None:
            self._taken[name] = Counted(rule, limit, cost, limit is rule.limits[0], rule.strict)
        elif known.rule is rule:
            known.cost += cost
        else:
            known.cost = max(known.cost, cost)
            known.is_strict = known.is_strict or rule.strict
            if limit.window.limit < known.limit.window.limit:
                known.limit = limit

    def _charges(self) -> list[Charge]:
        return [
            Charge(name, taken.limit.window, taken.cost, taken.is_strict)
            for name, taken in self._taken.items()
        ]

    def _counted(self, levels: Sequence[Level]) -> Sequence[Counted]:
        counted = list(self._taken.values())
        for one, level in zip(counted, levels, strict=True):
            one.set_level(level)
            if level.wait:
                self.fitted = False
        return counted
