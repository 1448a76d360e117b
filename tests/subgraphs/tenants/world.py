"""The running graph with one tenant or with two, and the transcript of what was asked of it."""

import base64
import binascii
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from difflib import unified_diff
from functools import cache
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import select

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.asking import Probe
from tests.subgraphs.tenants.callers import OUTSIDER
from tests.subgraphs.tenants.planting import plant, plant_outsider
from tests.subgraphs.tenants.tenant import HERE, THERE, Tenant
from tests.support.subgraphs import Running, running
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import Supergraph, compose
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import SupergraphOptions
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.local import LocalTransport
from trellis.router.web.json_text import dump_json
from trellis.schema.identity import Identity
from trellis.schema.policy import Policy
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph as make_accounts
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.projects.graph import make_subgraph as make_projects

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What was planted is of 2020 and what was given of 2031; all else is of now.
_NOW = re.compile(r"20(2[1-9]|30)-\d\d-\d\dT[0-9:.]+(Z|\+00:00)?")
_RANDOM_MEMBERS = frozenset(
    {"accessToken", "refreshToken", "secret", "uri", "recoveryCodes", "prefix"}
    | {"access_token", "refresh_token", "request_id", "requestId"}
)

# Of a new project there are none until issues has heard of it.
_STATISTICS = frozenset({"issueStatistics", "statistics", "issue_statistics"})

# What the relay notes about events on their way.
_OF_THE_RELAY = frozenset({"attempts", "available_at", "lease_until", "done_at"})

Row = tuple[str, str, str]
"""Subgraph, table, and the row as text."""


@dataclass
class World:
    """The router, its subgraphs, and the letters that they have mailed."""

    supergraph: Supergraph
    parts: Mapping[str, Running]
    letters: Letters

    async def ask(self, document: str, caller: Identity, **variables: Any) -> Any:
        """The answer as clients get it."""
        context = RequestContext(caller, "tenants", user_agent=f"browser of {caller.username}")
        given = await answer(GraphQLRequest(document, variables), context, self.supergraph)
        told = orjson.loads(dump_json({"data": given.data, "errors": list(given.errors)}))
        # Which of several subgraphs complains first is chance.
        told["errors"].sort(key=lambda error: str((error.get("path"), error["message"])))
        return told

    async def transcript(
        self, probes: Iterable[Probe], callers: Mapping[str, Identity]
    ) -> dict[str, str]:
        """What was answered to each probe of each caller, without what differs from run to run."""
        heard: dict[str, str] = {}
        known = known_ids()
        for probe in probes:
            for name, caller in callers.items():
                told = await self.ask(probe.document, caller, **probe.variables)
                heard[f"{name}: {probe.label}"] = masked(told, known)
        return heard

    async def rows(self, marks: Sequence[str]) -> frozenset[Row]:
        """Every row of every table in which one of the marks stands."""
        every = [row for name, part in self.parts.items() for row in await _rows(name, part)]
        return frozenset(row for row in every if any(mark in row[2].lower() for mark in marks))


@asynccontextmanager
async def world_of(tenants: Sequence[Tenant], settings: DataSettings) -> AsyncIterator[World]:
    """All three subgraphs behind the router, with these tenants beside the demo's."""
    bus = MemoryBus()
    await bus.connect()

    letters = Letters()

    def accounts_without_mail(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_accounts(settings, bus, mailer=letters)

    async with (
        running(accounts_without_mail, settings, bus=bus) as accounts,
        running(make_projects, settings, bus=bus) as projects,
        running(make_issues, settings, bus=bus) as issues,
    ):
        parts = {part.subgraph.name: part for part in (accounts, projects, issues)}
        await plant_outsider(OUTSIDER, accounts, projects)
        for tenant in tenants:
            await plant(tenant, accounts, projects, issues)
        supergraph, stages = shared_supergraph()
        for name, part in parts.items():
            stages[name].enter(part.subgraph)
        yield World(supergraph, parts, letters)
    await bus.close()


class Stage:
    """Where the same subgraph of different worlds appears, one after the other: so the router
    plans each operation once."""

    def __init__(self, subgraph: Subgraph) -> None:
        self.enter(subgraph)

    def enter(self, subgraph: Subgraph) -> None:
        self._transport, self._policies = LocalTransport(subgraph), subgraph.policies

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        return await self._transport.send(request)

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self._transport.subscribe(request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def policy(self, name: str) -> Policy:
        """The policy of that name of whoever is here when it is asked."""

        async def decide(*about: Any) -> Any:
            return await self._policies[name].decide(*about)

        return replace(self._policies[name], decide=decide)

    def policies(self) -> dict[str, Policy]:
        return {name: self.policy(name) for name in self._policies}


@cache
def shared_supergraph() -> tuple[Supergraph, Mapping[str, Stage]]:
    """The router of every world, and where its subgraphs appear."""
    made = (make_accounts(), make_projects(), make_issues())
    composed = compose([Member(one.name, "", one.schema.as_str()) for one in made])
    stages = {one.name: Stage(one) for one in made}
    supergraph = Supergraph.load(
        composed.supergraph_sdl,
        transports=stages,
        options=SupergraphOptions(limits=GENEROUS),
        policies=[LocalPolicies(name, stage.policies()) for name, stage in stages.items()],
    )
    return supergraph, stages


def differences(alone: Mapping[str, str], beside: Mapping[str, str]) -> dict[str, str]:
    """Where two transcripts differ, and the first lines of how."""
    found: dict[str, str] = {}
    for label, told in beside.items():
        if alone[label] != told:
            lines = unified_diff(alone[label].split("\n"), told.split("\n"), lineterm="", n=1)
            found[label] = "\n".join(islice(lines, 30))
    return found


def masked(value: Any, known: frozenset[str]) -> str:
    """A JSON value as text, with cursors opened, and without ids, times and secrets that were
    made just now."""
    return orjson.dumps(_masked(value, known), option=orjson.OPT_INDENT_2).decode()


def _masked(value: Any, known: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _masked_member(key, one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, known) for one in value]
    if not isinstance(value, str):
        return value
    opened = _opened_cursor(value)
    if opened is not None:
        return {"cursor": _masked(opened, known)}
    value = _NOW.sub("<now>", value)
    return _UUID.sub(lambda found: found[0] if found[0] in known else "<new id>", value)


def _masked_member(key: str, value: Any, known: frozenset[str]) -> Any:
    if key in _RANDOM_MEMBERS and value:
        return "<random>"
    if key in _STATISTICS and not any(isinstance(n, int) and n for n in (value or {}).values()):
        return "<no issues, or none heard of>"
    return _masked(value, known)


def _opened_cursor(value: str) -> list[Any] | None:
    try:
        padded = value + "=" * (-len(value) % 4)
        found = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, list) else None


@cache
def known_ids() -> frozenset[str]:
    """The ids that are the same in every run."""
    kinds = (ids for tenant in (HERE, THERE) for ids in tenant.ids.values())
    return frozenset(str(id) for ids in kinds for id in ids)


async def _rows(name: str, part: Running) -> list[Row]:
    storage = part.context().storage
    found: list[Row] = []
    async with storage.read() as session:
        for table in storage.metadata.sorted_tables:
            rows = (await session.execute(select(table))).mappings()
            found += [(name, table.name, _text_of(dict(row))) for row in rows]
    return found


def _text_of(row: Mapping[str, Any]) -> str:
    told = {name: value for name, value in row.items() if name not in _OF_THE_RELAY}
    return orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
