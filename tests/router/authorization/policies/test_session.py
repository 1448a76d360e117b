"""Each policy is asked once about each object, and objects are told apart by all that they hold."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.support.metrics import figures_here
from trellis.router.authorization.policies.registry import LocalPolicies, PolicyRegistry
from trellis.router.authorization.policies.session import PolicySession, Verdict, object_key
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import GuardedObject, ObjectPolicy
from trellis.schema.request import RequestContext


async def test_an_object_that_has_been_judged_is_not_judged_again():
    judged: list[list[Any]] = []

    async def even(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        judged.append([one["n"] for one in objects])
        return [one["n"] % 2 == 0 for one in objects]

    source = LocalPolicies("a", {"even": ObjectPolicy(even)})
    book = await PolicyRegistry([source]).load(frozenset({"even"}))
    verdicts = PolicySession(book, RequestContext(ANONYMOUS))
    one, two, three = ({"n": n} for n in (1, 2, 3))

    await verdicts.ask_about_objects({"even": {object_key(o): o for o in (one, two)}})
    await verdicts.ask_about_objects({"even": {object_key(o): o for o in (two, three)}})
    await verdicts.ask_about_objects({"even": {object_key(o): o for o in (one, three)}})

    assert judged == [[1, 2], [3]]
    said = [verdicts.of_object("even", object_key(o)) for o in (one, two, three)]
    assert said == [Verdict.DENIES, Verdict.HOLDS, Verdict.DENIES]


async def test_calls_are_counted_by_what_became_of_them():
    async def fails(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        raise LookupError

    async def late(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        await asyncio.sleep(60)
        return []

    async def fine(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        return [True] * len(objects)

    policies = {"test_fails": fails, "test_late": late, "test_fine": fine}
    source = LocalPolicies("a", {name: ObjectPolicy(each) for name, each in policies.items()})
    book = await PolicyRegistry([source]).load(frozenset(policies))
    session = PolicySession(book, RequestContext(ANONYMOUS), seconds=0.01)
    objects: dict[bytes, GuardedObject] = {b"1": {"n": 1}}
    await session.ask_about_objects(dict.fromkeys(policies, objects))

    found = figures_here()
    for name, outcome in (("fails", "failed"), ("late", "late"), ("fine", "answered")):
        assert found.of("policy_calls_total", policy=f"test_{name}", outcome=outcome) == 1
        assert found.of("policy_calls_total", policy=f"test_{name}") == 1
        assert found.of("policy_call_duration_seconds_count", policy=f"test_{name}") == 1


def test_objects_that_hold_something_else_are_told_apart():
    objects: list[GuardedObject] = [
        {"a": 1},
        {"a": "1"},
        {"a": 2**70},
        {"a": 2**70 + 1},
        {"a": "\ud800"},
        {"a": None},
        {},
        {"b": 1},
    ]
    assert len({object_key(found) for found in objects}) == len(objects)
    for key in (7, 2**70):
        assert object_key({"a": key, "b": 1}) == object_key({"b": 1, "a": key})
