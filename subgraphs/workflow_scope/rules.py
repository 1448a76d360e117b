"""The named conditions and validators of transitions.

A condition is about the caller: a transition whose conditions are not met is not offered. A
validator is about the issue: it says why the transition cannot be taken now. A name that is not in
the registry is refused when a workflow is written, and stops the transition when it is found in a
stored one.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.schema.events.workflows import RuleDefinition

_ROLES = ("owner", "admin", "member")
_LINK_TYPES = ("blocks", "is_blocked_by", "duplicates", "is_duplicated_by", "relates_to")
_MAX_FIELD_NAME = 100
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mover:
    """The caller as conditions see them: the roles that they have in the project."""

    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """The issue as validators see it.

    ``filled`` has the names of fields and custom fields with a value, ``open_links`` the types of
    the links to issues that are not closed.
    """

    has_assignee: bool
    filled: frozenset[str]
    open_links: frozenset[str]


@dataclass(frozen=True, slots=True)
class Condition:
    """``misused`` explains what is wrong with parameters, ``holds`` whether the caller meets it."""

    misused: Callable[[Parameters], str | None]
    holds: Callable[[Parameters, Mover], bool]


@dataclass(frozen=True, slots=True)
class Validator:
    """``misused`` explains what is wrong with parameters, ``problem`` with the issue."""

    misused: Callable[[Parameters], str | None]
    problem: Callable[[Parameters, IssueFacts], str | None]


def misused(rule: RuleDefinition, known: Mapping[str, Condition] | Mapping[str, Validator]) -> str:
    """What is wrong with a rule that somebody wants to use; empty if nothing is."""
    kind = known.get(rule.name)
    if kind is None:
        return f"must be one of: {', '.join(known)}"
    return kind.misused(rule.parameters) or ""


def unmet_conditions(rules: Collection[RuleDefinition], mover: Mover) -> list[str]:
    """The names of the conditions that the caller does not meet."""
    return [
        rule.name
        for rule in rules
        if (kind := CONDITIONS.get(rule.name)) is None or not kind.holds(rule.parameters, mover)
    ]


def problems_of(rules: Collection[RuleDefinition], facts: IssueFacts) -> dict[str, str]:
    """By the name of a validator what it finds wrong with the issue."""
    found: dict[str, str] = {}
    for rule in rules:
        kind = VALIDATORS.get(rule.name)
        problem = kind.problem(rule.parameters, facts) if kind else "Unknown rule."
        if problem:
            found[rule.name] = f"{found[rule.name]} {problem}" if rule.name in found else problem
    return found


def _only(parameters: Parameters, *names: str) -> str | None:
    others = sorted(parameters.keys() - set(names))
    return f"has no parameter {others[0]}" if others else None


def _words(parameters: Parameters, name: str, allowed: Collection[str]) -> str | None:
    words = parameters.get(name)
    if isinstance(words, list) and words and all(word in allowed for word in words):
        return _only(parameters, name)
    return f"needs the parameter {name}, a list of: {', '.join(allowed)}"


def _misused_links(parameters: Parameters) -> str | None:
    return _words(parameters, "types", _LINK_TYPES) if parameters else None


def _misused_field(parameters: Parameters) -> str | None:
    name = parameters.get("field")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= _MAX_FIELD_NAME:
        return "needs the parameter field, the name of a field or custom field"
    return _only(parameters, "field")


def _unassigned(_parameters: Parameters, facts: IssueFacts) -> str | None:
    return None if facts.has_assignee else "The issue needs an assignee."


def _field_empty(parameters: Parameters, facts: IssueFacts) -> str | None:
    name = parameters["field"]
    return None if name in facts.filled else f"The field {name} must be filled in."


def _links_open(parameters: Parameters, facts: IssueFacts) -> str | None:
    wanted = facts.open_links.intersection(parameters.get("types", _LINK_TYPES))
    return "Issues that it is linked with are not closed." if wanted else None


CONDITIONS: Mapping[str, Condition] = {
    "role": Condition(
        misused=lambda parameters: _words(parameters, "roles", _ROLES),
        holds=lambda parameters, mover: not mover.roles.isdisjoint(parameters["roles"]),
    )
}
VALIDATORS: Mapping[str, Validator] = {
    "has_assignee": Validator(_only, _unassigned),
    "field_required": Validator(_misused_field, _field_empty),
    "all_links_closed": Validator(_misused_links, _links_open),
}
