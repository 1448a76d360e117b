"""Which policies exist, which fields they need, and which subgraph evaluates them."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from trellis.router.errors import ConfigError
from trellis.schema.policy import CallerPolicy, GuardedObject, ObjectPolicy, Policy
from trellis.schema.request import RequestContext

RETRY_SECONDS = 1.0
"""Pause before a list of policies that failed, or that lacks a wanted name, is requested again.
Operations that name an unknown policy would otherwise request it each time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """The declaration of a policy. ``needs``: a field set per guarded type, with ``""`` for all
    other types; None if it decides by the caller alone."""

    needs: Mapping[str, str] | None

    def needs_of(self, type_name: str) -> str | None:
        """The field set that it needs of objects of a type; None if it does not support them."""
        needs = self.needs or {}
        return needs.get(type_name, needs.get(""))


class PolicySource(Protocol):
    """Evaluates the policies of one subgraph, in this process or another. ``is_outdated``: its
    policies have changed since ``declared`` was called."""

    name: str
    is_outdated: bool

    async def declared(self) -> Mapping[str, PolicySpec]:
        """Its policies by name. May raise any error of the connection to it."""
        ...

    async def holds(self, policy: str, context: RequestContext) -> Any:
        """The verdict of a policy about callers. Anything but True denies."""
        ...

    async def judge(
        self, policy: str, context: RequestContext, objects: Sequence[GuardedObject]
    ) -> Any:
        """The verdicts of a policy about objects, not validated."""
        ...


def declared(policy: Policy) -> PolicySpec:
    """The declaration of a registered policy."""
    if isinstance(policy, CallerPolicy):
        return PolicySpec(None)
    needs = {"": policy.needs} if isinstance(policy.needs, str) else dict(policy.needs)
    return PolicySpec(needs)


class LocalPolicies:
    """The policies of a subgraph in this process."""

    is_outdated = False

    def __init__(self, name: str, policies: Mapping[str, Policy]) -> None:
        self.name = name
        self._policies = policies
        self.names = frozenset(policies)

    async def declared(self) -> Mapping[str, PolicySpec]:
        return {name: declared(policy) for name, policy in self._policies.items()}

    async def holds(self, policy: str, context: RequestContext) -> Any:
        found = self._policies[policy]
        assert isinstance(found, CallerPolicy)
        return await found.decide(context.identity)

    async def judge(
        self, policy: str, context: RequestContext, objects: Sequence[GuardedObject]
    ) -> Any:
        found = self._policies[policy]
        assert isinstance(found, ObjectPolicy)
        return await found.decide(context.identity, objects)


@dataclass(frozen=True, slots=True, eq=False)
class RegisteredPolicies:
    """All policies known at one moment. Compared by identity, since it is part of cache keys."""

    declared: Mapping[str, PolicySpec] = field(default_factory=dict)
    sources: Mapping[str, PolicySource] = field(default_factory=dict)

    @property
    def about_objects(self) -> frozenset[str]:
        """The names of the policies that decide about objects."""
        return frozenset(name for name, found in self.declared.items() if found.needs is not None)


NO_POLICIES = RegisteredPolicies()


class PolicyRegistry:
    """Collects the policies of all subgraphs; those of other processes are requested when first
    needed."""

    def __init__(
        self, sources: Sequence[PolicySource] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises ConfigError if two subgraphs of this process register the same name."""
        self._clock = clock
        self._sources = tuple(sources)
        self._lists: dict[str, Mapping[str, PolicySpec]] = {}
        self._asked: dict[str, float] = {}
        self._registered = NO_POLICIES
        self._lock = asyncio.Lock()
        _reject_duplicates([source for source in sources if isinstance(source, LocalPolicies)])

    async def load(self, wanted: frozenset[str]) -> RegisteredPolicies:
        """The known policies. Subgraphs are asked for theirs only if a wanted one is unknown.

        There is no timeout here: the caller sets one. Policies of a subgraph that fails stay
        unknown until the next attempt.
        """
        if not self._stale(wanted):
            return self._registered
        async with self._lock:
            if stale := self._stale(wanted):
                await asyncio.gather(*(self._load(source) for source in stale))
                self._bind()
                if missing := wanted - self._registered.declared.keys():
                    log.warning("unknown_policies_deny", policies=sorted(missing))
        return self._registered

    @property
    def has_sources(self) -> bool:
        """Whether any subgraph could make a policy hold."""
        return bool(self._sources)

    @property
    def current(self) -> RegisteredPolicies:
        """The policies known so far, without requests."""
        return self._registered

    async def aclose(self) -> None:
        """Close the connections of sources that have any."""
        for source in self._sources:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _stale(self, wanted: frozenset[str]) -> list[PolicySource]:
        """The sources to request a list from, except those asked within ``RETRY_SECONDS``."""
        lacks = not wanted <= self._registered.declared.keys()
        now = self._clock()
        return [
            source
            for source in self._sources
            if source.is_outdated or (lacks and self._may_have_more(source))
            if now >= self._asked.get(source.name, now)
        ]

    def _may_have_more(self, source: PolicySource) -> bool:
        return source.name not in self._lists or not isinstance(source, LocalPolicies)

    async def _load(self, source: PolicySource) -> None:
        self._asked[source.name] = self._clock() + RETRY_SECONDS
        try:
            self._lists[source.name] = await source.declared()
        except Exception as error:  # boundary to another process: its policies stay unknown
            log.error("policies_not_listed", subgraph=source.name, error=str(error))

    def _bind(self) -> None:
        known: dict[str, PolicySpec] = {}
        owners: dict[str, PolicySource] = {}
        duplicates: set[str] = set()
        for source in self._sources:
            for name, policy in self._lists.get(source.name, {}).items():
                if name in owners:
                    duplicates.add(name)
                known[name], owners[name] = policy, source
        for name in duplicates:  # ambiguous, so it is unknown and denies
            log.error("policy_registered_twice", policy=name)
            del known[name], owners[name]
        if known != self._registered.declared or owners != self._registered.sources:
            self._registered = RegisteredPolicies(known, owners)


def _reject_duplicates(sources: Sequence[LocalPolicies]) -> None:
    owners: dict[str, str] = {}
    for source in sources:
        for name in sorted(source.names):
            other = owners.setdefault(name, source.name)
            if other != source.name:
                raise ConfigError(
                    f"The subgraphs {other} and {source.name} both register the policy `{name}`: "
                    "register it in one of them only."
                )
