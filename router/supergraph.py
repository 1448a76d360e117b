"""One immutable snapshot of a supergraph: schema, planner, rules, transports and their caches.

A new supergraph is a new snapshot with empty caches; nothing needs invalidating, and an operation
that began on the old one ends on it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import DocumentNode, GraphQLEnumType, GraphQLSchema, print_schema

from router.answer import Answer
from router.cache import Cache
from router.executor.complete import Hidden
from router.executor.executable import Executable, schema_abstract_types
from router.executor.execute import execute, execute_stream
from router.operation.introspection import NAMES, Introspection
from router.operation.limits import GENEROUS, OperationLimits, check_limits
from router.operation.model import NormalizedOperation
from router.operation.normalize import Normalizer
from router.operation.parse import (
    ParsedDocument,
    ParsedOperation,
    choose_operation,
    parse_document,
)
from router.operation.validate import Validator
from router.operation.variables import VariableReader, Variables
from router.planner.graph import read_supergraph
from router.planner.plan import QueryPlan
from router.planner.planner import Planner
from router.planner.supergraph_ast import parse_sdl
from router.planner.tables import FederatedGraph
from router.policy.authorize import AllowedOperation, Authorized
from router.policy.decide import NOTHING_DECIDED, Decided
from router.policy.known import KnownPolicies, PolicySource
from router.policy.rate_limit.limiter import Limiter, RateLimiting, Unlimited
from router.policy.read_rules import read_rules
from router.policy.rules import NOT_SIGNED_IN
from router.policy.schema_view import SchemaViews
from router.policy.stage import PolicyStage
from router.policy.verdicts import POLICY_SECONDS
from router.transports.base import Transport
from router.transports.function import Answers, FunctionTransport
from schema.identity import ANONYMOUS, Identity
from schema.request import RequestContext

_DOCUMENT_CHARACTERS = 500_000
_PLAN_CHARACTERS = 2_000_000
_OPERATIONS = 10_000
_INTROSPECTIONS = 100


@dataclass(frozen=True, slots=True)
class SupergraphOptions:
    """How a snapshot treats clients: their limits, whether they may read the schema, and of it
    only what their rights permit, whether a query is rejected for one denied field, how often they
    may do what (None: as often as they like), and how long they wait for a policy."""

    limits: OperationLimits = field(default_factory=OperationLimits)
    introspection: bool = True
    permitted_view: bool = False
    reject: bool = False
    rate_limiting: RateLimiting | None = None
    policy_seconds: float = POLICY_SECONDS

    @property
    def suggestions(self) -> bool:
        """Whether errors may say "did you mean": it tells the schema by and by."""
        return self.introspection and not self.permitted_view


DEFAULTS = SupergraphOptions()


class Supergraph:
    """See the module. Made by ``Supergraph.load``; every method but ``execute`` is pure, and all
    results may be kept."""

    def __init__(
        self,
        graph: FederatedGraph,
        sdl: str,
        document: DocumentNode,
        transports: Mapping[str, Transport],
        options: SupergraphOptions,
        policies: KnownPolicies,
    ) -> None:
        self.graph = graph
        self.sdl = sdl
        self.schema: GraphQLSchema = graph.api
        self.transports = transports
        self.options = options
        self.rules = read_rules(document)
        self.limiter: Limiter = Unlimited()
        if options.rate_limiting is not None:
            self.limiter = options.rate_limiting.of(document)
        self.policies = PolicyStage(graph, self.rules, policies, options.policy_seconds)
        self._planner = Planner(graph)
        self._validator = Validator(
            self.schema, introspection=options.introspection, suggestions=options.suggestions
        )
        self._lenient_validator = Validator(self.schema, is_strict=False)
        self._normalizer = Normalizer(self.schema)
        self._abstract = schema_abstract_types(self.schema)
        self._hidden = _hidden(graph)
        self._documents: Cache[str, ParsedDocument] = Cache(_DOCUMENT_CHARACTERS)
        self._tool_documents: Cache[str, ParsedDocument] = Cache(_DOCUMENT_CHARACTERS)
        self._readers: Cache[ParsedOperation, VariableReader] = Cache(_OPERATIONS)
        self._operations: Cache[tuple[Any, ...], NormalizedOperation] = Cache(_OPERATIONS)
        self._authorized: Cache[tuple[Any, ...], Authorized] = Cache(_OPERATIONS)
        self._plans: Cache[tuple[Any, ...], Executable] = Cache(_PLAN_CHARACTERS)
        self._introspections: Cache[tuple[Any, ...], dict[str, Any]] = Cache(_INTROSPECTIONS)
        self._views = SchemaViews(self.schema, self.rules.index)

    @classmethod
    def load(
        cls,
        sdl: str,
        *,
        transports: Mapping[str, Transport] | None = None,
        options: SupergraphOptions = DEFAULTS,
        policies: Sequence[PolicySource] = (),
    ) -> Supergraph:
        """A snapshot of the supergraph ``sdl`` (join specification v0.1 to v0.5). Raises
        SupergraphInvalid. ``transports`` reach its subgraphs by name, ``policies`` decide what
        their ``@policy`` names; without one every name denies."""
        known = KnownPolicies(policies)
        document = parse_sdl(sdl)
        return cls(read_supergraph(document), sdl, document, transports or {}, options, known)

    @property
    def api_sdl(self) -> str:
        """The public schema."""
        return print_schema(self.schema)

    # -- the stages of an operation, in their order --------------------------------------------

    def parse(self, document: str, operation_name: str | None = None) -> ParsedOperation:
        """Parse, check limits and validate; raises OperationRefused."""
        parsed = self._documents.get(document)
        if parsed is None:
            parsed = _checked(document, self.options.limits, self._validator)
            self._documents.put(document, parsed, len(document))
        return choose_operation(parsed, operation_name)

    def coerce(self, parsed: ParsedOperation, given: Mapping[str, Any]) -> Variables:
        """The operation's variables; raises OperationRefused."""
        reader = self._readers.get(parsed)
        if reader is None:
            reader = VariableReader(
                self.schema,
                parsed.operation.variable_definitions or (),
                suggestions=self.options.suggestions,
                max_values=self.options.limits.variable_values,
            )
            self._readers.put(parsed, reader)
        return reader.read(given)

    def normalize(self, parsed: ParsedOperation, variables: Variables) -> NormalizedOperation:
        """The operation specialised for its condition variables; raises PlanningLimit."""
        values = variables.coerced
        key = (parsed, *[values.get(name) for name in parsed.conditions])
        return self._operations.find(
            key,
            lambda: self._normalizer.normalize(parsed.operation, parsed.fragments, values),
        )

    def authorize(
        self,
        operation: NormalizedOperation,
        identity: Identity,
        decided: Decided = NOTHING_DECIDED,
    ) -> Authorized:
        """What of the operation this caller may have, after what ``policies.decide`` found out;
        raises OperationRefused."""
        unmet = self.rules.unmet_by(identity, decided.assumed)
        if not unmet and not decided.open:
            return Authorized(AllowedOperation(operation), ())
        return self._authorized.find(
            (operation, unmet, identity.is_authenticated, decided.key),
            lambda: self.policies.authorize(
                operation, identity, decided, reject=self.options.reject
            ),
        )

    def prepare(self, authorized: Authorized, labels: frozenset[str]) -> Executable:
        """The operation's plan, ready to run; raises PlanningError."""
        return self._plans.find(
            (authorized.operation, labels),
            lambda: self._make_executable(authorized, labels),
            _plan_weight,
        )

    def introspect(
        self,
        parsed: ParsedOperation,
        operation: NormalizedOperation,
        variables: Variables,
        identity: Identity,
    ) -> dict[str, Any]:
        """The answers to ``__schema`` and ``__type`` in the operation, by response key."""
        if not has_introspection(operation):
            return {}
        schema = self.schema_for(identity)
        if variables.wire:
            return Introspection(schema).answer(parsed, variables.wire)
        return self._introspections.find(
            (parsed, schema), lambda: Introspection(schema).answer(parsed, {})
        )

    def schema_for(self, identity: Identity) -> GraphQLSchema:
        """The API schema as this caller may see it: all of it, or with ``permitted_view`` what
        the caller's rights open. Callers with the same rights get the same object. What policies
        say is known only once something is asked, so what they guard is shown."""
        if not self.options.permitted_view:
            return self.schema
        held = self.rules.policies if self.policies.known.has_sources else frozenset()
        unmet = self.rules.unmet_by(identity, held) - {NOT_SIGNED_IN}
        return self._views.of(unmet) if unmet else self.schema

    def draw_labels(self) -> frozenset[str]:
        """The ``@override`` labels that are on for one request: each ``percent(x)`` by chance."""
        labels = self.graph.labels
        if not labels:
            return labels
        drawn = random.random() * 100
        return frozenset(label for label in labels if _is_drawn(label, drawn))

    # -- for tools and tests: no authorization, generous limits, lenient validation --------------

    def plan(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        labels: Collection[str] = (),
    ) -> QueryPlan:
        """The plan of a document's operation; raises OperationRefused and PlanningError."""
        return self._ready(operation, variables, operation_name, labels)[0].plan

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        transports: Mapping[str, Transport | Answers] | None = None,
        labels: Collection[str] = (),
    ) -> dict[str, Any]:
        """Run an operation and return the response; raises as ``plan``. ``transports`` reach the
        subgraphs by name; a plain async ``(query, variables) -> response`` will do."""
        ready, values = self._ready(operation, variables, operation_name, labels)
        answer: Answer = await execute(
            ready, values.wire, RequestContext(ANONYMOUS), self._reaching(transports)
        )
        return answer.to_dict()

    async def subscribe(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        transports: Mapping[str, Transport | Answers] | None = None,
        labels: Collection[str] = (),
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The responses of a subscription; otherwise like ``execute``."""
        ready, values = self._ready(operation, variables, operation_name, labels)
        events = execute_stream(
            ready, values.wire, RequestContext(ANONYMOUS), self._reaching(transports)
        )
        async with aclosing(events):
            async for event in events:
                yield event.to_dict()

    def _ready(
        self,
        document: str,
        given: Mapping[str, Any] | None,
        operation_name: str | None,
        labels: Collection[str],
    ) -> tuple[Executable, Variables]:
        known = self._tool_documents.find(
            document,
            lambda: _checked(document, GENEROUS, self._lenient_validator),
            lambda _: len(document),
        )
        parsed = choose_operation(known, operation_name)
        variables = self.coerce(parsed, given or {})
        operation = self.normalize(parsed, variables)
        allowed = Authorized(AllowedOperation(operation), ())
        return self.prepare(allowed, frozenset(labels)), variables

    def _reaching(
        self, transports: Mapping[str, Transport | Answers] | None
    ) -> Mapping[str, Transport]:
        if transports is None:
            return self.transports
        return {
            name: way if hasattr(way, "send") else FunctionTransport(way)  # type: ignore
            for name, way in transports.items()
        }

    def _make_executable(self, authorized: Authorized, labels: frozenset[str]) -> Executable:
        plan = self._planner.plan(_without_introspection(authorized.operation), labels)
        return Executable(
            plan, abstract=self._abstract, hidden=self._hidden, positions=authorized.positions
        )


def _checked(document: str, limits: OperationLimits, validator: Validator) -> ParsedDocument:
    parsed = parse_document(document, limits)
    check_limits(parsed.document, limits)
    validator.check(parsed.document, document)
    return parsed


def has_introspection(operation: NormalizedOperation) -> bool:
    """Whether the operation asks for ``__schema`` or ``__type``."""
    return any(field.name in NAMES for field in operation.selection.fields)


def _without_introspection(operation: NormalizedOperation) -> NormalizedOperation:
    if not has_introspection(operation):
        return operation
    fields = tuple(f for f in operation.selection.fields if f.name not in NAMES)
    return replace(operation, selection=replace(operation.selection, fields=fields))


def _hidden(graph: FederatedGraph) -> Hidden:
    """What subgraphs may answer although the API does not have it."""
    types: set[str] = set()
    values: set[tuple[str, str]] = set()
    for name, type_ in graph.full.type_map.items():
        shown = graph.api.type_map.get(name)
        if shown is None:
            types.add(name)
        elif isinstance(type_, GraphQLEnumType) and isinstance(shown, GraphQLEnumType):
            values.update((name, value) for value in type_.values if value not in shown.values)
    return Hidden(frozenset(types), frozenset(values))


def _plan_weight(executable: Executable) -> int:
    return 1_000 + 4 * sum(len(step.operation) for step in executable.plan.steps)


def _is_drawn(label: str, drawn: float) -> bool:
    """``percent(x)`` is on for x of 100 draws; other labels are off unless someone sets them."""
    if not label.startswith("percent("):
        return False
    return drawn < float(label.removeprefix("percent(").removesuffix(")"))
