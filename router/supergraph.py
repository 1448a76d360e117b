"""One immutable snapshot of a supergraph: schema, planner, rules, transports and their caches.

A new supergraph is a new snapshot with empty caches; nothing needs invalidating, and an operation
that began on the old one ends on it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import DocumentNode, GraphQLEnumType, GraphQLSchema, is_composite_type, print_schema

from trellis.router.answer import Answer
from trellis.router.authorization.authorize import Authorized, allow_all
from trellis.router.authorization.enforcer import Enforcer
from trellis.router.authorization.policies.outcome import PolicyOutcome
from trellis.router.authorization.policies.registry import PolicyRegistry, PolicySource
from trellis.router.authorization.policies.session import POLICY_SECONDS
from trellis.router.authorization.rules.index import NOT_SIGNED_IN
from trellis.router.authorization.rules.read import read_rules
from trellis.router.authorization.view.schema_view import SchemaViews
from trellis.router.cache import Cache
from trellis.router.cost.demand import CostOptions, Demand, DemandControl
from trellis.router.executor.complete import Hidden
from trellis.router.executor.executable import Executable, schema_abstract_types
from trellis.router.executor.execute import execute, execute_stream
from trellis.router.executor.merge import copy_tree
from trellis.router.operation.introspection import Introspection
from trellis.router.operation.limits import GENEROUS, OperationLimits, refuse
from trellis.router.operation.model import NormalizedOperation, OperationKind
from trellis.router.operation.normalize import Normalizer
from trellis.router.operation.parse import ParsedOperation
from trellis.router.operation.reader import OperationReader
from trellis.router.operation.request import (
    ALL_KINDS,
    QUERIES_AND_MUTATIONS,
    GraphQLRequest,
    read_request,
)
from trellis.router.operation.validate import Validator
from trellis.router.operation.variables import Variables
from trellis.router.planner.graph import read_supergraph
from trellis.router.planner.planner import Planner
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.supergraph_ast import parse_sdl
from trellis.router.planner.tables import FederatedGraph
from trellis.router.rate_limit.limiter import Limiter, RateLimiting, Unlimited
from trellis.router.transports.base import Transport
from trellis.router.transports.function import Answers, FunctionTransport
from trellis.schema.errors import TrellisError
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

_PLAN_CHARACTERS = 2_000_000
_OPERATIONS = 10_000
_INTROSPECTIONS = 100


@dataclass(frozen=True, slots=True)
class SupergraphOptions:
    """How a snapshot treats clients: their limits, whether they may read the schema, and of it
    only what their rights permit, whether a query is rejected for one denied field, how often they
    may do what (None: as often as they like), what an operation may cost (None: costs are not
    estimated), and how long they wait for a policy."""

    limits: OperationLimits = field(default_factory=OperationLimits)
    introspection: bool = True
    permitted_view: bool = False
    reject: bool = False
    rate_limiting: RateLimiting | None = None
    cost: CostOptions | None = None
    policy_seconds: float = POLICY_SECONDS

    @property
    def suggestions(self) -> bool:
        """Whether errors may say "did you mean": it tells the schema by and by."""
        return self.introspection and not self.permitted_view


DEFAULTS = SupergraphOptions()


class Understood(NamedTuple):
    """A request that is a valid operation with its variables."""

    parsed: ParsedOperation
    variables: Variables
    operation: NormalizedOperation


class _Ready(NamedTuple):
    """An operation of the library's caller that may run."""

    kind: OperationKind
    executable: Executable
    variables: Variables
    introspection: dict[str, Any]


