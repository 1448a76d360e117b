"""What callers may have of operations: the stage between normalize and plan.

It is passed twice by an operation that policies concern: under the optimistic outcome, before any
of them is asked, and under what they said.
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
from trellis.router.authorization.inputs import Given, given_needs, protected_variables
from trellis.router.authorization.object_checks import Lost, add_guards
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
    """Decides what can be decided before planning, and guards what must wait for the objects.
    Where no policy is concerned it costs one test of a set. With ``rejects`` one denied field
    refuses the whole operation."""

    def __init__(
        self,
        graph: FederatedGraph,
        rules: AuthorizationRules,
        known: PolicyRegistry,
        *,
        seconds: float,
        rejects: bool,
    ) -> None:
        self.known = known
        self._rules = rules
        self._rejects = rejects
        self._schema = graph.api
        self._needs = NeedsReader(graph.full)
        self._seconds = seconds
        self._explainer = Explainer(rules, graph.api)
        self._roots = root_types(graph.full)
        self._footprints: Cache[NormalizedOperation, PolicyFootprint] = Cache(KEPT_BYTES)
        self._protected: Cache[NormalizedOperation, dict[str, str]] = Cache(KEPT_BYTES)
        self._authorized: Cache[tuple[Any, ...], Authorized] = Cache(KEPT_BYTES)

    def footprint(self, operation: NormalizedOperation) -> PolicyFootprint:
        """Which policies the operation meets, whoever asks."""
        if not self._rules.policies:
            return NO_FOOTPRINT
        return self._footprints.find(
            operation,
            lambda: find_footprint(operation, self._rules, self._roots),
            lambda _: operation.weight,
        )

    def before_asking(self, operation: NormalizedOperation, variables: Variables) -> PolicyOutcome:
        """What is certain before any policy is asked: where policies are concerned, the optimistic
        outcome, that all of them hold."""
        given = self.given(operation, variables)
        if self.footprint(operation).needs:
            return PolicyOutcome(held=self._rules.policies, given=given, is_optimistic=True)
        return NOTHING_DECIDED if given is None else PolicyOutcome(given=given)

    async def decide(
        self, operation: NormalizedOperation, variables: Variables, context: RequestContext
    ) -> PolicyOutcome:
        """What the policies say before anything is planned."""
        footprint = self.footprint(operation)
        given = self.given(operation, variables)
        if not footprint.needs:
            return NOTHING_DECIDED if given is None else PolicyOutcome(given=given)
        return await decide(
            footprint,
            self._rules,
            self.known,
            self._schema,
            variables.coerced,
            context,
            given=given,
            seconds=self._seconds,
        )

    def given(self, operation: NormalizedOperation, variables: Variables) -> Given | None:
        """What the variables hold that is protected; None where no variable could."""
        if not operation.definitions or not self._rules.index.arguments:
            return None
        protected = self._protected.find(
            operation,
            lambda: protected_variables(operation, self._rules.index),
            lambda _: operation.weight,
        )
        return given_needs(protected, variables.wire, self._rules.index) if protected else None

    def authorize(
        self, operation: NormalizedOperation, identity: Identity, outcome: PolicyOutcome
    ) -> Authorized:
        """What of the operation this caller may have under an outcome of the policies; positions
        whose objects must pass policies are guarded. Raises OperationDenied."""
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
        questions = self.footprint(operation).questions
        allowed, refusals, _ = authorize(
            operation,
            self._rules,
            identity,
            policies=outcome.assumed,
            refused={questions[place].field: needs for place, needs in outcome.refused},
            given=outcome.given,
            reject=self._rejects,
        )
        read_needs = partial(self._needs.read, outcome.book)
        guarded, positions = add_guards(allowed, self._rules, outcome, self._roots, read_needs)
        return Authorized(AllowedOperation(guarded), refusals, positions)

    def explain(self, case: Case, lost: Sequence[Lost] = ()) -> tuple[Removed, ...]:
        """What permissions took out of the answer and why; ``lost`` is from the answer."""
        return self._explainer.explain(case, self.footprint(case.operation), lost)


class NeedsReader:
    """Reads the field sets by which policies say what they need of objects."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._normalizer = Normalizer(schema)
        self._known: dict[tuple[str, str], SelectionSet | None] = {}

    def read(self, book: RegisteredPolicies, policy: str, type_name: str) -> SelectionSet | None:
        """What a policy needs of objects of a type; None, and it denies, when it does not say, or
        says it of fields that are not there."""
        declared = book.declared.get(policy)
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
        """Raises GraphQLError for what is no field set on the type."""
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
        name=NameNode(value="Needs"),
        type_condition=condition,
        selection_set=node,
        directives=(),
        variable_definitions=(),
    )
    return DocumentNode(definitions=(fragment,))
