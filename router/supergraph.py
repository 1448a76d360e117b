"""One immutable snapshot of a supergraph, and its API for programs.

A changed supergraph is a new snapshot with empty caches, so nothing has to be invalidated, and an
operation that started on the old snapshot finishes on it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLSchema, print_schema

from trellis.router.answer import Answer
from trellis.router.authorization.authorize import allow_all
from trellis.router.authorization.enforcer import Enforcer
from trellis.router.authorization.policies.registry import PolicyRegistry, PolicySource
from trellis.router.authorization.policies.session import POLICY_SECONDS
from trellis.router.authorization.rules.index import AuthorizationRules
from trellis.router.authorization.rules.read import read_rules
from trellis.router.authorization.unrestricted import Unrestricted
from trellis.router.config import Cost
from trellis.router.cost.demand import Estimates, NoDemandControl
from trellis.router.executor.live_fields import live_fields
from trellis.router.executor.plans import Plans
from trellis.router.executor.visible_schema import VisibleSchema
from trellis.router.operation.limits import GENEROUS, OperationLimits
from trellis.router.operation.model import OperationKind
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
from trellis.router.pipeline import answer, stream
from trellis.router.planner.graph import read_supergraph
from trellis.router.planner.labels import Labels
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.supergraph_ast import parse_sdl
from trellis.router.planner.tables import FederatedGraph
from trellis.router.rate_limit.limiter import RateLimiting, Unlimited
from trellis.router.rate_limit.places import AnyNumber, PlacesPerCaller
from trellis.router.rate_limit.room import AnyRoom, RoomByCost
from trellis.router.response_cache import ResponseCache
from trellis.router.stages import Stages
from trellis.router.transports.base import Transport
from trellis.router.transports.function import FunctionTransport, ReachableTransports, SendFunction
from trellis.schema.changes import ReadChanges
from trellis.schema.errors import TrellisError
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext


@dataclass(frozen=True, slots=True)
class SupergraphOptions:
    """Options for the operations of clients.

    ``introspection``: clients may read the schema. ``permitted_view``: only the part that their
    rights permit. ``reject``: one denied field refuses the whole query. ``rate_limiting`` and
    ``cost``: limits on frequency and cost, None for no limit. ``places``: how many operations one
    caller may have running, None for any number. ``policy_seconds``: timeout of one call of a
    policy. ``override_labels``: for how many percent of requests a label of a progressive
    ``@override`` is active.
    """

    limits: OperationLimits = field(default_factory=OperationLimits)
    introspection: bool = True
    permitted_view: bool = False
    reject: bool = False
    rate_limiting: RateLimiting | None = None
    cost: Cost | None = None
    places: int | None = None
    policy_seconds: float = POLICY_SECONDS
    override_labels: Mapping[str, float] = field(default_factory=dict)

    @property
    def suggestions(self) -> bool:
        """Whether errors may contain "did you mean": if introspection is restricted, they would
        leak the schema field by field."""
        return self.introspection and not self.permitted_view


DEFAULTS = SupergraphOptions()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Supergraph(Stages):
    """The stages for operations of clients, and what they were created from. Create it with
    ``Supergraph.load``.

    ``library`` are the stages for programs that call ``plan``, ``execute`` and ``subscribe``:
    without authorization and rate limits, with generous limits and lenient validation.
    """

    enforcer: Enforcer
    graph: FederatedGraph
    sdl: str
    schema: GraphQLSchema
    options: SupergraphOptions
    rules: AuthorizationRules
    library: Stages

    @classmethod
    def load(
        cls,
        sdl: str,
        *,
        transports: Mapping[str, Transport] | None = None,
        options: SupergraphOptions = DEFAULTS,
        policies: Sequence[PolicySource] = (),
        changes: Mapping[str, ReadChanges] | None = None,
    ) -> Supergraph:
        """Load a supergraph SDL (join specification v0.1 to v0.5). Raises SupergraphInvalid.

        ``transports`` are the transports to its subgraphs by name. ``policies`` evaluate the names
        in ``@policy``; a name that none of them knows denies. ``changes`` read what has changed in
        each subgraph; without them no response is reused.
        """
        document = parse_sdl(sdl)
        graph = read_supergraph(document)
        library = _library(graph, transports or {}, options)
        rules, known = read_rules(document), PolicyRegistry(policies)
        limiting, cost = options.rate_limiting, options.cost
        return cls(
            reader=_reader(graph.api, options.limits, options, is_strict=True),
            enforcer=Enforcer(
                graph, rules, known, seconds=options.policy_seconds, rejects=options.reject
            ),
            demand=Estimates(document, cost, graph) if cost else library.demand,
            limiter=limiting.of(document) if limiting is not None else library.limiter,
            places=PlacesPerCaller(options.places) if options.places else library.places,
            room=RoomByCost(cost.running, cost.waiting) if cost else library.room,
            draw_labels=Labels(graph.labels, options.override_labels).draw,
            plans=library.plans,
            visible_schema=_visible_schema(graph.api, rules, known, options),
            transports=library.transports,
            rejects=options.reject,
            live=live_fields(document),
            responses=ResponseCache(changes),
            graph=graph,
            sdl=sdl,
            schema=graph.api,
            options=options,
            rules=rules,
            library=library,
        )

    @property
    def api_sdl(self) -> str:
        """The API schema, which is what clients may see."""
        return print_schema(self.schema)

    def parse(self, document: str, operation_name: str | None = None) -> ParsedOperation:
        """Parse and check a document with the limits and rules for clients. Raises
        OperationRefused."""
        return self.reader.parse(document, operation_name)

    def schema_for(self, identity: Identity) -> GraphQLSchema:
        """The API schema as this caller may see it."""
        return self.visible_schema.to(identity)

    # -- for programs and tests ------------------------------------------------------------------

    def plan(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        labels: Collection[str] = (),
    ) -> QueryPlan:
        """Plan an operation. Raises OperationRefused and PlanningError."""
        request = GraphQLRequest(
            operation, variables or {}, operation_name or None, kinds=ALL_KINDS
        )
        valid = self.library.reader.read(request)
        return self.plans.executable(allow_all(valid.operation), frozenset(labels)).plan

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        transports: Mapping[str, Transport | SendFunction] | None = None,
        labels: Collection[str] = (),
    ) -> dict[str, Any]:
        """Execute a query or mutation and return the response. Errors of the operation and of
        subgraphs are in the response's ``errors`` and never raised. ``transports`` maps subgraph
        names to transports, or to async functions ``(query, variables) -> response``."""
        try:
            request = _request(operation, variables, operation_name, QUERIES_AND_MUTATIONS)
        except TrellisError as refusal:
            return Answer.refused(refusal).to_dict()
        stages = self._library_with(transports, labels)
        return (await answer(request, RequestContext(), stages)).to_dict()

    async def subscribe(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        transports: Mapping[str, Transport | SendFunction] | None = None,
        labels: Collection[str] = (),
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The responses of a subscription. A query, a mutation or a refused operation has one
        response. Otherwise like ``execute``."""
        try:
            request = _request(operation, variables, operation_name, ALL_KINDS)
        except TrellisError as refusal:
            yield Answer.refused(refusal).to_dict()
            return
        stages = self._library_with(transports, labels)
        async with aclosing(stream(request, RequestContext(), stages)) as answers:
            async for each in answers:
                yield each.to_dict()

    def _library_with(
        self, transports: Mapping[str, Transport | SendFunction] | None, labels: Collection[str]
    ) -> Stages:
        reachable = _transports(self.transports if transports is None else transports)
        given = frozenset(labels)
        return replace(self.library, transports=reachable, draw_labels=lambda: given)