class Supergraph:
    """See the module. Made by ``Supergraph.load``; every method but ``execute`` and ``subscribe``
    is pure, and all results may be kept."""

    def __init__(
        self,
        graph: FederatedGraph,
        sdl: str,
        document: DocumentNode,
        transports: Mapping[str, Transport],
        options: SupergraphOptions,
        policies: PolicyRegistry,
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
        self.demand = None if options.cost is None else DemandControl(document, options.cost)
        self.policies = Enforcer(graph, self.rules, policies, options.policy_seconds)
        self._planner = Planner(graph)
        self._clients = self._reader(options.limits, is_strict=True)
        self._library = self._reader(GENEROUS, is_strict=False)
        self._normalizer = Normalizer(self.schema)
        self._abstract = schema_abstract_types(self.schema)
        self._hidden = _hidden(graph)
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
        known = PolicyRegistry(policies)
        document = parse_sdl(sdl)
        return cls(read_supergraph(document), sdl, document, transports or {}, options, known)

    @property
    def api_sdl(self) -> str:
        """The public schema."""
        return print_schema(self.schema)

    # -- the stages of an operation, in their order --------------------------------------------

    def understand(self, request: GraphQLRequest, *, is_client: bool = True) -> Understood:
        """The operation that is asked for, with its variables. What clients send must be valid by
        all rules and within the configured limits; other callers may ask whatever can be planned.
        Raises OperationRefused and PlanningLimit."""
        reader = self._clients if is_client else self._library
        parsed = reader.parse(request.document, request.operation_name)
        if parsed.kind not in request.kinds:
            message = f"A {parsed.kind} cannot be sent this way."
            raise refuse("METHOD_NOT_ALLOWED", message, http_status=405)
        variables = reader.coerce(parsed, request.variables)
        return Understood(parsed, variables, self.normalize(parsed, variables))

    def parse(self, document: str, operation_name: str | None = None) -> ParsedOperation:
        """Parse, check limits and validate; raises OperationRefused."""
        return self._clients.parse(document, operation_name)

    def coerce(self, parsed: ParsedOperation, given: Mapping[str, Any]) -> Variables:
        """The operation's variables; raises OperationRefused."""
        return self._clients.coerce(parsed, given)

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
        outcome: PolicyOutcome,
    ) -> Authorized:
        """What of the operation this caller may have, after what ``policies.decide`` found out;
        raises OperationRefused."""
        unmet = self.rules.unmet_by(identity, outcome.assumed)
        if not unmet and not outcome.open:
            return allow_all(operation)
        return self._authorized.find(
            (operation, unmet, identity.is_authenticated, outcome.key),
            lambda: self.policies.authorize(
                operation, identity, outcome, reject=self.options.reject
            ),
        )

    def estimate(self, operation: NormalizedOperation, variables: Variables) -> Demand | None:
        """What the operation may cost at most; None where costs are not estimated. Raises
        OperationRefused when it is too much."""
        return None if self.demand is None else self.demand.check(operation, variables.wire)

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
        """The answers to what the operation asks about the schema, by ``Field.question``; raises
        OperationRefused."""
        if not operation.questions:
            return {}
        return self._introspect(parsed, operation, variables, self.schema_for(identity))

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

    # -- for programs and tests: no authorization, generous limits, lenient validation ----------

    def plan(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        labels: Collection[str] = (),
    ) -> QueryPlan:
        """The plan of a document's operation; raises OperationRefused and PlanningError."""
        request = GraphQLRequest(
            operation, variables or {}, operation_name or None, kinds=ALL_KINDS
        )
        understood = self.understand(request, is_client=False)
        return self._prepare_all_of(understood.operation, labels).plan

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        transports: Mapping[str, Transport | Answers] | None = None,
        labels: Collection[str] = (),
    ) -> dict[str, Any]:
        """The response to a query or mutation. Like a door it never raises for what is wrong with
        an operation or a subgraph: that is in the response's ``errors``. ``transports`` reach the
        subgraphs by name; a plain async ``(query, variables) -> response`` will do."""
        try:
            request = _request(operation, variables, operation_name, QUERIES_AND_MUTATIONS)
            ready = self._ready(request, labels)
        except TrellisError as refusal:
            return Answer.refused(refusal).to_dict()
        answer = await self._run(ready, self._reaching(transports))
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
        """The responses of a subscription; a query, a mutation or an operation that is refused
        gives one. Otherwise like ``execute``."""
        try:
            request = _request(operation, variables, operation_name, ALL_KINDS)
            ready = self._ready(request, labels)
        except TrellisError as refusal:
            yield Answer.refused(refusal).to_dict()
            return
        ways = self._reaching(transports)
        if ready.kind != "subscription":
            yield (await self._run(ready, ways)).to_dict()
            return
        events = execute_stream(
            ready.executable,
            ready.variables.wire,
            RequestContext(ANONYMOUS),
            ways,
            introspection=ready.introspection,
        )
        async with aclosing(events):
            async for event in events:
                yield event.to_dict()

    def _ready(self, request: GraphQLRequest, labels: Collection[str]) -> _Ready:
        parsed, variables, operation = self.understand(request, is_client=False)
        executable = self._prepare_all_of(operation, labels)
        answers: dict[str, Any] = {}
        if operation.questions:
            # A copy: the response belongs to the caller, who may change it.
            answers = copy_tree(self._introspect(parsed, operation, variables, self.schema))
        return _Ready(parsed.kind, executable, variables, answers)

    async def _run(self, ready: _Ready, transports: Mapping[str, Transport]) -> Answer:
        return await execute(
            ready.executable,
            ready.variables.wire,
            RequestContext(ANONYMOUS),
            transports,
            introspection=ready.introspection,
        )

    def _prepare_all_of(
        self, operation: NormalizedOperation, labels: Collection[str]
    ) -> Executable:
        return self.prepare(allow_all(operation), frozenset(labels))

    def _reaching(
        self, transports: Mapping[str, Transport | Answers] | None
    ) -> Mapping[str, Transport]:
        if transports is None:
            return self.transports
        return {
            name: way if hasattr(way, "send") else FunctionTransport(way)  # type: ignore
            for name, way in transports.items()
        }

    def _reader(self, limits: OperationLimits, *, is_strict: bool) -> OperationReader:
        validator = Validator(
            self.schema,
            introspection=self.options.introspection,
            suggestions=self.options.suggestions,
            is_strict=is_strict,
        )
        return OperationReader(self.schema, limits, validator)

    def _introspect(
        self,
        parsed: ParsedOperation,
        operation: NormalizedOperation,
        variables: Variables,
        schema: GraphQLSchema,
    ) -> dict[str, Any]:
        introspection, questions = Introspection(schema), operation.questions
        if variables.wire:
            return introspection.answer(questions, parsed, variables.wire)
        return self._introspections.find(
            (parsed, schema), lambda: introspection.answer(questions, parsed, {})
        )

    def _make_executable(self, authorized: Authorized, labels: frozenset[str]) -> Executable:
        plan = self._planner.plan(authorized.operation, labels)
        return Executable(
            plan, abstract=self._abstract, hidden=self._hidden, positions=authorized.positions
        )


