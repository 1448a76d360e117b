"""Asks the policies that can be asked before planning: about the caller, and about arguments."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NameNode,
    VariableValues,
    get_argument_values,
)

from trellis.router.authorization.inputs import Given, InputNeeds
from trellis.router.authorization.policies.footprint import ArgumentQuestion, PolicyFootprint
from trellis.router.authorization.policies.registry import (
    NO_BOOK,
    PolicyRegistry,
    RegisteredPolicies,
)
from trellis.router.authorization.policies.session import (
    POLICY_SECONDS,
    PolicySession,
    is_passed,
    object_key,
)
from trellis.router.authorization.rules.index import NO_NEEDS, AuthorizationRules, Needs
from trellis.router.requirements import NOTHING_NEEDED, Alternatives, both
from trellis.schema.policy import GuardedObject
from trellis.schema.request import RequestContext


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """What the policies have said before planning. Operations with equal ones are planned alike.

    ``given`` is what the variables hold that is protected; None leaves it open. ``held`` are the
    policies about the caller that hold. ``open`` are the requirements that only objects can meet,
    which are fetched on condition. ``refused`` has the place of each argument question that was
    answered with no, and the requirements that failed. ``is_optimistic``: none has been
    asked yet.
    """

    book: RegisteredPolicies = NO_BOOK
    held: frozenset[str] = frozenset()
    open: Needs = NO_NEEDS
    refused: tuple[tuple[int, Needs], ...] = ()
    given: Given | None = None
    is_optimistic: bool = False
    verdicts: PolicySession | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """All that planning depends on, without what belongs to one request only."""
        return self.book, self.held, self.open, self.refused, self.given

    @property
    def assumed(self) -> frozenset[str]:
        """The policies that planning takes as held: the objects will tell."""
        return self.held | self.book.about_objects if self.open else self.held

    def condition(self, needs: Needs, rules: AuthorizationRules) -> Alternatives:
        """What policies about objects must still say so that these requirements are met."""
        condition = NOTHING_NEEDED
        for number in needs & self.open:
            condition = both(condition, self._rest(rules.index.requirements[number].policies))
        return condition

    def _rest(self, alternatives: Alternatives) -> Alternatives:
        possible = self.held | self.book.about_objects
        rest = frozenset(names - self.held for names in alternatives if names <= possible)
        return both(rest, NOTHING_NEEDED)


NOTHING_DECIDED = PolicyOutcome()


async def decide(
    footprint: PolicyFootprint,
    rules: AuthorizationRules,
    known: PolicyRegistry,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
    context: RequestContext,
    *,
    given: Given | None = None,
    seconds: float = POLICY_SECONDS,
) -> PolicyOutcome:
    """Ask what can be asked now. ``variables`` are the operation's, coerced against ``schema``.

    Only policies that make a difference are asked: not those of requirements that the caller
    fails, or meets, without them.
    """
    identity = context.identity
    inputs = InputNeeds(rules.index, given)
    hopeless = rules.unmet_by(identity, rules.policies)
    needs = footprint.fetched.union(*(question.needs(inputs) for question in footprint.questions))
    undecided = needs & rules.with_policies & (rules.unmet_by(identity) - hopeless)
    if not undecided:
        return PolicyOutcome(given=given)
    names = rules.policies_of(undecided)
    book = await _book(known, names, seconds)
    verdicts = PolicySession(book, context, seconds)
    about_objects = book.about_objects & names
    held = await verdicts.ask_about_caller(sorted(names - about_objects))
    still_open = rules.unmet_by(identity, held) - rules.unmet_by(identity, held | about_objects)
    outcome = PolicyOutcome(book, held, undecided & still_open, given=given, verdicts=verdicts)
    refused = await _refused(footprint.questions, outcome, rules, schema, variables)
    return replace(outcome, refused=refused)


async def _book(known: PolicyRegistry, names: frozenset[str], seconds: float) -> RegisteredPolicies:
    try:
        async with asyncio.timeout(seconds):
            return await known.book(names)
    except TimeoutError:  # a policy that could not be found out about is unknown, and denies
        return known.current


async def _refused(
    questions: Sequence[ArgumentQuestion],
    outcome: PolicyOutcome,
    rules: AuthorizationRules,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
) -> tuple[tuple[int, Needs], ...]:
    """The argument questions that are answered with no, by their place."""
    inputs = InputNeeds(rules.index, outcome.given)
    asked: list[tuple[int, Needs, Alternatives, bytes]] = []
    wanted: dict[str, dict[bytes, GuardedObject]] = defaultdict(dict)
    for place, question in enumerate(questions):
        needs = question.needs(inputs) & outcome.open
        if not needs:
            continue
        condition = outcome.condition(needs, rules)
        try:
            found = given_object(question, schema, variables)
        except GraphQLError:  # the field cannot be resolved either
            asked.append((place, needs, condition, b""))
            continue
        key = object_key(found)
        asked.append((place, needs, condition, key))
        for name in frozenset[str]().union(*condition):
            wanted[name][key] = found
    assert outcome.verdicts is not None
    verdicts = outcome.verdicts
    await verdicts.ask_about_objects(wanted)
    return tuple(
        (place, needs)
        for place, needs, condition, key in asked
        if not is_passed(condition, {name: verdicts.of_object(name, key) for name in wanted})
    )


def given_object(
    question: ArgumentQuestion, schema: GraphQLSchema, variables: Mapping[str, Any]
) -> GuardedObject:
    """The arguments of a field as policies see them, with the schema's defaults. Raises
    GraphQLError when a variable leaves out what the field must have."""
    name = question.field.name
    found: dict[str, Any] = {"__typename": question.owner, "__field": name}
    if name.startswith("__"):
        return found
    parent = schema.type_map[question.owner]
    assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
    arguments = tuple(
        ArgumentNode(name=NameNode(value=argument), value=value)
        for argument, value in question.field.arguments
    )
    node = FieldNode(name=NameNode(value=name), arguments=arguments)
    values = VariableValues({}, dict(variables))
    return {**found, **get_argument_values(parent.fields[name], node, values)}
