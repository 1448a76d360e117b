"""Mutated code runs in functions that are loaded already, wherever they are held."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.swapping import LoadedFunctions, NotSwappable

CODE = """
import functools

LIMIT = 1

def plain(a):
    return a > 1

def decorated(function):
    @functools.wraps(function)
    def wrapper(a):
        return function(a), "once"
    return wrapper

@decorated
def wrapped(a):
    return a + 1

class Thing:
    size = 3

    @property
    def half(self):
        return self.size // 2

    async def later(self):
        return [x for x in range(self.size) if x]
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[tuple[Path, ModuleType]]:
    path = tmp_path / "swapped_module.py"
    path.write_text(CODE)
    with imported(path) as module:
        yield path, module


@contextmanager
def imported(path: Path) -> Iterator[ModuleType]:
    spec = spec_from_file_location("swapped_module", path)
    assert spec and spec.loader
    module = sys.modules["swapped_module"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["swapped_module"]


def swap(path: Path, old: str, new: str) -> None:
    assert CODE.count(old) == 1
    LoadedFunctions(path.parent).swap(path, CODE, CODE.replace(old, new))


async def test_functions_methods_and_what_is_inside_them_run_as_mutated(
    loaded: tuple[Path, ModuleType],
):
    path, module = loaded
    taken_before, thing = module.plain, module.Thing()

    swap(path, "a > 1", "a >= 1")
    assert taken_before(1) is True
    assert thing.half == 1
    swap(path, "self.size // 2", "self.size * 2")
    assert thing.half == 6
    swap(path, "range(self.size) if x", "range(self.size) if True")
    assert await thing.later() == [0, 1, 2]


def test_functions_behind_decorators_and_wrappers_made_while_importing_are_reached(
    loaded: tuple[Path, ModuleType],
):
    path, module = loaded

    swap(path, "a + 1", "a + 2")
    assert module.wrapped(1) == (3, "once")
    swap(path, 'function(a), "once"', 'function(a), "twice"')
    assert module.wrapped(1) == (2 + 1, "twice")


def test_functions_imported_through_a_link_are_those_of_the_file_itself(tmp_path: Path):
    path = tmp_path / "real" / "swapped_module.py"
    path.parent.mkdir()
    path.write_text(CODE)
    (tmp_path / "linked").symlink_to("real")

    with imported(tmp_path / "linked" / path.name) as module:
        swap(path, "a > 1", "a >= 1")
        assert module.plain(1) is True


def test_lines_that_move_below_a_deleted_one_change_nothing_else(
    loaded: tuple[Path, ModuleType],
):
    path, module = loaded

    swap(path, "def plain(a):\n    return a > 1", "def plain(a):\n    pass")

    assert module.plain(5) is None
    assert module.wrapped(1) == (2, "once")


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 1", "LIMIT = 2"), ("size = 3", "size = 4"), ("@decorated\n", "")]
)
def test_what_has_run_while_importing_is_refused(
    loaded: tuple[Path, ModuleType], old: str, new: str
):
    with pytest.raises(NotSwappable):
        swap(loaded[0], old, new)


def test_a_closure_that_would_hold_less_is_refused(loaded: tuple[Path, ModuleType]):
    with pytest.raises(NotSwappable):
        swap(loaded[0], 'return function(a), "once"', "pass")
