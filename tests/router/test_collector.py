"""The collector is paused where much is made that stays, and then does not look at that at once."""

import subprocess
import sys

import pytest

from tests.support.shared import ROOT

# In a process of its own: this one has frozen what earlier tests have made.
_PAUSE = """
import gc, weakref
from trellis.router.collector import collector_paused

class Lost: pass

with collector_paused(makes_what_stays={stays}):
    assert not gc.isenabled()
    kept = [[number] for number in range(100_000)]
    lost = Lost()
    lost.itself = lost
    seen = weakref.ref(lost)
    del lost
assert gc.isenabled()
more = [[number] for number in range(2_000)]  # enough for a look at what is new
assert gc.get_freeze_count() == 0
print(seen() is not None)
gc.collect()
assert seen() is None
"""


@pytest.mark.parametrize("stays", [True, False])
def test_only_a_whole_look_finds_what_was_lost_among_what_stays(stays: bool) -> None:
    command = [sys.executable, "-c", _PAUSE.format(stays=stays)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True, timeout=60)
    # Otherwise the first look at new objects has found it already.
    assert done.stdout.strip() == str(stays)
