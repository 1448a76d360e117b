"""Where objects must pass policies once they are fetched, and what must be fetched for that.

The fields that policies need are added to the operation, under response keys that no client can
write. The planner treats them like any other field; ``trellis.router.executor.check_objects``
removes them from the answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from graphql import GraphQLNonNull, GraphQLString

from trellis.router.authorization.policies.footprint import own_requirements
from trellis.router.authorization.policies.outcome import PolicyOutcome
from trellis.router.authorization.policies.session import Verdict
from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    AuthorizationRules,
    RequirementIds,
)
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet
from trellis.router.requirements import NOTHING_NEEDED, Alternatives
from trellis.schema.policy import GuardedObject

UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"
MARK = "?"
"""Starts the response keys of fields added for policies. It is not allowed in a GraphQL name."""

_TYPENAME = GraphQLNonNull(GraphQLString)

ReadNeeds = Callable[[str, str], SelectionSet | None]
"""(policy, type) -> the fields that the policy needs of such objects; None if that is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """The check that objects of one type must pass for the field with the response key ``key``, or
    (None) for the whole object. ``place`` is the guarded schema coordinate, ``needs`` are its
    requirements, ``condition`` is what policies about objects must still fulfil of them, and
    ``wanted`` describes the requirements for people."""

    key: str | None
    place: str
    needs: RequirementIds
    condition: Alternatives
    wanted: str


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """The guards of one selection set. ``types`` are the possible object types. ``questions`` are
    (type, policy) pairs; the fields that a pair needs have ``MARK``, the number of this position
    and the index of the pair in their response keys."""

    types: frozenset[str]
    guards: dict[str, tuple[Guard, ...]]
    questions: tuple[tuple[str, str], ...]


def add_guards(
    operation: NormalizedOperation,
    rules: AuthorizationRules,
    outcome: PolicyOutcome,
    roots: frozenset[str],
    read_needs: ReadNeeds,
) -> tuple[NormalizedOperation, tuple[Position, ...]]:
    """The operation with the fields that undecided policies need, and the guarded positions.
    Fields of the root types (``roots``) have no object: their arguments have decided."""
    if not outcome.open:
        return operation, ()
    guarding = _Guarding(rules, outcome, roots, read_needs)
    selection = guarding.outcome(operation.selection)
    return replace(operation, selection=selection), tuple(guarding.positions)


class _Guarding:
    """Visits each selection set object once."""

    def __init__(
        self,
        rules: AuthorizationRules,
        outcome: PolicyOutcome,
        roots: frozenset[str],
        read_needs: ReadNeeds,
    ) -> None:
        self.positions: list[Position] = []
        self._rules = rules
        self._outcome = outcome
        self._roots = roots
        self._read_needs = read_needs
        self._outcomes: dict[int, SelectionSet] = {}
        self._conditions: dict[RequirementIds, Alternatives] = {}

    def outcome(self, selection: SelectionSet) -> SelectionSet:
        known = self._outcomes.get(id(selection))
        if known is None:
            known = self._outcomes[id(selection)] = self._visit(selection)
        return known

    def _visit(self, selection: SelectionSet) -> SelectionSet:
        fields = tuple(self._below(field) for field in selection.fields)
        guards = {} if selection.type in self._roots else self._guards(selection)
        if guards:
            fields += self._hidden_fields(selection, guards)
        elif fields == selection.fields:
            return selection
        return replace(selection, fields=fields)

    def _below(self, field: Field) -> Field:
        if field.denied or field.selection is None:
            return field
        below = self.outcome(field.selection)
        return field if below is field.selection else replace(field, selection=below)

    def _guards(self, selection: SelectionSet) -> dict[str, tuple[Guard, ...]]:
        found: dict[str, tuple[Guard, ...]] = {}
        for type_name in sorted(selection.possible):
            fields = [f for f in selection.fields if f.types is None or type_name in f.types]
            if not fields:  # nothing is selected on such objects
                continue
            whole = self._rules.index.types.get(type_name, NO_REQUIREMENTS)
            guards = [self._guard(None, type_name, whole)]
            for field in fields:
                if not field.denied:
                    needs = own_requirements(type_name, field.name, self._rules)
                    guards.append(self._guard(field.key, f"{type_name}.{field.name}", needs))
            if kept := tuple(guard for guard in guards if guard is not None):
                found[type_name] = kept
        return found

    def _guard(self, key: str | None, place: str, needs: RequirementIds) -> Guard | None:
        needs &= self._outcome.open
        condition = self._conditions.get(needs)
        if condition is None:
            condition = self._outcome.condition(needs, self._rules)
            self._conditions[needs] = condition
        if condition == NOTHING_NEEDED:
            return None
        return Guard(key, place, needs, condition, self._rules.describe(needs))

    def _hidden_fields(
        self, selection: SelectionSet, guards: dict[str, tuple[Guard, ...]]
    ) -> tuple[Field, ...]:
        number = len(self.positions)
        mark = f"{MARK}{number}"
        fields = [Field(mark, "__typename", selection.type, _TYPENAME)]
        questions: list[tuple[str, str]] = []
        for type_name, own in guards.items():
            types = None if selection.possible == {type_name} else frozenset((type_name,))
            policies = frozenset[str]().union(*(names for g in own for names in g.condition))
            for policy in sorted(policies):
                needed = self._read_needs(policy, type_name)
                if needed is None:
                    continue
                prefix = f"{mark}{MARK}{len(questions)}{MARK}"
                questions.append((type_name, policy))
                fields += [
                    replace(field, key=prefix + field.key, types=types) for field in needed.fields
                ]
        self.positions.append(Position(selection.possible, guards, tuple(questions)))
        return tuple(fields)


@dataclass(frozen=True, slots=True)
class Denial:
    """What is denied of one object: all of it (``whole``), or fields by response key. ``objects``
    is what each policy received, ``verdicts`` what it decided."""

    whole: Guard | None
    fields: Mapping[str, Guard]
    objects: Mapping[str, GuardedObject]
    verdicts: Mapping[str, Verdict]


class DeniedValue(NamedTuple):
    """A response path that is null because an object failed a guard."""

    path: tuple[str | int, ...]
    guard: Guard
    denial: Denial

    def refusal(self) -> dict[str, Any]:
        """The GraphQL error."""
        names = frozenset[str]().union(*self.guard.condition)
        verdicts = {self.denial.verdicts[name] for name in names}
        is_decided = verdicts <= {Verdict.HOLDS, Verdict.DENIES}
        why = "" if is_decided else ", which could not be evaluated"
        message = (
            f"Not authorized to access '{self.guard.place}': it needs {self.guard.wanted}{why}."
        )
        extensions = {"code": UNAUTHORIZED}
        return {"message": message, "path": list(self.path), "extensions": extensions}
