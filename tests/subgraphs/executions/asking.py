"""What many tests of executions ask, and a runner that does as it is told."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.support.subgraphs import Running, caller
from trellis.schema.identity import Identity
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.runner import (
    Outcome,
    Program,
    Result,
    RunnerFailed,
    Stream,
    Support,
    Write,
)
from trellis.subgraphs.executions.use_cases.running import claim_next
from trellis.subgraphs.executions.worker import run_claimed

EXECUTE = """mutation($i: ExecuteCodeInput!) { executeCode(input: $i) { execution {
  id status language runtimeVersion stdout stderr exitCode createdAt timeout version } } }"""
READ = """query($id: ID!) { execution(id: $id) { id status failure exitCode stdout stderr
  executionTimeMs memoryUsedBytes startedAt finishedAt version owner { id } } }"""
CANCEL = "mutation($id: ID!) { cancelExecution(id: $id) { execution { id status stdout } } }"
FOLLOW = """subscription($id: ID!, $after: String) { executionOutput(id: $id, after: $after) {
  eventId stream text execution { status exitCode failure } } }"""


class Scripted:
    """A runner that does not run: each line of a program is something to do.

    ``out TEXT``, ``err TEXT``, ``wait`` (until cancelled), ``pause`` (until the test says so),
    ``unbuilt``, or the name of an outcome.
    """

    name = "scripted"

    def __init__(self, *languages: Language) -> None:
        self.languages = languages or tuple(Language)
        self.started: list[str] = []
        self.cancelled = 0
        self.go_on = asyncio.Event()

    def support(self) -> Mapping[Language, Support]:
        return {
            one: Support("1.0") if one in self.languages else Support(unavailable="not here")
            for one in Language
        }

    async def run(self, program: Program, write: Write) -> Result:
        self.started.append(program.code)
        outcome = Outcome.COMPLETED
        try:
            for line in program.code.splitlines():
                word, _, text = line.partition(" ")
                if word in ("out", "err"):
                    write(Stream.STDOUT if word == "out" else Stream.STDERR, text.encode())
                elif word == "wait":
                    await asyncio.Event().wait()
                elif word == "pause":
                    await self.go_on.wait()
                elif word == "unbuilt":
                    raise RunnerFailed("no sandbox today")
                else:
                    outcome = Outcome(word)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        codes = {Outcome.COMPLETED: 0, Outcome.EXIT_CODE: 3}
        return Result(outcome, codes.get(outcome), 0.25, 4_096)


def of_tier(username: str, tier: str) -> Identity:
    return replace(caller(username), tier=tier)


async def execute(
    executions: Running, code: str = "out hi", who: Identity | None = None, **members: Any
) -> dict[str, Any]:
    given = {"language": "JAVASCRIPT", "code": code, **members}
    data = await executions.ask(EXECUTE, who or caller("ada"), i=given)
    return data["executeCode"]["execution"]


async def read(executions: Running, id: str, who: Identity | None = None) -> dict[str, Any]:
    return (await executions.ask(READ, who or caller("ada"), id=id))["execution"]


async def run_next(executions: Running, runner: Scripted) -> bool:
    """Run the first in the queue as a worker does; whether there was one."""
    storage = executions.context().storage
    claimed = await claim_next(storage, runner.languages)
    if claimed is None:
        return False
    await run_claimed(storage, runner, claimed)
    return True
