"""What programs get in the sandbox, and that there is none where it cannot be built."""

import asyncio
import struct
from pathlib import Path

import pytest

from tests.subgraphs.executions.runners.running import children, run
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners import bubblewrap, seccomp
from trellis.subgraphs.executions.runners.bubblewrap import Bubblewrap
from trellis.subgraphs.executions.runners.here import NoRunner, find_runner
from trellis.subgraphs.executions.runners.runner import (
    Limits,
    Outcome,
    Program,
    RunnerFailed,
)
from trellis.subgraphs.executions.runners.usage import Usage
from trellis.subgraphs.executions.runners.webassembly import WebAssembly
from trellis.subgraphs.executions.settings import ExecutionSettings

GREETINGS = {
    Language.PYTHON: "import sys\nprint('hi', sys.stdin.read())\nsys.exit(3)",
    Language.JAVASCRIPT: """const text = require('fs').readFileSync(0, 'utf8');
console.log('hi', text); process.exit(3)""",
    Language.CPP: """#include <iostream>
int main() { std::string s; std::cin >> s; std::cout << "hi " << s << "\\n"; return 3; }""",
    Language.RUST: """use std::io;
fn main() { let mut s = String::new(); io::stdin().read_line(&mut s).unwrap();
  println!("hi {}", s); std::process::exit(3) }""",
    Language.GO: """package main
import ("fmt"; "os")
func main() { var s string; fmt.Scan(&s); fmt.Println("hi", s); os.Exit(3) }""",
    Language.JAVA: """public class Hello { public static void main(String[] a) {
  System.out.println("hi " + new java.util.Scanner(System.in).next()); System.exit(3); } }""",
}
SLOW = {Language.GO, Language.JAVA}


@pytest.mark.parametrize(
    "language",
    [pytest.param(one, marks=pytest.mark.long if one in SLOW else ()) for one in Language],
)
async def test_a_program_reads_writes_and_ends_with_its_code(
    sandbox: Bubblewrap, language: Language
):
    if sandbox.support()[language].unavailable:
        pytest.skip(f"{language} is not installed")
    ran = await run(sandbox, language, GREETINGS[language], stdin="there")
    assert (ran.stdout, ran.stderr) == ("hi there\n", "")
    assert (ran.outcome, ran.result.exit_code) == (Outcome.EXIT_CODE, 3)
    assert 0 < ran.result.memory_bytes < 300_000_000
    broken = await run(sandbox, language, "this is ( no program")
    expected = {Language.PYTHON: Outcome.EXIT_CODE, Language.JAVASCRIPT: Outcome.EXIT_CODE}
    assert broken.outcome is expected.get(language, Outcome.COMPILATION)
    assert broken.stderr


async def test_a_signal_is_told_by_its_number(sandbox: Bubblewrap):
    ran = await run(sandbox, Language.PYTHON, "import os; os.kill(os.getpid(), 11)")
    assert (ran.outcome, ran.result.exit_code) == (Outcome.EXIT_CODE, 128 + 11)


async def test_output_arrives_before_the_program_ends(sandbox: Bubblewrap):
    before = children()
    arrived = asyncio.Event()
    running = asyncio.create_task(
        run(
            sandbox,
            Language.PYTHON,
            "import time\nprint('now', flush=True)\ntime.sleep(99)",
            wrote=arrived.set,
        )
    )
    await asyncio.wait_for(arrived.wait(), 9)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert children() <= before


async def test_what_is_left_behind_in_one_run_is_not_there_in_the_next(sandbox: Bubblewrap):
    leave = "open('/box/left', 'w').write('x'); open('/dev/shm/left', 'w').write('x')"
    look = "import os; print(os.listdir('/box'), os.listdir('/dev/shm'))"
    assert (await run(sandbox, Language.PYTHON, leave)).outcome is Outcome.COMPLETED
    assert (await run(sandbox, Language.PYTHON, look)).stdout == "['main.py'] []\n"


