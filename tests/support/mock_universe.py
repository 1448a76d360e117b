"""Loads the mock universe that lies beside the shared plan cases.

It was written for graphql-core 3.2, whose AST nodes can be changed and have empty tuples where 3.3
has None. Its ``parse`` puts the tuples back, and nodes can be assigned to while it builds a schema.
"""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from graphql import DocumentNode, Node, parse
from graphql.language import ast, visitor

LISTS = {
    *("directives", "arguments", "fields", "interfaces", "types", "values"),
    *("operation_types", "variable_definitions"),
}


class _FillLists(visitor.Visitor):
    def enter(self, node: Node, *_: Any) -> None:
        for name in node.keys:
            if name in LISTS and getattr(node, name) is None:
                object.__setattr__(node, name, ())


def _parse(source: str, **options: Any) -> DocumentNode:
    document = parse(source, **options)
    visitor.visit(document, _FillLists())
    return document


@contextmanager
def _assignable_nodes() -> Iterator[None]:
    classes = [c for c in vars(ast).values() if isinstance(c, type) and issubclass(c, Node)]
    frozen = {c: c.__dict__["__setattr__"] for c in classes if "__setattr__" in c.__dict__}
    for node_class in frozen:
        node_class.__setattr__ = object.__setattr__  # type: ignore[method-assign]
    try:
        yield
    finally:
        for node_class, method in frozen.items():
            node_class.__setattr__ = method  # type: ignore[method-assign]


@cache
def load_mock_universe(folder: Path) -> ModuleType:
    """The module ``mock_universe`` of the folder with the plan cases."""
    spec = importlib.util.spec_from_file_location("mock_universe", folder / "mock_universe.py")
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules["mock_universe"] = module
    spec.loader.exec_module(module)
    module.parse = _parse
    build = module.SubgraphInfo._schema

    @wraps(build)
    def build_with_assignable_nodes(*args: Any) -> Any:
        with _assignable_nodes():
            return build(*args)

    module.SubgraphInfo._schema = build_with_assignable_nodes
    return module
