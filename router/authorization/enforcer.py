"""The authorization stage, between normalize and plan.

An operation that involves policies passes it twice: first as if all policies held, before any of
them is evaluated, then with their real outcome.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    SelectionSetNode,
    validate,
)
from graphql.validation import (
    FieldsOnCorrectTypeRule,
    FragmentsOnCompositeTypesRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    OverlappingFieldsCanBeMergedRule,
    PossibleFragmentSpreadsRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
)

from trellis.router.authorization.authorize import (
    AllowedOperation,
    Authorized,
    allow_all,
    authorize,
)
from trellis.router.authorization.explain import Case, Explainer, Removed
from trellis.router.authorization.inputs import ProvidedInputs, protected_variables, provided_inputs
from trellis.router.authorization.object_checks import DeniedValue, add_guards
from trellis.router.authorization.policies.footprint import (
    NO_FOOTPRINT,
    PolicyFootprint,
    find_footprint,
)
from trellis.router.authorization.policies.outcome import NOTHING_DECIDED, PolicyOutcome, decide
from trellis.router.authorization.policies.registry import PolicyRegistry, RegisteredPolicies
from trellis.router.authorization.rules.index import AuthorizationRules
from trellis.router.cache import Cache
from trellis.router.operation.model import KEPT_BYTES, NormalizedOperation, SelectionSet
from trellis.router.operation.normalize import Normalizer
from trellis.router.operation.variables import Variables
from trellis.router.planner.supergraph_ast import parse_field_set
from trellis.router.planner.tables import FederatedGraph
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

_RULES = (
    FieldsOnCorrectTypeRule,
    FragmentsOnCompositeTypesRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    OverlappingFieldsCanBeMergedRule,
    PossibleFragmentSpreadsRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    ValuesOfCorrectTypeRule,
)

log = structlog.get_logger(__name__)


class Enforcer:
    """Decides what can be decided before planning, and adds guards where a decision has to wait
    for the objects. Without policies this costs one set lookup. With ``rejects``, one denied field
    refuses the whole operation."""

    def __init__(
        self,
        graph: FederatedGraph,
        rules: AuthorizationRules,
        registry: PolicyRegistry,
        *,
        seconds: float,
        rejects: bool,
    ) -> None:
        self.registry = registry
        self._rules = rules
        self._rejects = rejects
        self._schema = graph.api
        self._needs = PolicyNeedsReader(graph.full)
        self._seconds = seconds
        self._explainer = Explainer(rules, graph.api)
        self._roots = root_types(graph.full)
        self._footprints: Cache[NormalizedOperation, PolicyFootprint] = Cache(
            KEPT_BYTES, "policy_footprints"
        )
        self._protected: Cache[NormalizedOperation, dict[str, str]] = Cache(
            KEPT_BYTES, "protected_fields"
        )
        self._authorized: Cache[tuple[Any, ...], Authorized] = Cache(KEPT_BYTES, "authorized")

    def footprint(self, operation: NormalizedOperation) -> PolicyFootprint:
        """The policies that the operation involves, independent of the caller."""
        if not self._rules.policies:
            return NO_FOOTPRINT
        return self._footprints.find(
            operation,
            lambda: find_footprint(operation, self._rules, self._roots),
            lambda _: operation.weight,
        )

    def initial_outcome(
        self, operation: NormalizedOperation, variables: Variables
    ) -> PolicyOutcome:
        """The outcome assumed before any policy is evaluated. If the operation involves policies
        it is optimistic: all of them hold."""
        provided = self.provided(operation, variables)
        if self.footprint(operation).needs:
            return PolicyOutcome(held=self._rules.policies, provided=provided, is_optimistic=True)
        return NOTHING_DECIDED if provided is None else PolicyOutcome(provided=provided)

    async def decide(
        self, operation: NormalizedOperation, variables: Variables, context: RequestContext
    ) -> PolicyOutcome:
        """Evaluate the policies that can be evaluated before planning."""
        footprint = self.footprint(operation)
        provided = self.provided(operation, variables)
        if not footprint.needs:
            return NOTHING_DECIDED if provided is None else PolicyOutcome(provided=provided)
        return await decide(
            footprint,
            self._rules,
            self.registry,
            self._schema,
            variables.coerced,
            context,
            provided=provided,
            seconds=self._seconds,
        )

    def provided(
        self, operation: NormalizedOperation, variables: Variables
    ) -> ProvidedInputs | None:
        """The protected values in the variables; None if no variable can hold any."""
        if not operation.definitions or not self._rules.index.arguments:
            return None
        protected = self._protected.find(
            operation,
            lambda: protected_variables(operation, self._rules.index),
            lambda _: operation.weight,
        )
        return provided_inputs(protected, variables.wire, self._rules.index) if protected else None

    def authorize(
        self, operation: NormalizedOperation, identity: Identity, outcome: PolicyOutcome
    ) -> Authorized:
        """Restrict the operation to what this caller may read under a policy outcome, and guard
        the positions whose objects must pass policies. Raises OperationDenied."""
        unmet = self._rules.unmet_by(identity, outcome.assumed)
        if not unmet and not outcome.open:
            return allow_all(operation)
        return self._authorized.find(
            (operation, unmet, identity.is_authenticated, outcome.key),
            lambda: self._authorize(operation, identity, outcome),
            lambda authorized: operation.weight + authorized.operation.weight,
        )

    def _authorize(
        self, operation: NormalizedOperation, identity: Identity, outcome: PolicyOutcome
    ) -> Authorized:
        checks = self.footprint(operation).argument_checks
        allowed, refusals, _ = authorize(
            operation,
            self._rules,
            identity,
            policies=outcome.assumed,
            refused={checks[place].field: needs for place, needs in outcome.refused},
            provided=outcome.provided,
            reject=self._rejects,
        )
        read_needs = partial(self._needs.read, outcome.registered)
        guarded, positions = add_guards(allowed, self._rules, outcome, self._roots, read_needs)
        return Authorized(AllowedOperation(guarded), refusals, positions)

    def explain(self, case: Case, denied_values: Sequence[DeniedValue] = ()) -> tuple[Removed, ...]:
        """What authorization removed from the answer, and why. ``denied_values`` comes from the
        answer."""
        return self._explainer.explain(case, self.footprint(case.operation), denied_values)


class PolicyNeedsReader:
    """Reads the field sets in which policies declare the fields they need of objects."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._normalizer = Normalizer(schema)
        self._known: dict[tuple[str, str], SelectionSet | None] = {}

    def read(
        self, registered: RegisteredPolicies, policy: str, type_name: str
    ) -> SelectionSet | None:
        """The fields that a policy needs of objects of a type. None, which makes it deny, if it
        declares none for the type or the declared fields do not exist."""
        declared = registered.declared.get(policy)
        text = declared.needs_of(type_name) if declared is not None else None
        if text is None:
            log.error("policy_does_not_know_type", policy=policy, type=type_name)
            return None
        mark = (text, type_name)
        if mark not in self._known:
            try:
                self._known[mark] = self._selection(text, type_name)
            except GraphQLError as error:
                self._known[mark] = None
                log.error(
                    "policy_needs_unusable", policy=policy, type=type_name, error=error.message
                )
        return self._known[mark]

    def _selection(self, text: str, type_name: str) -> SelectionSet:
        """Raises GraphQLError if the text is not a valid field set on the type."""
        text = text.strip()
        if not text:
            return SelectionSet(type_name, frozenset((type_name,)), ())
        node = parse_field_set(text)
        for error in validate(self._schema, _as_fragment(node, type_name), _RULES):
            raise error
        return self._normalizer.selection(node, type_name)


def root_types(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the root types."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return frozenset(root.name for root in roots if root is not None)


def _as_fragment(node: SelectionSetNode, type_name: str) -> DocumentNode:
    condition = NamedTypeNode(name=NameNode(value=type_name))
    fragment = FragmentDefinitionNode(
        name=NameNode(value="RequirementIds"),
        type_condition=condition,
        selection_set=node,
        directives=(),
        variable_definitions=(),
    )
    return DocumentNode(definitions=(fragment,))
