"""What a router and a subgraph in another process say to one another about policies, as JSON."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from trellis.router.authorization.policies.registry import PolicySpec
from trellis.router.trust.wire import identity_from_json, identity_to_json
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import GuardedObject


@dataclass(frozen=True, slots=True)
class PolicyQuestion:
    """What a router asks. ``objects`` is None for a policy about the caller; ``version`` is that of
    the list from which the router knows what the policy needs."""

    policy: str
    caller: Identity
    version: str
    objects: Sequence[GuardedObject] | None = None


def policies_to_json(declared: Mapping[str, PolicySpec]) -> dict[str, Any]:
    """The list of a subgraph's policies."""
    policies = [{"name": name, "needs": one.needs} for name, one in sorted(declared.items())]
    return {"version": version_of(declared), "policies": policies}


def policies_from_json(value: Any) -> tuple[str, dict[str, PolicySpec]]:
    """The version and the policies that ``policies_to_json`` wrote. Raises ValueError."""
    members = _object(value)
    found: dict[str, PolicySpec] = {}
    for policy in _list(members.get("policies")):
        one = _object(policy)
        needs = one.get("needs")
        if needs is not None:
            needs = {_text(type_name): _text(text) for type_name, text in _object(needs).items()}
        found[_text(one.get("name"))] = PolicySpec(needs)
    return _text(members.get("version")), found


def version_of(declared: Mapping[str, PolicySpec]) -> str:
    """Differs between lists that do."""
    text = orjson.dumps({name: one.needs for name, one in declared.items()}, option=_SORTED)
    return hashlib.sha256(text).hexdigest()[:32]


def question_to_json(question: PolicyQuestion) -> dict[str, Any]:
    """The body of a question; nobody is a caller without members."""
    body: dict[str, Any] = {
        "policy": question.policy,
        "version": question.version,
        "caller": identity_to_json(question.caller) if question.caller.is_authenticated else {},
    }
    if question.objects is not None:
        body["objects"] = question.objects
    return body


def read_question(value: Any) -> PolicyQuestion:
    """The question that ``question_to_json`` wrote. Raises ValueError."""
    members = _object(value)
    caller, objects = _object(members.get("caller")), members.get("objects")
    return PolicyQuestion(
        policy=_text(members.get("policy")),
        caller=identity_from_json(caller) if caller else ANONYMOUS,
        version=_text(members.get("version")),
        objects=None if objects is None else [_object(one) for one in _list(objects)],
    )


_SORTED = orjson.OPT_SORT_KEYS


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object is due")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is due")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text is due")
    return value
