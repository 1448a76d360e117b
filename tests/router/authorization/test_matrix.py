"""Every directive at every place for every caller in both modes, against an independent model."""

from itertools import cycle
from uuid import UUID

import pytest

from tests.router.authorization.oracle import Oracle
from tests.router.authorization.places import PLACES, Built, Place, build
from tests.router.authorization.test_generated_verdicts import (
    Graph,
    check_answer,
    check_rejection,
    judged,
    spelt,
)
from tests.support.protecting import IMPORTS, NOBODY, ONE_SCOPE, POLICY, SCOPES, SIGNED_IN, Rule
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.function import FunctionTransport
from trellis.schema.identity import ANONYMOUS, Identity

RULES = {
    "signed in": SIGNED_IN,
    "one scope": ONE_SCOPE,
    "alternatives": SCOPES,
    "nobody": NOBODY,
    "unknown policy": POLICY,
}
CALLERS = {
    "anonymous": ANONYMOUS,
    "no scopes": Identity(id=UUID(int=1)),
    "in part": Identity(id=UUID(int=2), scopes=frozenset({"b"})),
    "one": Identity(id=UUID(int=3), scopes=frozenset({"a"})),
    "right": Identity(id=UUID(int=4), scopes=frozenset({"a", "b"})),
    "another way": Identity(id=UUID(int=5), scopes=frozenset({"c"})),
    "admin": Identity(id=UUID(int=6), roles=frozenset({"admin"})),
}


def supergraph_of(built: Built, *, reject: bool = False) -> Supergraph:
    transports = built.universe.transports().items()
    return Supergraph.load(
        built.sdl,
        transports={name: FunctionTransport(send) for name, send in transports},
        options=SupergraphOptions(reject=reject),
    )


@pytest.mark.parametrize("place", PLACES)
def test_the_verdict_depends_on_rule_and_caller_alone(place: str):
    for rule in RULES.values():
        check_verdicts(place, rule, "plain")


@pytest.mark.parametrize("how", ["renamed", "namespaced"])
def test_rules_under_other_names_give_the_same_verdicts(how: str):
    several = cycle(RULES.values())
    for place in PLACES:
        check_verdicts(place, next(several), how)


def check_verdicts(place: str, rule: Rule, how: str) -> None:
    built = build(rules_of(PLACES[place], rule), IMPORTS[how])
    supergraph = supergraph_of(built)
    for name, caller in CALLERS.items():
        oracle = Oracle(built.universe.api, built.placed, caller)
        for text in PLACES[place].operations:
            expected = spelt(oracle.expect(text, {}))
            assert judged(supergraph, text, {}, caller) == expected, (rule, name, text)


@pytest.mark.parametrize("place", PLACES)
async def test_answers_and_fetches_follow_the_verdict_in_both_modes(place: str):
    built = build(rules_of(PLACES[place], SCOPES), IMPORTS["plain"])
    modes = {reject: supergraph_of(built, reject=reject) for reject in (False, True)}
    graph = Graph(modes, built.universe, built.placed)
    for caller in CALLERS.values():
        for text in PLACES[place].operations:
            await check_answer(graph, caller, (text, {}), text, {})
            await check_rejection(graph, caller, (text, {}), text, {})


def rules_of(place: Place, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(place.slots, rule) | place.also