def _library(
    graph: FederatedGraph, transports: Mapping[str, Transport], options: SupergraphOptions
) -> Stages:
    return Stages(
        reader=_reader(graph.api, GENEROUS, options, is_strict=False),
        enforcer=Unrestricted(),
        demand=NoDemandControl(),
        limiter=Unlimited(),
        places=AnyNumber(),
        room=AnyRoom(),
        draw_labels=frozenset,
        plans=Plans(graph),
        visible_schema=VisibleSchema(graph.api, copies=True),
        transports=transports,
    )


def _reader(
    schema: GraphQLSchema,
    limits: OperationLimits,
    options: SupergraphOptions,
    *,
    is_strict: bool,
) -> OperationReader:
    validator = Validator(
        schema,
        introspection=options.introspection,
        suggestions=options.suggestions,
        is_strict=is_strict,
    )
    return OperationReader(schema, limits, validator, Normalizer(schema))


def _visible_schema(
    schema: GraphQLSchema,
    rules: AuthorizationRules,
    known: PolicyRegistry,
    options: SupergraphOptions,
) -> VisibleSchema:
    if not options.permitted_view:
        return VisibleSchema(schema)
    return VisibleSchema(schema, rules, rules.policies if known.has_sources else frozenset())


def _transports(transports: Mapping[str, Transport | SendFunction]) -> Mapping[str, Transport]:
    return ReachableTransports(
        (name, way if hasattr(way, "send") else FunctionTransport(way))  # type: ignore
        for name, way in transports.items()
    )


def _request(
    document: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    kinds: frozenset[OperationKind],
) -> GraphQLRequest:
    """The request, checked like that of a client. Raises BadRequest."""
    given = dict(variables) if isinstance(variables, Mapping) else variables
    payload = {"query": document, "variables": given, "operationName": operation_name}
    return read_request(payload, kinds=kinds)