def _request(
    document: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    kinds: frozenset[OperationKind],
) -> GraphQLRequest:
    """A request judged as one that comes in by a door; raises BadRequest."""
    given = dict(variables) if isinstance(variables, Mapping) else variables
    payload = {"query": document, "variables": given, "operationName": operation_name}
    return read_request(payload, kinds=kinds)


def _hidden(graph: FederatedGraph) -> Hidden:
    """What subgraphs know although the API does not have it."""
    types: set[str] = set()
    values: set[tuple[str, str]] = set()
    fields: set[tuple[str, str]] = set()
    for name, type_ in graph.full.type_map.items():
        shown = graph.api.type_map.get(name)
        if shown is None:
            types.add(name)
        elif isinstance(type_, GraphQLEnumType) and isinstance(shown, GraphQLEnumType):
            values.update((name, value) for value in type_.values if value not in shown.values)
        elif is_composite_type(type_):
            known = getattr(shown, "fields", {})
            fields.update(
                (name, field) for field in getattr(type_, "fields", {}) if field not in known
            )
    return Hidden(frozenset(types), frozenset(values), frozenset(fields))


def _plan_weight(executable: Executable) -> int:
    return 1_000 + 4 * sum(len(step.operation) for step in executable.plan.steps)


def _is_drawn(label: str, drawn: float) -> bool:
    """``percent(x)`` is on for x of 100 draws; other labels are off unless someone sets them."""
    if not label.startswith("percent("):
        return False
    return drawn < float(label.removeprefix("percent(").removesuffix(")"))
