"""Puts mutated code into functions that are already imported.

Importing the product and its tests takes seconds, forking a process that has done so takes
milliseconds. This is sound for code inside functions; what has run during import needs a fresh
import.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from inspect import CO_OPTIMIZED
from os.path import realpath
from pathlib import Path
from types import CodeType, FunctionType


class NotSwappable(Exception):
    """The mutated code has run already, or a closure would need other free variables."""


class LoadedFunctions:
    """All functions of the process, by file, whatever link it was imported through. Create it
    before ``gc.freeze``, which hides them."""

    def __init__(self, folder: Path) -> None:
        self._by_file: dict[str, dict[CodeType, list[FunctionType]]] = defaultdict(dict)
        for found in gc.get_objects():
            if not isinstance(found, FunctionType):
                continue
            file = _resolved(found.__code__.co_filename)
            if file.startswith(str(folder)):
                self._by_file[file].setdefault(found.__code__, []).append(found)

    def swap(self, path: Path, before: str, after: str) -> None:
        """Replace the code compiled from the text ``before`` by that of the text ``after``.

        Raises ``NotSwappable``, possibly after some replacements: discard the process then.
        """
        old = compile(before, str(path), "exec", dont_inherit=True)
        new = compile(after, str(path), "exec", dont_inherit=True)
        by_code = self._by_file.get(str(path), {})
        swapped = 0
        for was, becomes in _changed_functions(old, new):
            for function in by_code.get(was, ()):
                try:
                    function.__code__ = becomes
                except ValueError as closure:
                    raise NotSwappable(str(closure)) from closure
                swapped += 1
        if not swapped:
            raise NotSwappable("no such function is loaded")


def _changed_functions(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Functions whose code differs, and those nested in them, which may exist as closures."""
    inner_old, inner_new = _inner_codes(old), _inner_codes(new)
    if _own_part(old) != _own_part(new):
        if not old.co_flags & CO_OPTIMIZED:
            raise NotSwappable(f"{old.co_qualname} runs while importing")
        yield old, new
    elif inner_old == inner_new:
        return
    elif old.co_flags & CO_OPTIMIZED:
        yield old, new
    for was, becomes in zip(inner_old, inner_new, strict=False):
        if was.co_name == becomes.co_name:
            yield from _changed_functions(was, becomes)


@cache
def _resolved(file: str) -> str:
    return realpath(file)


def _inner_codes(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _own_part(code: CodeType) -> tuple[object, ...]:
    """A code object without nested ones and line numbers; the latter shift below a deletion."""
    consts = [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    arguments = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return (code.co_name, code.co_code, code.co_exceptiontable, *consts, *names, *arguments)
