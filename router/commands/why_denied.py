"""``trellis why-denied``: which parts of an operation are denied to a caller, and by which rule."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from trellis.router.authorization.explain import PolicyAnswer, Removed
from trellis.router.authorization.policies.session import Verdict
from trellis.router.config import Config
from trellis.router.errors import ConfigError
from trellis.router.identity.credentials import Credentials
from trellis.router.loading.graph import load_graph
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import connect_supergraph
from trellis.router.operation.model import OperationKind
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import Refused, prepare, run
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.rate_limit.limiter import Unlimited
from trellis.router.serving.authentication import build_authentication
from trellis.router.serving.snapshot import CountedGraph
from trellis.router.serving.wiring import lifespan
from trellis.router.supergraph import Supergraph
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

ANONYMOUS_NAME = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller to check: a user of the data, the owner of a token, or a fictitious caller with
    ``scopes`` and ``roles``."""

    name: str = ANONYMOUS_NAME
    token: str | None = None
    scopes: Collection[str] = ()
    roles: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """``is_refused``: the operation is refused as a whole. ``is_run``: its objects were fetched and
    checked by policies, which is done for queries only. ``plan`` is None if it was not planned."""

    identity: Identity
    kind: OperationKind
    removed: tuple[Removed, ...]
    is_refused: bool
    is_run: bool
    plan: QueryPlan | None = None

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        caller = self.identity
        return {
            "caller": {
                "username": caller.username,
                "isAuthenticated": caller.is_authenticated,
                "roles": sorted(caller.roles),
                "scopes": sorted(caller.scopes),
                "tier": caller.tier,
            },
            "kind": self.kind,
            "isRefused": self.is_refused,
            "isRun": self.is_run,
            "denied": [one.to_json() for one in self.removed],
        }

    def lines(self) -> list[str]:
        """For people."""
        lines = [f"caller   {_caller_line(self.identity)}"]
        if not self.removed:
            lines.append(
                "Nothing is denied." if self.is_run else "Nothing is denied before execution."
            )
        for one in self.removed:
            lines += ["", *_removed_lines(one)]
        if self.is_refused:
            lines += ["", "The operation is refused as a whole; no subgraph is called."]
        elif not self.is_run:
            lines += ["", f"The {self.kind} was not run: policies may deny its objects as well."]
        return lines


async def find_denials(
    document: str,
    variables: Mapping[str, Any],
    operation_name: str | None,
    identity: Identity,
    supergraph: Supergraph,
    *,
    runs: bool = True,
) -> Findings:
    """Take an operation through the pipeline without rate limits; with ``runs``, execute it if it
    is a query. Raises OperationRefused for an invalid operation, and PlanningError."""
    request = GraphQLRequest(document, variables, operation_name, kinds=ALL_KINDS)
    stages = replace(supergraph, limiter=Unlimited())
    prepared = await prepare(request, RequestContext(identity), stages)
    explain = supergraph.enforcer.explain
    if isinstance(prepared, Refused):
        if prepared.case is None:
            raise prepared.error
        kind, removed = prepared.case.operation.kind, explain(prepared.case)
        return Findings(identity, kind, removed, is_refused=True, is_run=False)
    kind, plan = prepared.kind, prepared.executable.plan
    if kind != "query" or not runs:
        return Findings(identity, kind, explain(prepared.case), False, False, plan)
    denied = (await run(prepared, stages)).denied_values
    is_refused = bool(denied) and supergraph.rejects
    return Findings(identity, kind, explain(prepared.case, denied), is_refused, True, plan)


@asynccontextmanager
async def open_graph(
    config: Config, caller: Caller
) -> AsyncGenerator[tuple[Supergraph, Identity], None]:
    """The configured graph with its subgraphs running, and the caller. Raises ConfigError if no
    subgraph knows the caller, CompositionFailed and StartFailed."""
    loaded = load_graph(config)
    members = loaded.members
    graph = CountedGraph(connect_supergraph(loaded.sdl, members, config))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(graph.aclose)
        await stack.enter_async_context(lifespan(None, members=members))
        yield graph.supergraph, await _identity(caller, members, config)


async def _identity(caller: Caller, members: Sequence[Member], config: Config) -> Identity:
    if caller.token is not None:
        authentication = build_authentication(members, config)
        try:
            header = f"Bearer {caller.token}"
            return await authentication.authenticate(Credentials(authorization=header))
        finally:
            await authentication.aclose()
    if caller.name == ANONYMOUS_NAME:
        return ANONYMOUS
    if caller.scopes or caller.roles:
        scopes, roles = frozenset(caller.scopes), frozenset(caller.roles)
        made_up = uuid5(NAMESPACE_URL, f"trellis:{caller.name}")
        return Identity(id=made_up, username=caller.name, scopes=scopes, roles=roles)
    for member in members:
        if member.local is not None and member.local.find_caller is not None:
            found = await member.local.find_caller(caller.name)
            if found is not None:
                return found
    raise ConfigError(
        f"No subgraph in this process knows a caller `{caller.name}`. Pass the username or e-mail "
        f"address of a user, `{ANONYMOUS_NAME}`, an access token (--token), or the rights of a "
        "fictitious caller (--scope, --role)."
    )


# -- text output --------------------------------------------------------------------------------


def _caller_line(identity: Identity) -> str:
    if not identity.is_authenticated:
        return "anonymous"
    held = [
        f"roles {', '.join(sorted(identity.roles)) or 'none'}",
        f"tier {identity.tier or 'none'}",
        f"scopes {', '.join(sorted(identity.scopes)) or 'none'}",
    ]
    return f"{identity.username or identity.id}; {'; '.join(held)}"


def _removed_lines(removed: Removed) -> list[str]:
    lines = [f"denied   {'.'.join(map(str, removed.path))}   ({removed.place})"]
    for rule in removed.rules:
        met = "met" if rule.is_met else "not met"
        lines.append(f"  rule   {rule.directive} on {', '.join(rule.places)}: {met}")
    lines += [f"  policy {_policy_line(answer)}" for answer in removed.policies]
    return lines


def _policy_line(answer: PolicyAnswer) -> str:
    if answer.verdict is None:
        return f"{answer.policy} was not evaluated: other rules had decided"
    if answer.about is None or answer.verdict is Verdict.UNKNOWN:
        return f"{answer.policy} {answer.verdict.value}"
    kind = answer.about["__typename"]
    place = f"{kind}.{answer.about['__field']}" if "__field" in answer.about else kind
    facts = {key: value for key, value in answer.about.items() if not key.startswith("__")}
    return f"{answer.policy} {answer.verdict.value}: {place} {facts}"