@pytest.mark.parametrize("missing", ["bwrap", "prlimit", "setpriv", "nice"])
async def test_without_its_tools_nothing_is_run(monkeypatch: pytest.MonkeyPatch, missing: str):
    """Not even without isolation: what can be had is the WebAssembly engine, or nothing."""
    monkeypatch.setattr(bubblewrap, "_COMMANDS", (f"no-{missing}",))
    assert await bubblewrap.why_not() == f"no-{missing} is not installed"
    refused = await find_runner(ExecutionSettings(runner="bubblewrap"))
    assert isinstance(refused, NoRunner)
    assert {one.unavailable for one in refused.support().values()} == {
        f"no-{missing} is not installed"
    }
    program = Program(language=Language.PYTHON, code="x", stdin="", limits=Limits(seconds=1))
    with pytest.raises(RunnerFailed):
        await refused.run(program, lambda _stream, _text: None)
    instead = await find_runner(ExecutionSettings(runner="auto"))
    assert isinstance(instead, WebAssembly)
    assert instead.support()[Language.JAVASCRIPT].unavailable is None
    assert f"no-{missing} is not installed" in str(instead.support()[Language.PYTHON].unavailable)


async def test_switched_off_is_said(monkeypatch: pytest.MonkeyPatch):
    off = await find_runner(ExecutionSettings(runner="none"))
    assert off.support()[Language.GO].unavailable == "running code is switched off"


@pytest.mark.parametrize("machine", sorted(seccomp.machines()))
def test_the_filter_is_a_program_whose_jumps_stay_inside(machine: str):
    text = seccomp.filter_program(machine)
    steps = [struct.unpack("<HBBI", text[at : at + 8]) for at in range(0, len(text), 8)]
    assert len(text) % 8 == 0
    assert len(steps) < 4_096  # BPF_MAXINSNS
    assert all(at + 1 + max(yes, no) < len(steps) for at, (_, yes, no, _) in enumerate(steps[:-1]))
    assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)


async def test_programs_have_the_smallest_share_of_the_processor(sandbox: Bubblewrap):
    """And the server keeps its own: the first processes of a sandbox are still in its session."""
    before = own_share()
    if not before:
        pytest.skip("sessions have no shares here")
    look = (
        "import os, time; time.sleep(0.2); print(os.nice(0), open('/proc/self/autogroup').read())"
    )
    ran = await run(sandbox, Language.PYTHON, look)
    nice, group, *share = ran.stdout.split()
    assert (nice, share) == ("19", ["nice", "19"])
    assert group != before.split()[0]
    assert own_share() == before


def own_share() -> str:
    file = Path("/proc/self/autogroup")
    return file.read_text() if file.exists() else ""


async def test_a_server_without_a_share_of_its_own_measures_as_well(
    sandbox: Bubblewrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What the init of a machine starts without a new session has none: its file is empty."""
    (tmp_path / "autogroup").touch()

    def autogroup(process: int | str) -> Path:
        return tmp_path / "autogroup" if process == "self" else Path(f"/proc/{process}/autogroup")

    monkeypatch.setattr(bubblewrap, "_autogroup", autogroup)
    ran = await run(sandbox, Language.PYTHON, "while True: pass", limits=Limits(seconds=1))
    assert ran.outcome is Outcome.TIMEOUT
    assert ran.result.memory_bytes > 0


async def test_a_program_that_nobody_can_measure_is_ended(
    sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
):
    def fails(_pid: int, _most: int) -> Usage:
        raise ValueError("no such file as expected")

    monkeypatch.setattr(bubblewrap, "usage_of", fails)
    before = children()
    with pytest.raises(RunnerFailed, match="measured"):
        async with asyncio.timeout(5):
            await run(sandbox, Language.PYTHON, "while True: pass")
    assert children() == before


async def test_programs_go_first_when_memory_runs_out(sandbox: Bubblewrap):
    look = (
        "own = '/proc/self/oom_score_adj'\n"
        "print(open(own).read())\n"
        "try: open(own, 'w').write('0')\n"
        "except OSError: print('kept')"
    )
    ran = await run(sandbox, Language.PYTHON, look)
    assert ran.stdout.split() == ["1000", "kept"]
