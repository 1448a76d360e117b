"""Why something was denied: the rules at that place, what the caller has, what policies said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from trellis.router.authorization.authorize import DeniedPlace, denied_places
from trellis.router.authorization.object_checks import Lost
from trellis.router.authorization.policies.footprint import ArgumentQuestion, PolicyFootprint
from trellis.router.authorization.policies.outcome import PolicyOutcome, given_object
from trellis.router.authorization.policies.session import Verdict, object_key
from trellis.router.authorization.rules.index import AuthorizationRules, Needs
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
    """One directive with the schema coordinates at which it stands."""

    directive: str
    places: tuple[str, ...]
    is_met: bool

    def to_json(self) -> dict[str, Any]:
        return {"directive": self.directive, "at": list(self.places), "isMet": self.is_met}


@dataclass(frozen=True, slots=True)
class Said:
    """What a policy has said; ``about`` is the object, None for the caller alone. A verdict of None
    means that it was not asked, since other rules had decided."""

    policy: str
    verdict: Verdict | None
    about: GuardedObject | None = None

    def to_json(self) -> dict[str, Any]:
        verdict = self.verdict.value if self.verdict is not None else "was not asked"
        about = {} if self.about is None else {"object": dict(self.about)}
        return {"policy": self.policy, "verdict": verdict, **about}


@dataclass(frozen=True, slots=True)
class Removed:
    """One place of the answer that permissions took away. ``place`` is its schema coordinate."""

    path: tuple[str | int, ...]
    place: str
    rules: tuple[Rule, ...]
    policies: tuple[Said, ...]

    def to_json(self) -> dict[str, Any]:
        """For ``extensions.queryPlan`` and for tools."""
        return {
            "path": list(self.path),
            "place": self.place,
            "rules": [rule.to_json() for rule in self.rules],
            "policies": [said.to_json() for said in self.policies],
        }


@dataclass(frozen=True, slots=True)
class Case:
    """An operation and its caller, on the way through authorization."""

    operation: NormalizedOperation
    identity: Identity
    outcome: PolicyOutcome
    variables: Mapping[str, Any]


class Explainer:
    """Explains denials by the rules of one supergraph."""

    def __init__(self, rules: AuthorizationRules, schema: GraphQLSchema) -> None:
        self._rules = rules
        self._schema = schema

    def explain(
        self, case: Case, footprint: PolicyFootprint, lost: Sequence[Lost] = ()
    ) -> tuple[Removed, ...]:
        """What was removed before planning, then the objects that did not pass (``lost``)."""
        outcome = case.outcome
        asked = {footprint.questions[place].field: needs for place, needs in outcome.refused}
        unmet = self._rules.unmet_by(case.identity, outcome.assumed)
        questions = {question.field: question for question in footprint.questions}
        places = denied_places(case.operation, self._rules, unmet, asked, outcome.given)
        before = [self._removed(place, case, questions.get(place.field)) for place in places]
        return (*before, *(self._lost(one, case) for one in lost))

    def _removed(
        self, denied: DeniedPlace, case: Case, question: ArgumentQuestion | None
    ) -> Removed:
        about = self._about(question, case) if question is not None else None
        said = [
            self._said(name, case.outcome, about)
            for name in sorted(self._rules.policies_of(denied.needs))
        ]
        field = denied.field
        place = f"{field.parent}.{field.name}"
        rules = self._of_needs(denied.needs, place, case, said)
        return Removed(denied.path, place, rules, tuple(said))

    def _about(self, question: ArgumentQuestion, case: Case) -> GuardedObject | None:
        try:
            return given_object(question, self._schema, case.variables)
        except GraphQLError:
            return None

    def _said(self, name: str, outcome: PolicyOutcome, about: GuardedObject | None) -> Said:
        verdicts = outcome.verdicts
        if verdicts is None:
            return Said(name, None)
        if name not in outcome.book.about_objects:
            return Said(name, verdicts.of_caller(name))
        if about is None:
            return Said(name, None)
        return Said(name, verdicts.of_object(name, object_key(about)), about)

    def _lost(self, lost: Lost, case: Case) -> Removed:
        denial, outcome = lost.denial, case.outcome
        said = []
        for name in sorted(self._rules.policies_of(lost.guard.needs)):
            if name in denial.verdicts:
                said.append(Said(name, denial.verdicts[name], denial.objects.get(name)))
            else:
                said.append(self._said(name, outcome, None))
        rules = self._of_needs(lost.guard.needs, lost.guard.place, case, said)
        return Removed(lost.path, lost.guard.place, rules, tuple(said))

    def _of_needs(
        self, needs: Needs, place: str, case: Case, said: Iterable[Said]
    ) -> tuple[Rule, ...]:
        held = {one.policy for one in said if one.verdict is Verdict.HOLDS}
        index = self._rules.index
        found: dict[Rule, None] = {}
        for number in sorted(needs):
            at = _near(index.places[number], place)
            for rule in _rules(index.requirements[number], at, case.identity, held):
                found[rule] = None
        return tuple(found)


def _near(places: tuple[str, ...], place: str) -> tuple[str, ...]:
    """Of all places at which a requirement stands those that the field itself has, if any."""
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
