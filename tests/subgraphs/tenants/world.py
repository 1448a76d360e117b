"""The running graph with one tenant or with two, and the transcript of what was asked of it."""

import base64
import binascii
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from difflib import unified_diff
from functools import cache, partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from graphql import ObjectTypeDefinitionNode, ObjectTypeExtensionNode, parse
from sqlalchemy import select

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.asking import Probe
from tests.subgraphs.tenants.callers import OUTSIDER
from tests.subgraphs.tenants.domains import NAMES
from tests.subgraphs.tenants.tenant import HERE, THERE, Tenant
from tests.support.subgraphs import Running, running
from tests.support.templates import copy_of_folder, seeded_folder
from tests.support.uploads import some_upload
from trellis.db.bus import MemoryBus
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

PLANTINGS = {name: import_module(f"tests.subgraphs.{name}.planting") for name in NAMES}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What was planted is of 2020 and what was given of 2031; all else is of now.
_NOW = re.compile(r"20(2[1-9]|30)-\d\d-\d\dT[0-9:.]+(Z|\+00:00)?")
_RANDOM_MEMBERS = frozenset(
    {"accessToken", "refreshToken", "token", "secret", "uri", "recoveryCodes", "prefix"}
    | {"access_token", "refresh_token", "request_id", "requestId"}
    | {"url", "thumbnailUrl", "thumbnail_url"}  # signed links
)

# Of a new project there are none until issues and tasks have heard of it.
_STATISTICS = frozenset(
    {"issueStatistics", "statistics", "issue_statistics", "taskStatistics", "commentStatistics"}
)
_FIGURES = frozenset(
    {"totalTasks", "completedTasks", "progress", "total_tasks", "completed_tasks"}
    | {"taskCount", "completedTaskCount", "task_count", "completed_task_count"}
    | {"commentCount", "comment_count"}
)

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
        agent = f"browser of {caller.username}"
        context = RequestContext(caller, "tenants", user_agent=agent, uploads=some_upload())
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


class _Templates:
    """The databases of each domain with the demo's data, made when a first world wants them."""

    folder: Path

    def __init__(self) -> None:
        self._made: dict[str, DataSettings] = {}

    async def copy_to(self, name: str, folder: Path) -> DataSettings:
        if name not in self._made:
            make = partial(PLANTINGS[name].make, letters=Letters())
            absent = [other for other in NAMES if other != name]
            self._made[name] = await seeded_folder(make, self.folder / name, absent)
        return copy_of_folder(self._made[name], folder)


TEMPLATES = _Templates()


@asynccontextmanager
async def world_of(
    tenants: Sequence[Tenant], settings: DataSettings, names: Collection[str] = NAMES
) -> AsyncIterator[World]:
    """The subgraphs of these names behind the router, with these tenants beside the demo's."""
    bus = MemoryBus()
    await bus.connect()
    letters = Letters()
    absent = [name for name in NAMES if name not in names]
    async with AsyncExitStack() as stack:
        parts: dict[str, Running] = {}
        for name in (name for name in NAMES if name in names):
            if settings.database_url is None:
                settings = await TEMPLATES.copy_to(name, settings.data_dir)
            make = partial(PLANTINGS[name].make, letters=letters)
            started = running(make, settings, absent, bus=bus)
            parts[name] = await stack.enter_async_context(started)
        for name, part in parts.items():
            await PLANTINGS[name].plant_outsider(OUTSIDER, part)
            for tenant in tenants:
                await PLANTINGS[name].plant(tenant, part)
        supergraph, stages = shared_supergraph()
        for name, part in parts.items():
            stages[name].enter(part.subgraph)
        yield World(supergraph, parts, letters)
    await bus.close()


class Stage:
    """Where the same subgraph of different worlds appears, one after the other: so the router
    plans each operation once."""

    is_in_process = True

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
def _subgraphs() -> tuple[Subgraph, ...]:
    return tuple(PLANTINGS[name].make(None, None, letters=Letters()) for name in NAMES)


@cache
def shared_supergraph() -> tuple[Supergraph, Mapping[str, Stage]]:
    """The router of every world, and where its subgraphs appear."""
    composed = compose([Member(one.name, "", one.schema.as_str()) for one in _subgraphs()])
    stages = {one.name: Stage(one) for one in _subgraphs()}
    supergraph = Supergraph.load(
        composed.supergraph_sdl,
        transports=stages,
        options=SupergraphOptions(limits=GENEROUS),
        policies=[LocalPolicies(name, stage.policies()) for name, stage in stages.items()],
    )
    return supergraph, stages


def fields_of(name: str) -> frozenset[tuple[str, str]]:
    """The type and name of each field that a subgraph resolves."""
    (sdl,) = (one.schema.as_str() for one in _subgraphs() if one.name == name)
    return frozenset(
        (definition.name.value, field.name.value)
        for definition in parse(sdl).definitions
        if isinstance(definition, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
        for field in definition.fields or ()
        if not any(directive.name.value == "external" for directive in field.directives or ())
    )


def subgraphs_of(probes: Iterable[Probe]) -> set[str]:
    """The names of those that the router asks for the answers."""
    supergraph, _ = shared_supergraph()
    return {
        step.service
        for probe in probes
        for step in supergraph.plan(probe.document, probe.variables).steps
    }


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
        return "<none, or none heard of>"
    if key in _FIGURES and not value:
        return "<none, or none heard of>"
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
