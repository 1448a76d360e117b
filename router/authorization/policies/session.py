"""Evaluates policies during one operation: once per policy and object, many objects per call."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import orjson
import structlog

from trellis.router.authorization.policies.registry import RegisteredPolicies
from trellis.router.requirements import Alternatives
from trellis.schema.metrics import ServiceMetrics
from trellis.schema.policy import GuardedObject
from trellis.schema.request import RequestContext

POLICY_SECONDS = 1.0
"""The default of the setting ``authorization.policy_seconds``."""

log = structlog.get_logger(__name__)

_METRICS = ServiceMetrics("router")
_CALLS = _METRICS.counters("policy_calls_total", "Calls of policies.", "policy", "outcome")
_SECONDS = _METRICS.histograms("policy_call_duration_seconds", "Time of calls.", "policy")


class Verdict(Enum):
    """The verdict of a policy, with the reason if it is negative. The values are for people."""

    HOLDS = "holds"
    DENIES = "denies"
    UNKNOWN = "is not registered by any subgraph"
    LATE = "did not answer in time"
    FAILED = "failed to answer"
    UNDECIDED = "could not be evaluated: what it needs of the object is unknown"


class PolicySession:
    """The verdicts about one caller during one operation, or during one event of a subscription.
    They are not kept any longer and never shared with another caller."""

    def __init__(
        self,
        registered: RegisteredPolicies,
        context: RequestContext,
        seconds: float = POLICY_SECONDS,
    ) -> None:
        self.registered = registered
        self.context = context
        self._seconds = seconds
        self._callers: dict[str, Verdict] = {}
        self._objects: dict[tuple[str, bytes], Verdict] = {}

    async def ask_about_caller(self, policies: Iterable[str]) -> frozenset[str]:
        """The policies among these that hold for the caller, independent of any object."""
        new = [name for name in policies if name not in self._callers]
        await asyncio.gather(*(self._ask_about_caller(name) for name in new))
        return frozenset(name for name in policies if self._callers[name] is Verdict.HOLDS)

    async def ask_about_objects(self, wanted: Mapping[str, Mapping[bytes, GuardedObject]]) -> None:
        """Evaluate each policy about its objects (keyed by ``object_key``), all policies
        concurrently."""
        calls = []
        for policy, objects in wanted.items():
            new = [key for key in objects if (policy, key) not in self._objects]
            if new:
                calls.append(self._ask_about_objects(policy, {key: objects[key] for key in new}))
        await asyncio.gather(*calls)

    def of_object(self, policy: str, key: bytes) -> Verdict:
        """The verdict of a policy about an object."""
        return self._objects.get((policy, key), Verdict.UNDECIDED)

    def of_caller(self, policy: str) -> Verdict:
        """The verdict of a policy about the caller."""
        return self._callers.get(policy, Verdict.UNDECIDED)

    async def _ask_about_caller(self, policy: str) -> None:
        source = self.registered.sources.get(policy)
        if source is None:
            self._callers[policy] = Verdict.UNKNOWN
            return
        answer, reason = await self._in_time(policy, source.holds(policy, self.context))
        self._callers[policy] = _verdict(answer, reason)

    async def _ask_about_objects(self, policy: str, objects: Mapping[bytes, GuardedObject]) -> None:
        source = self.registered.sources.get(policy)
        if source is None:
            self._objects.update({(policy, key): Verdict.UNKNOWN for key in objects})
            return
        asked = source.judge(policy, self.context, list(objects.values()))
        answers, reason = await self._in_time(policy, asked)
        if reason is None and not _fits(answers, len(objects)):
            log.error("policy_answered_wrong_number", policy=policy, objects=len(objects))
            answers, reason = None, Verdict.FAILED
        found: Sequence[Any] = [None] * len(objects) if answers is None else answers
        for key, answer in zip(objects, found, strict=True):
            self._objects[policy, key] = _verdict(answer, reason)

    async def _in_time(self, policy: str, answer: Any) -> tuple[Any, Verdict | None]:
        """The policy's answer, or the reason why there is none."""
        limit, began, outcome = asyncio.timeout(self._patience()), time.perf_counter(), "cancelled"
        try:
            async with limit:
                found = await answer
                outcome = "answered"
                return found, None
        except Exception as error:  # boundary to user code: a policy that fails denies
            if isinstance(error, TimeoutError) and limit.expired():
                outcome = "late"
                log.warning("policy_late", policy=policy, seconds=self._seconds)
                return None, Verdict.LATE
            outcome = "failed"
            log.error("policy_failed", policy=policy, exc_info=error)
            return None, Verdict.FAILED
        finally:
            _CALLS(policy, outcome).inc()
            _SECONDS(policy).observe(time.perf_counter() - began)

    def _patience(self) -> float:
        deadline = self.context.deadline
        if deadline is None:
            return self._seconds
        return max(0.0, min(self._seconds, deadline - time.monotonic()))


def object_key(found: GuardedObject) -> bytes:
    """Equal for objects between which a policy cannot tell a difference."""
    try:
        return orjson.dumps(found, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # orjson does not write integers beyond 64 bits and lone surrogates
        return json.dumps(found, sort_keys=True, default=repr).encode()


def is_satisfied(condition: Alternatives, verdict_of: Mapping[str, Verdict]) -> bool:
    """Whether all policies of one alternative hold."""
    return any(all(verdict_of.get(name) is Verdict.HOLDS for name in names) for names in condition)


def _fits(answers: Any, count: int) -> bool:
    is_list = isinstance(answers, Sequence) and not isinstance(answers, str | bytes)
    return is_list and len(answers) == count


def _verdict(answer: Any, reason: Verdict | None) -> Verdict:
    if reason is not None:
        return reason
    if answer is True:
        return Verdict.HOLDS
    return Verdict.DENIES if answer is False else Verdict.FAILED
