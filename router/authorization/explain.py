"""Why something was denied: the rules there, which of them the caller meets, policy verdicts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from trellis.router.authorization.authorize import DeniedPlace, denied_places
from trellis.router.authorization.object_checks import DeniedValue
from trellis.router.authorization.policies.footprint import ArgumentCheck, PolicyFootprint
from trellis.router.authorization.policies.outcome import PolicyOutcome, arguments_object
from trellis.router.authorization.policies.session import Verdict, object_key
from trellis.router.authorization.rules.index import AuthorizationRules, RequirementIds
from trellis.router.operation.model import NormalizedOperation
from trellis.router.requirements import (
    NOTHING_NEEDED,
    Alternatives,
    Requirement,
)
from trellis.schema.identity import Identity
from trellis.schema.policy import GuardedObject


@dataclass(frozen=True, slots=True)
class Rule:
    """One directive with the schema coordinates at which it is applied."""

    directive: str
    places: tuple[str, ...]
    is_met: bool

    def to_json(self) -> dict[str, Any]:
        return {"directive": self.directive, "at": list(self.places), "isMet": self.is_met}


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """The verdict of a policy about an object (``about``), or about the caller alone (None). A
    ``verdict`` of None means that it was not evaluated because other rules had decided."""

    policy: str
    verdict: Verdict | None
    about: GuardedObject | None = None

    def to_json(self) -> dict[str, Any]:
        verdict = self.verdict.value if self.verdict is not None else "was not evaluated"
        about = {} if self.about is None else {"object": dict(self.about)}
        return {"policy": self.policy, "verdict": verdict, **about}


@dataclass(frozen=True, slots=True)
class Removed:
    """One response path that authorization removed. ``place`` is its schema coordinate."""

    path: tuple[str | int, ...]
    place: str
    rules: tuple[Rule, ...]
    policies: tuple[PolicyAnswer, ...]

    def to_json(self) -> dict[str, Any]:
        """For ``extensions.queryPlan`` and for tools."""
        return {
            "path": list(self.path),
            "place": self.place,
            "rules": [rule.to_json() for rule in self.rules],
            "policies": [answers.to_json() for answers in self.policies],
        }


@dataclass(frozen=True, slots=True)
class Case:
    """An operation, its caller and the policy outcome: what a denial is explained by."""

    operation: NormalizedOperation
    identity: Identity
    outcome: PolicyOutcome
    variables: Mapping[str, Any]


class Explainer:
    """Explains denials with the rules of one supergraph."""

    def __init__(self, rules: AuthorizationRules, schema: GraphQLSchema) -> None:
        self._rules = rules
        self._schema = schema

    def explain(
        self, case: Case, footprint: PolicyFootprint, denied_values: Sequence[DeniedValue] = ()
    ) -> tuple[Removed, ...]:
        """What was removed before planning, then what was removed because objects failed their
        checks (``denied_values``)."""
        outcome = case.outcome
        asked = {footprint.argument_checks[place].field: needs for place, needs in outcome.refused}
        unmet = self._rules.unmet_by(case.identity, outcome.assumed)
        checks = {check.field: check for check in footprint.argument_checks}
        places = denied_places(case.operation, self._rules, unmet, asked, outcome.provided)
        before = [self._removed(place, case, checks.get(place.field)) for place in places]
        return (*before, *(self._denied_value(one, case) for one in denied_values))

    def _removed(self, denied: DeniedPlace, case: Case, check: ArgumentCheck | None) -> Removed:
        about = self._about(check, case) if check is not None else None
        answers = [
            self._answer_of(name, case.outcome, about)
            for name in sorted(self._rules.policies_of(denied.needs))
        ]
        field = denied.field
        place = f"{field.parent}.{field.name}"
        rules = self._of_needs(denied.needs, place, case, answers)
        return Removed(denied.path, place, rules, tuple(answers))

    def _about(self, check: ArgumentCheck, case: Case) -> GuardedObject | None:
        try:
            return arguments_object(check, self._schema, case.variables)
        except GraphQLError:
            return None

    def _answer_of(
        self, name: str, outcome: PolicyOutcome, about: GuardedObject | None
    ) -> PolicyAnswer:
        verdicts = outcome.verdicts
        if verdicts is None:
            return PolicyAnswer(name, None)
        if name not in outcome.registered.about_objects:
            return PolicyAnswer(name, verdicts.of_caller(name))
        if about is None:
            return PolicyAnswer(name, None)
        return PolicyAnswer(name, verdicts.of_object(name, object_key(about)), about)

    def _denied_value(self, value: DeniedValue, case: Case) -> Removed:
        denial, outcome = value.denial, case.outcome
        answers = []
        for name in sorted(self._rules.policies_of(value.guard.needs)):
            if name in denial.verdicts:
                answers.append(PolicyAnswer(name, denial.verdicts[name], denial.objects.get(name)))
            else:
                answers.append(self._answer_of(name, outcome, None))
        rules = self._of_needs(value.guard.needs, value.guard.place, case, answers)
        return Removed(value.path, value.guard.place, rules, tuple(answers))

    def _of_needs(
        self, needs: RequirementIds, place: str, case: Case, answers: Iterable[PolicyAnswer]
    ) -> tuple[Rule, ...]:
        held = {one.policy for one in answers if one.verdict is Verdict.HOLDS}
        index = self._rules.index
        found: dict[Rule, None] = {}
        for number in sorted(needs):
            at = _near(index.places[number], place)
            for rule in _rules(index.requirements[number], at, case.identity, held):
                found[rule] = None
        return tuple(found)


def _near(places: tuple[str, ...], place: str) -> tuple[str, ...]:
    """The places of a requirement that belong to the field itself; all of them if none does."""
    own = tuple(one for one in places if one == place or one.startswith(f"{place}("))
    return own or places


def _rules(
    requirement: Requirement, at: tuple[str, ...], identity: Identity, held: set[str]
) -> Iterable[Rule]:
    if requirement.authenticated:
        yield Rule("@authenticated", at, identity.is_authenticated)
    if requirement.scopes != NOTHING_NEEDED:
        text = f"@requiresScopes(scopes: {_written(requirement.scopes)})"
        yield Rule(text, at, any(all(map(identity.may, s)) for s in requirement.scopes))
    if requirement.policies != NOTHING_NEEDED:
        text = f"@policy(policies: {_written(requirement.policies)})"
        yield Rule(text, at, any(names <= held for names in requirement.policies))


def _written(alternatives: Alternatives) -> str:
    lists = sorted("[" + ", ".join(f'"{name}"' for name in sorted(s)) + "]" for s in alternatives)
    return f"[{', '.join(lists)}]"
