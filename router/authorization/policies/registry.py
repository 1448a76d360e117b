"""Which policies exist, what they need to know, and who decides them."""

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
"""How long a list of policies that lacks a wanted name, or that failed, is not asked for again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """What a policy says about itself. ``needs``: the field set for each guarded type, ``""`` for
    all others; None when it decides by the caller alone."""

    needs: Mapping[str, str] | None

    def needs_of(self, type_name: str) -> str | None:
        """The field set that it needs of objects of a type; None when it does not know them."""
        needs = self.needs or {}
        return needs.get(type_name, needs.get(""))


class PolicySource(Protocol):
    """Decides the policies of one subgraph, wherever that runs. ``is_outdated``: it has other
    policies by now than it has told."""

    name: str
    is_outdated: bool

    async def declared(self) -> Mapping[str, PolicySpec]:
        """The policies it has, by name. May raise whatever the way to it raises."""
        ...

    async def holds(self, policy: str, context: RequestContext) -> Any:
        """The answer of a policy about callers: True, or anything else that then denies."""
        ...

    async def judge(
        self, policy: str, context: RequestContext, objects: Sequence[GuardedObject]
    ) -> Any:
        """The answers of a policy about objects; whoever asks checks them."""
        ...


def declared(policy: Policy) -> PolicySpec:
    """What a registered policy says about itself."""
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
    """All policies known at one moment; compared by identity, as part of cache keys."""

    declared: Mapping[str, PolicySpec] = field(default_factory=dict)
    sources: Mapping[str, PolicySource] = field(default_factory=dict)

    @property
    def about_objects(self) -> frozenset[str]:
        """The names of the policies that decide about objects."""
        return frozenset(name for name, found in self.declared.items() if found.needs is not None)


NO_BOOK = RegisteredPolicies()


class PolicyRegistry:
    """Gathers the policies of all subgraphs; those elsewhere tell theirs when first needed."""

    def __init__(
        self, sources: Sequence[PolicySource] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises ConfigError when two subgraphs of this process register one name."""
        self._clock = clock
        self._sources = tuple(sources)
        self._lists: dict[str, Mapping[str, PolicySpec]] = {}
        self._asked: dict[str, float] = {}
        self._book = NO_BOOK
        self._lock = asyncio.Lock()
        _refuse_twins([source for source in sources if isinstance(source, LocalPolicies)])

    async def book(self, wanted: frozenset[str]) -> RegisteredPolicies:
        """The policies known; subgraphs are asked for theirs only while a wanted one is not. The
        time that may take is the caller's to limit; what fails stays unknown for now."""
        if not self._stale(wanted):
            return self._book
        async with self._lock:
            if stale := self._stale(wanted):
                await asyncio.gather(*(self._load(source) for source in stale))
                self._bind()
                if missing := wanted - self._book.declared.keys():
                    log.warning("unknown_policies_deny", policies=sorted(missing))
        return self._book

    @property
    def has_sources(self) -> bool:
        """Whether there is anybody who could let a policy hold."""
        return bool(self._sources)

    @property
    def current(self) -> RegisteredPolicies:
        """What is known without asking anybody."""
        return self._book

    async def aclose(self) -> None:
        """Give back the connections of sources that have any."""
        for source in self._sources:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _stale(self, wanted: frozenset[str]) -> list[PolicySource]:
        """The sources to be asked (again) for their list, but none in quick succession."""
        lacks = not wanted <= self._book.declared.keys()
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
        except Exception as error:  # the boundary to another process: its policies stay unknown
            log.error("policies_not_told", subgraph=source.name, error=str(error))

    def _bind(self) -> None:
        known: dict[str, PolicySpec] = {}
        owners: dict[str, PolicySource] = {}
        twins: set[str] = set()
        for source in self._sources:
            for name, policy in self._lists.get(source.name, {}).items():
                if name in owners:
                    twins.add(name)
                known[name], owners[name] = policy, source
        for name in twins:  # nobody can say which is meant
            log.error("policy_registered_twice", policy=name)
            del known[name], owners[name]
        if known != self._book.declared or owners != self._book.sources:
            self._book = RegisteredPolicies(known, owners)


def _refuse_twins(sources: Sequence[LocalPolicies]) -> None:
    owners: dict[str, str] = {}
    for source in sources:
        for name in sorted(source.names):
            other = owners.setdefault(name, source.name)
            if other != source.name:
                raise ConfigError(
                    f"The subgraphs {other} and {source.name} both register the policy `{name}`: "
                    "keep it in the one that knows the answer."
                )
