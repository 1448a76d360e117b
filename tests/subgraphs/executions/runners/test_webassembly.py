"""JavaScript in the WebAssembly engine: the same outcomes, and nothing of the machine."""

import asyncio
import os
import time

import pytest

from tests.subgraphs.executions.runners.running import Ran, run
from tests.support.processor import seconds_in_line
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.runner import MIB, Limits, Outcome
from trellis.subgraphs.executions.runners.webassembly import WebAssembly

LIMITS = Limits(seconds=2, memory_bytes=32 * MIB, output_bytes=10_000)
CASES = [
    ("console.log('hi', readLine(), [1, {a: 1}])", Outcome.COMPLETED, 'hi one [1,{"a":1}]\n'),
    ("await null; console.log('later')", Outcome.COMPLETED, "later\n"),
    ("console.log('x'); throw new Error('y')", Outcome.EXIT_CODE, "x\n"),
    ("let x = ;", Outcome.COMPILATION, ""),
    ("for (;;) {}", Outcome.TIMEOUT, ""),
    ("'a'.repeat(2 ** 29)", Outcome.MEMORY, ""),
    ("for (;;) console.log('x'.repeat(5000))", Outcome.OUTPUT, None),
    ("function f() { f() } f()", Outcome.EXIT_CODE, ""),
    (
        "console.log(typeof require, typeof process, typeof fetch, typeof std, typeof os, "
        "typeof WebAssembly, typeof __out)",
        Outcome.COMPLETED,
        " ".join(["undefined"] * 7) + "\n",
    ),
]


async def test_each_outcome_is_told_and_the_event_loop_goes_on():
    """All side by side: starting the engine takes most of the time."""
    longest = 0.0

    async def look() -> None:
        nonlocal longest
        while True:
            began, in_line = time.monotonic(), seconds_in_line(os.getpid())
            await asyncio.sleep(0.01)
            waited = seconds_in_line(os.getpid()) - in_line  # for a processor, on a busy machine
            longest = max(longest, time.monotonic() - began - waited)

    looking = asyncio.create_task(look())
    runner = WebAssembly()
    ran: list[Ran] = []
    for start in range(0, len(CASES), 3):
        ran += await asyncio.gather(
            *(
                run(runner, Language.JAVASCRIPT, code, stdin="one\ntwo", limits=LIMITS)
                for code, *_ in CASES[start : start + 3]
            )
        )
    looking.cancel()
    told = [(one.outcome, one.stdout) for one in ran]
    wanted = [
        (outcome, stdout if stdout is not None else one.stdout)
        for (_, outcome, stdout), one in zip(CASES, ran, strict=True)
    ]
    assert told == wanted
    assert max(len(one.stdout) for one in ran) == 10_000
    assert longest < LIMITS.seconds, "an endless program would have blocked it for so long"


async def test_other_languages_are_said_not_to_run():
    support = WebAssembly("no bwrap").support()
    assert support[Language.JAVASCRIPT].unavailable is None
    reasons = {found.unavailable for one, found in support.items() if one != "javascript"}
    assert reasons == {"only JavaScript runs in the WebAssembly engine; no bwrap"}


@pytest.mark.parametrize("language", [Language.PYTHON])
async def test_and_are_not_run(language: Language):
    with pytest.raises(Exception, match="only JavaScript"):
        await run(WebAssembly(), language, "print(1)")
