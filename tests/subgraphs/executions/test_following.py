"""Output arrives while a program runs; whoever comes late or again misses and repeats nothing."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tests.subgraphs.executions.asking import CANCEL, FOLLOW, Scripted, execute, run_next
from tests.support.subgraphs import Running, caller
from trellis.schema.identity import Identity
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.runner import Outcome, Result, Stream
from trellis.subgraphs.executions.use_cases import running

ADA = caller("ada")
PIECES = [("1", "STDOUT", "a"), ("2", "STDERR", "b"), ("3", "STDOUT", "c"), ("4", None, None)]


async def follow(
    executions: Running, id: str, after: str | None = None, who: Identity = ADA
) -> list[Any]:
    """All results to the end of the stream."""
    stream: Any = await executions.subgraph.schema.subscribe(
        FOLLOW, variable_values={"id": id, "after": after}, context_value=executions.context(who)
    )
    async with asyncio.timeout(10), aclosing(stream) as results:
        return [result async for result in results]


def pieces(results: list[Any]) -> list[tuple[str, str | None, str | None]]:
    found = [result.data["executionOutput"] for result in results]
    return [(one["eventId"], one["stream"], one["text"]) for one in found]


async def test_a_finished_run_is_replayed_from_any_place(executions: Running):
    id = (await execute(executions, "out a\nerr b\nout c\nexit_code"))["id"]
    await run_next(executions, Scripted())
    results = await follow(executions, id)
    assert pieces(results) == PIECES
    last = results[-1].data["executionOutput"]["execution"]
    assert last == {"status": "FAILED", "exitCode": 3, "failure": "EXIT_CODE"}
    for seen in range(1, 5):
        assert pieces(await follow(executions, id, str(seen))) == PIECES[seen:]


async def test_pieces_arrive_while_the_program_runs(executions: Running):
    id = (await execute(executions))["id"]
    storage = executions.context().storage
    claimed = await running.claim_next(storage, list(Language))
    assert claimed is not None
    stream: Any = await executions.subgraph.schema.subscribe(
        FOLLOW, variable_values={"id": id}, context_value=executions.context(ADA)
    )
    async with asyncio.timeout(10), aclosing(stream) as results:
        await running.add_output(storage, claimed, [(Stream.STDOUT, "a"), (Stream.STDERR, "b")])
        found = [await anext(results), await anext(results)]
        assert found[0].data["executionOutput"]["execution"]["status"] == "RUNNING"
        result = Result(Outcome.COMPLETED, 0, 0.1, 1)
        await running.finish(storage, claimed, [(Stream.STDOUT, "c")], result)
        found += [result async for result in results]
    assert pieces(found) == PIECES


async def test_cancelling_ends_the_stream(executions: Running):
    id = (await execute(executions))["id"]
    following = asyncio.create_task(follow(executions, id))
    await asyncio.sleep(0.05)
    await executions.ask(CANCEL, ADA, id=id)
    [last] = await following
    assert last.data["executionOutput"]["execution"]["status"] == "CANCELLED"


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 20])
async def test_a_place_that_is_none_is_refused(executions: Running, after: str):
    id = (await execute(executions))["id"]
    [result] = await follow(executions, id, after)
    assert [error.extensions["code"] for error in result.errors] == ["BAD_USER_INPUT"]


async def test_output_of_others_and_of_nothing_is_not_found(executions: Running):
    id = (await execute(executions))["id"]
    for who, wanted in ((caller("alan"), id), (ADA, "x")):
        [result] = await follow(executions, wanted, who=who)
        assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
