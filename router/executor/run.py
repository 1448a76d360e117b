"""Runs a plan: each step starts as soon as the steps it depends on are done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.router.errors import SubgraphError
from trellis.router.executor.contexts import collect_in_contexts
from trellis.router.executor.entities import ALONE, EntityBatch, merge_entity, split_batches
from trellis.router.executor.executable import Executable
from trellis.router.executor.failures import Failure
from trellis.router.executor.merge import copy_tree, merge_into
from trellis.router.executor.missing import note_dependent, note_missing
from trellis.router.executor.walk import Tree, objects_at
from trellis.router.planner.plan import FetchStep
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.schema.request import RequestContext

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Gathered:
    """The merged data of all subgraphs, and the failures. ``is_shared``: some object is part of
    several others. ``body``: the bytes of the only subgraph response, if they can be the client's
    response. ``size``: how many bytes all responses had that came as bytes. ``stale``: the
    subgraphs whose data are from an earlier response, with its age in seconds."""

    data: Tree = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    is_shared: bool = False
    body: bytes | None = None
    size: int = 0
    stale: dict[str, float] = field(default_factory=dict)


async def gather(
    executable: Executable,
    variables: Mapping[str, Any],
    context: RequestContext,
    transports: Mapping[str, Transport],
) -> Gathered:
    """Run all steps. Subgraph failures are part of the result. Cancelling cancels all calls."""
    run = _Run(executable, variables, context, transports)
    # Stale data would be wrong beside a change that was just made, and must not decide on rights.
    run.accepts_stale = executable.plan.kind == "query" and executable.guards is None
    first = [index for index, count in enumerate(executable.waits) if count == 0]
    await run.start(first)
    return run.gathered


async def gather_rest(
    executable: Executable,
    event: SubgraphResponse,
    variables: Mapping[str, Any],
    context: RequestContext,
    transports: Mapping[str, Transport],
) -> Gathered:
    """Like ``gather``, for one event of a subscription: the response of step 0."""
    run = _Run(executable, variables, context, transports)
    run.merge_root(executable.plan.steps[0], event)
    await run.start(run.release(0))
    return run.gathered


class _Run:
    """The state of one execution. Merging never awaits, so it needs no lock."""

    __slots__ = (
        "accepts_stale",
        "context",
        "executable",
        "gathered",
        "has_missing",
        "tasks",
        "transports",
        "variables",
        "waits",
    )

    def __init__(
        self,
        executable: Executable,
        variables: Mapping[str, Any],
        context: RequestContext,
        transports: Mapping[str, Transport],
    ) -> None:
        self.executable = executable
        self.variables = variables
        self.context = context
        self.transports = transports
        self.gathered = Gathered()
        self.waits = list(executable.waits)
        self.has_missing = False
        self.accepts_stale = False
        self.tasks: asyncio.TaskGroup | None = None

    async def start(self, ready: list[int]) -> None:
        """Run these steps and all that depend on them."""
        while len(ready) == 1:  # a linear chain needs no tasks
            await self.perform(ready[0])
            ready = self.release(ready[0])
        if not ready:
            return
        async with asyncio.TaskGroup() as self.tasks:
            for index in ready[1:]:
                self.tasks.create_task(self.perform_from(index))
            await self.perform_from(ready[0])

    async def perform_from(self, index: int) -> None:
        """Run a step and the steps it releases; one of those continues in this task."""
        assert self.tasks is not None
        while True:
            await self.perform(index)
            ready = self.release(index)
            if not ready:
                return
            for other in ready[1:]:
                self.tasks.create_task(self.perform_from(other))
            index = ready[0]

    def release(self, index: int) -> list[int]:
        ready = []
        for waiting in self.executable.dependents[index]:
            self.waits[waiting] -= 1
            if self.waits[waiting] == 0:
                ready.append(waiting)
        return ready

    async def perform(self, index: int) -> None:
        step = self.executable.plan.steps[index]
        if step.entities:
            await self.fetch_entities(step, index)
        elif objects_at(self.gathered.data, step.path):
            response = await self.send(step, self.step_variables(step))
            if response is not None:
                self.merge_root(step, response)

    def step_variables(self, step: FetchStep) -> Tree:
        given = self.variables
        return {name: given[name] for name in step.variables if name in given}

    async def send(
        self, step: FetchStep, variables: Tree, batches: tuple[EntityBatch, ...] = ()
    ) -> SubgraphResponse | None:
        """The subgraph's response. None after a failed call, which is recorded."""
        request = SubgraphRequest(
            subgraph=step.service,
            query=step.operation,
            variables=variables,
            kind=step.kind,
            context=self.context,
            accepts_stale=self.accepts_stale,
        )
        try:
            response = await self.transports[step.service].send(request)
        except Exception as problem:
            # Boundary of one step: a failure of one subgraph must not discard the responses of
            # the others.
            self.gathered.failures.append(failed_call(step, self.context, problem, batches))
            return None
        self.gathered.size += response.size
        if response.age is not None:
            known = self.gathered.stale.get(step.service, 0.0)
            self.gathered.stale[step.service] = max(known, response.age)
        return response

    # -- root data ----------------------------------------------------------------------------

    def merge_root(self, step: FetchStep, response: SubgraphResponse) -> None:
        data, errors = response.data, response.errors
        if errors or type(data) is not dict:
            self.fail(step, response)
        if type(data) is not dict:
            return
        if not step.path and not self.gathered.data:
            self.gathered.data = data
            if not errors:
                self.gathered.body = response.body
            return
        abstract = self.executable.abstract
        holders = objects_at(self.gathered.data, step.path)
        for number, holder in enumerate(holders):
            part = data if number == len(holders) - 1 else copy_tree(data)
            merge_into(holder, part, abstract)

    def fail(
        self, step: FetchStep, response: SubgraphResponse, batches: tuple[EntityBatch, ...] = ()
    ) -> None:
        has_no_data = type(response.data) is not dict
        errors = response.errors or [_invalid(step, "The subgraph returned no data.")]
        self.gathered.failures.append(Failure(step, errors, batches, has_no_data=has_no_data))

    # -- entities -----------------------------------------------------------------------------

    async def fetch_entities(self, step: FetchStep, index: int) -> None:
        if step.entities[0].targets[0].contexts:
            await self.fetch_in_contexts(step, index)
            return
        collector = self.executable.collectors[index]
        assert collector is not None
        batches = collector.collect(self.gathered.data)
        if any(one.has_unified for one in batches):
            self.gathered.is_shared = True
        await self.fetch_batches(step, index, batches, self.step_variables(step))

    async def fetch_in_contexts(self, step: FetchStep, index: int) -> None:
        """One request for each combination of context values."""
        async with asyncio.TaskGroup() as tasks:
            for group in collect_in_contexts(step.entities[0], self.gathered.data):
                variables = {**self.step_variables(step), **group.values}
                tasks.create_task(self.fetch_batches(step, index, (group.batch,), variables))

    async def fetch_batches(
        self, step: FetchStep, index: int, batches: tuple[EntityBatch, ...], variables: Tree
    ) -> None:
        """Request the representations and merge the results."""
        if any(one.incomplete for one in batches):
            if self.gathered.failures:
                self.skip_incomplete(step, index, batches)
            if self.has_missing:
                note_dependent(step, batches)
        portions = split_batches(batches)
        if len(portions) == 1:
            await self.fetch_portion(step, portions[0], variables)
            return
        async with asyncio.TaskGroup() as tasks:
            for portion in portions:
                tasks.create_task(self.fetch_portion(step, portion, dict(variables)))

    async def fetch_portion(
        self, step: FetchStep, batches: tuple[EntityBatch, ...], variables: Tree
    ) -> None:
        """Send one request and merge its result."""
        for call, one in zip(step.entities, batches, strict=True):
            variables[call.variable] = one.representations
            if call.condition is not None:
                variables[call.condition] = bool(one.representations)
        response = await self.send(step, variables, batches)
        if response is None:
            return
        if response.errors or type(response.data) is not dict:
            self.fail(step, response, batches)
        if type(response.data) is dict:
            self.merge_entities(step, response, batches)

    def skip_incomplete(
        self, step: FetchStep, index: int, batches: tuple[EntityBatch, ...]
    ) -> None:
        """Report the fields of objects that lack what this step needs, if an earlier step has
        failed. Otherwise a subgraph did not find the objects, which is not a failure."""
        before = self.executable.ancestors[index]
        if not any(failure.step.id in before for failure in self.gathered.failures):
            return
        incomplete = tuple(
            EntityBatch(holders=[[(e, ALONE)] for e in one.incomplete]) for one in batches
        )
        error = {
            "message": "Values that this field needs could not be fetched.",
            "extensions": {"code": "DEPENDENCY_FAILED", "service": step.service},
        }
        self.gathered.failures.append(Failure(step, [error], incomplete, has_no_data=True))

    def merge_entities(
        self, step: FetchStep, response: SubgraphResponse, batches: tuple[EntityBatch, ...]
    ) -> None:
        assert response.data is not None
        problems: list[Tree] = []
        for call, one in zip(step.entities, batches, strict=True):
            if not one.representations:
                continue
            answers = response.data.get(call.alias)
            if type(answers) is not list or len(answers) != len(one.representations):
                # Results are matched by index, so a list of another length is unusable.
                if not response.errors:
                    message = "The subgraph returned a different number of entities than requested."
                    problems.append({**_invalid(step, message), "path": [call.alias]})
                continue
            for position, entity in enumerate(answers):
                if type(entity) is dict:
                    if merge_entity(one, position, entity, self.executable.abstract):
                        self.gathered.is_shared = True
                elif entity is None:
                    self.has_missing = True
                    rows = one.holders[position : position + 1]
                    note_missing(step, call, one.representations[position], rows)
                else:
                    message = "The subgraph returned an entity that is not an object."
                    path = [call.alias, position]
                    problems.append({**_invalid(step, message), "path": path})
        if problems:
            self.gathered.failures.append(Failure(step, problems, batches))


def failed_call(
    step: FetchStep,
    context: RequestContext,
    problem: Exception,
    batches: tuple[EntityBatch, ...] = (),
) -> Failure:
    """The failure of a step whose call raised. Clients get the message of a SubgraphError; any
    other exception is a bug, which is logged and not shown."""
    if isinstance(problem, SubgraphError):
        error = {"message": problem.message, "extensions": problem.extensions}
    else:
        log.error(
            "subgraph call failed",
            exc_info=problem,
            extra={"subgraph": step.service, "request_id": context.request_id},
        )
        error = {"message": "Internal error.", "extensions": {"code": "INTERNAL"}}
    return Failure(step, [error], batches, has_no_data=True)


def _invalid(step: FetchStep, message: str) -> Tree:
    extensions = {"code": "SUBGRAPH_INVALID_RESPONSE", "service": step.service}
    return {"message": message, "extensions": extensions}
