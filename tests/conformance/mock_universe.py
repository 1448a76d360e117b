"""Loads the plan cases' mock universe, which was written for graphql-core 3.2.

Since 3.3 syntax trees are frozen and absent lists are None; the universe changes nodes in place and
expects empty tuples. It is given trees of such nodes, and node classes to match.
"""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from graphql import DocumentNode, Node, parse
from graphql.language import ast

_LISTS = frozenset(
    {
        "arguments",
        "directives",
        "fields",
        "interfaces",
        "operation_types",
        "types",
        "values",
        "variable_definitions",
    }
)


def _mutable(cls: type[Node]) -> type[Node]:
    return type(cls.__name__, (cls,), {"__setattr__": object.__setattr__})


_CLASSES: dict[type[Node], type[Node]] = {
    cls: _mutable(cls)
    for cls in vars(ast).values()
    if isinstance(cls, type) and issubclass(cls, Node)
}


@cache
def mock_universe(folder: Path) -> ModuleType:
    """The module ``mock_universe`` in ``folder``."""
    spec = importlib.util.spec_from_file_location("mock_universe", folder / "mock_universe.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their module up
    spec.loader.exec_module(module)
    module.__dict__["parse"] = _parse
    module.__dict__["A"] = SimpleNamespace(**{c.__name__: m for c, m in _CLASSES.items()})
    return module


def _parse(text: str, **_: Any) -> DocumentNode:
    document = _convert(parse(text, no_location=True))
    assert isinstance(document, DocumentNode)
    return document


def _convert(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_convert(item) for item in value)
    if not isinstance(value, Node):
        return value
    members: dict[str, Any] = {}
    for key in value.keys:
        member = getattr(value, key, None)
        if member is None and key in _LISTS:
            member = ()
        members[key] = _convert(member)
    return _CLASSES[type(value)](**members)
