"""One immutable snapshot of a supergraph, and the graph as a library.

A new supergraph is a new snapshot with empty caches; nothing needs invalidating, and an operation
that began on the old one ends on it.
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
from trellis.router.stages import Stages
from trellis.router.transports.base import Transport
from trellis.router.transports.function import FunctionTransport, ReachableTransports, SendFunction
from trellis.schema.errors import TrellisError
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext


@dataclass(frozen=True, slots=True)
class SupergraphOptions:
    """How a snapshot treats clients: their limits, whether they may read the schema, and of it
    only what their rights permit, whether a query is rejected for one denied field, how often they
    may do what (None: as often as they like), what an operation may cost (None: whatever it does),
    and how long they wait for a policy."""

    limits: OperationLimits = field(default_factory=OperationLimits)
    introspection: bool = True
    permitted_view: bool = False
    reject: bool = False
    rate_limiting: RateLimiting | None = None
    cost: Cost | None = None
    policy_seconds: float = POLICY_SECONDS

    @property
    def suggestions(self) -> bool:
        """Whether errors may say "did you mean": over time they would reveal the schema."""
        return self.introspection and not self.permitted_view


DEFAULTS = SupergraphOptions()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Supergraph(Stages):
    """The stages that clients' operations pass, and what they were made from. Made by
    ``Supergraph.load``.

    ``library`` are the stages for programs and tests that call ``plan``, ``execute`` and
    ``subscribe``: no authorization, generous limits, lenient validation, nothing counted.
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
    ) -> Supergraph:
        """A snapshot of the supergraph ``sdl`` (join specification v0.1 to v0.5). Raises
        SupergraphInvalid. ``transports`` reach its subgraphs by name, ``policies`` decide what
        their ``@policy`` names; without one every name denies."""
        document = parse_sdl(sdl)
        graph = read_supergraph(document)
        library = _library(graph, transports or {}, options)
        rules, known = read_rules(document), PolicyRegistry(policies)
        limiting = options.rate_limiting
        return cls(
            reader=_reader(graph.api, options.limits, options, is_strict=True),
            enforcer=Enforcer(
                graph, rules, known, seconds=options.policy_seconds, rejects=options.reject
            ),
            demand=Estimates(document, options.cost) if options.cost else library.demand,
            limiter=limiting.of(document) if limiting is not None else library.limiter,
            draw_labels=Labels(graph.labels).draw,
            plans=library.plans,
            visible_schema=_visible_schema(graph.api, rules, known, options),
            transports=library.transports,
            rejects=options.reject,
            graph=graph,
            sdl=sdl,
            schema=graph.api,
            options=options,
            rules=rules,
            library=library,
        )

    @property
    def api_sdl(self) -> str:
        """The public schema."""
        return print_schema(self.schema)

    def parse(self, document: str, operation_name: str | None = None) -> ParsedOperation:
        """Check a document as a client's: limits and validity; raises OperationRefused."""
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
        """The plan of a document's operation; raises OperationRefused and PlanningError."""
        request = GraphQLRequest(
            operation, variables or {}, operation_name or None, kinds=ALL_KINDS
        )
        understood = self.library.reader.read(request)
        return self.plans.executable(allow_all(understood.operation), frozenset(labels)).plan

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        transports: Mapping[str, Transport | SendFunction] | None = None,
        labels: Collection[str] = (),
    ) -> dict[str, Any]:
        """The response to a query or mutation. Like a door it never raises for what is wrong with
        an operation or a subgraph: that is in the response's ``errors``. ``transports`` reach the
        subgraphs by name; a plain async ``(query, variables) -> response`` will do."""
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
        """The responses of a subscription; a query, a mutation or an operation that is refused
        gives one. Otherwise like ``execute``."""
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
        ways = _reaching(self.transports if transports is None else transports)
        given = frozenset(labels)
        return replace(self.library, transports=ways, draw_labels=lambda: given)


def _library(
    graph: FederatedGraph, transports: Mapping[str, Transport], options: SupergraphOptions
) -> Stages:
    return Stages(
        reader=_reader(graph.api, GENEROUS, options, is_strict=False),
        enforcer=Unrestricted(),
        demand=NoDemandControl(),
        limiter=Unlimited(),
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


def _reaching(transports: Mapping[str, Transport | SendFunction]) -> Mapping[str, Transport]:
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
    """A request judged as one that comes in by a door; raises BadRequest."""
    given = dict(variables) if isinstance(variables, Mapping) else variables
    payload = {"query": document, "variables": given, "operationName": operation_name}
    return read_request(payload, kinds=kinds)
