"""Evaluates the policies that can be evaluated before planning: about the caller and arguments."""

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

from trellis.router.authorization.inputs import InputRequirements, ProvidedInputs
from trellis.router.authorization.policies.footprint import ArgumentCheck, PolicyFootprint
from trellis.router.authorization.policies.registry import (
    NO_POLICIES,
    PolicyRegistry,
    RegisteredPolicies,
)
from trellis.router.authorization.policies.session import (
    POLICY_SECONDS,
    PolicySession,
    is_satisfied,
    object_key,
)
from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    AuthorizationRules,
    RequirementIds,
)
from trellis.router.requirements import NOTHING_NEEDED, Alternatives, both
from trellis.schema.policy import GuardedObject
from trellis.schema.request import RequestContext


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """The verdicts of policies before planning. Equal outcomes lead to equal plans.

    ``provided`` lists the protected values in the variables; None means that they may hold any.
    ``held`` are the policies about the caller that hold. ``open`` are the requirements that depend
    on the objects, which are fetched and then checked. ``refused`` has the index of each argument
    check that failed and the requirements that failed there. ``is_optimistic``: no policy has been
    evaluated yet.
    """

    registered: RegisteredPolicies = NO_POLICIES
    held: frozenset[str] = frozenset()
    open: RequirementIds = NO_REQUIREMENTS
    refused: tuple[tuple[int, RequirementIds], ...] = ()
    provided: ProvidedInputs | None = None
    is_optimistic: bool = False
    verdicts: PolicySession | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that planning depends on, without what belongs to a single request."""
        return self.registered, self.held, self.open, self.refused, self.provided

    @property
    def assumed(self) -> frozenset[str]:
        """The policies that planning assumes to hold; the objects are checked after fetching."""
        return self.held | self.registered.about_objects if self.open else self.held

    def condition(self, needs: RequirementIds, rules: AuthorizationRules) -> Alternatives:
        """What policies about objects must still fulfil to meet these requirements."""
        condition = NOTHING_NEEDED
        for number in needs & self.open:
            condition = both(condition, self._rest(rules.index.requirements[number].policies))
        return condition

    def _rest(self, alternatives: Alternatives) -> Alternatives:
        possible = self.held | self.registered.about_objects
        rest = frozenset(names - self.held for names in alternatives if names <= possible)
        return both(rest, NOTHING_NEEDED)


NOTHING_DECIDED = PolicyOutcome()


async def decide(
    footprint: PolicyFootprint,
    rules: AuthorizationRules,
    registry: PolicyRegistry,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
    context: RequestContext,
    *,
    provided: ProvidedInputs | None = None,
    seconds: float = POLICY_SECONDS,
) -> PolicyOutcome:
    """Evaluate the policies that depend on the caller or on arguments. ``variables`` are the
    operation's, coerced against ``schema``.

    Policies that cannot change the result are skipped: those of requirements that the caller
    fails, or meets, without them.
    """
    identity = context.identity
    inputs = InputRequirements(rules.index, provided)
    hopeless = rules.unmet_by(identity, rules.policies)
    needs = footprint.fetched.union(*(check.needs(inputs) for check in footprint.argument_checks))
    undecided = needs & rules.with_policies & (rules.unmet_by(identity) - hopeless)
    if not undecided:
        return PolicyOutcome(provided=provided)
    names = rules.policies_of(undecided)
    registered = await _load(registry, names, seconds)
    verdicts = PolicySession(registered, context, seconds)
    about_objects = registered.about_objects & names
    held = await verdicts.ask_about_caller(sorted(names - about_objects))
    still_open = rules.unmet_by(identity, held) - rules.unmet_by(identity, held | about_objects)
    outcome = PolicyOutcome(
        registered, held, undecided & still_open, provided=provided, verdicts=verdicts
    )
    refused = await _refused(footprint.argument_checks, outcome, rules, schema, variables)
    return replace(outcome, refused=refused)


async def _load(
    registry: PolicyRegistry, names: frozenset[str], seconds: float
) -> RegisteredPolicies:
    try:
        async with asyncio.timeout(seconds):
            return await registry.load(names)
    except TimeoutError:  # a policy that could not be loaded in time is unknown, and denies
        return registry.current


async def _refused(
    checks: Sequence[ArgumentCheck],
    outcome: PolicyOutcome,
    rules: AuthorizationRules,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
) -> tuple[tuple[int, RequirementIds], ...]:
    """The argument checks that fail, by index, with their requirements."""
    inputs = InputRequirements(rules.index, outcome.provided)
    asked: list[tuple[int, RequirementIds, Alternatives, bytes]] = []
    wanted: dict[str, dict[bytes, GuardedObject]] = defaultdict(dict)
    for place, check in enumerate(checks):
        needs = check.needs(inputs) & outcome.open
        if not needs:
            continue
        condition = outcome.condition(needs, rules)
        try:
            found = arguments_object(check, schema, variables)
        except GraphQLError:  # the field cannot be resolved with these arguments either
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
        if not is_satisfied(condition, {name: verdicts.of_object(name, key) for name in wanted})
    )


def arguments_object(
    check: ArgumentCheck, schema: GraphQLSchema, variables: Mapping[str, Any]
) -> GuardedObject:
    """The arguments of a field as policies see them, with the schema's defaults. Raises
    GraphQLError if a variable omits a required argument."""
    name = check.field.name
    found: dict[str, Any] = {"__typename": check.owner, "__field": name}
    if name.startswith("__"):
        return found
    parent = schema.type_map[check.owner]
    assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
    arguments = tuple(
        ArgumentNode(name=NameNode(value=argument), value=value)
        for argument, value in check.field.arguments
    )
    node = FieldNode(name=NameNode(value=name), arguments=arguments)
    values = VariableValues({}, dict(variables))
    return {**found, **get_argument_values(parent.fields[name], node, values)}
