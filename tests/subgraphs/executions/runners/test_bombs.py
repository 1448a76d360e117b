"""Programs that want everything end by the limit that they exceed, and leave nothing behind."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.subgraphs.executions.runners.running import children, run
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.bubblewrap import Bubblewrap
from trellis.subgraphs.executions.runners.runner import MIB, Limits

BOMBS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("bombs.toml").read_text("utf-8")
)


def test_the_list_is_long():
    assert len(BOMBS) >= 20


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if bomb.get("quick") else pytest.mark.long)
        for name, bomb in BOMBS.items()
    ],
)
async def test_a_bomb_ends_by_its_limit_and_nothing_is_left(sandbox: Bubblewrap, name: str):
    bomb = BOMBS[name]
    language = Language(bomb["language"])
    # On a busy machine those that the clock does not end need longer to get to their limit.
    seconds = bomb.get("seconds", 2 if bomb["outcome"] == "timeout" else 10)
    if sandbox.support()[language].unavailable:
        pytest.skip(f"{language} is not installed")
    before, began = children(), time.monotonic()
    ran = await run(sandbox, language, bomb["code"], limits=Limits(seconds=seconds))
    assert ran.outcome == bomb["outcome"], ran
    assert ran.result.seconds < seconds + 5  # the clock is read late where processors are busy
    assert time.monotonic() - began < seconds + 35
    assert len(ran.stdout) + len(ran.stderr) <= MIB
    assert children() <= before
