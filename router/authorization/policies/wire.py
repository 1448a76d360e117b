"""The JSON that a router and a subgraph in another process exchange about policies."""

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
class PolicyRequest:
    """A request to evaluate a policy. ``objects`` is None for a policy about the caller.
    ``version`` identifies the list of policies that the router knows."""

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
    """A hash of the list: it changes whenever the list does."""
    text = orjson.dumps({name: one.needs for name, one in declared.items()}, option=_SORTED)
    return hashlib.sha256(text).hexdigest()[:32]


def request_to_json(request: PolicyRequest) -> dict[str, Any]:
    """The body of a request. An anonymous caller is an empty object."""
    body: dict[str, Any] = {
        "policy": request.policy,
        "version": request.version,
        "caller": identity_to_json(request.caller) if request.caller.is_authenticated else {},
    }
    if request.objects is not None:
        body["objects"] = request.objects
    return body


def read_request(value: Any) -> PolicyRequest:
    """The request that ``request_to_json`` wrote. Raises ValueError."""
    members = _object(value)
    caller, objects = _object(members.get("caller")), members.get("objects")
    return PolicyRequest(
        policy=_text(members.get("policy")),
        caller=identity_from_json(caller) if caller else ANONYMOUS,
        version=_text(members.get("version")),
        objects=None if objects is None else [_object(one) for one in _list(objects)],
    )


_SORTED = orjson.OPT_SORT_KEYS


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("expected a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a string")
    return value
