"""Where a schema coordinate is defined in Python, for subgraphs that are Strawberry schemas."""

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from strawberry import Schema


def python_sources(schema: Schema, coordinate: str) -> list[str]:
    """``file:line coordinate`` of each class, resolver or attribute that defines a coordinate.

    ``coordinate`` is ``Type``, ``Type.field``, ``Type.field(argument:)`` or ``Enum.VALUE`` in
    GraphQL names. Files are relative to the working directory where possible. The result is empty
    when the schema does not have the coordinate or its source cannot be found.
    """
    type_name, _, member = coordinate.partition("(")[0].partition(".")
    concrete = schema.schema_converter.type_map.get(type_name.removeprefix("@"))
    definition = getattr(concrete, "definition", None)
    if definition is None:
        return []
    lines = _member_lines(schema, definition, member) if member else _class_lines(definition)
    return [f"{_shown(file)}:{line} {coordinate}" for file, line in dict.fromkeys(lines)]


Line = tuple[str, int]


def _class_lines(definition: Any) -> Iterable[Line]:
    cls = getattr(definition, "origin", None) or getattr(definition, "wrapped_cls", None)
    line = _class_line(cls) if isinstance(cls, type) else None
    return [line] if line else []


def _member_lines(schema: Schema, definition: Any, member: str) -> Iterable[Line]:
    """The resolver where there is one, otherwise the attribute in the class, else the class."""
    name_of = schema.config.name_converter.get_graphql_name
    for field in getattr(definition, "fields", ()):
        if name_of(field) != member:
            continue
        resolver = getattr(field, "base_resolver", None)
        function = getattr(resolver, "wrapped_func", None)
        if function is not None:
            return [_function_line(function)]
        cls = getattr(field, "origin", None) or definition.origin
        return [found] if (found := _attribute_line(cls, field.python_name)) else []
    for value in getattr(definition, "values", ()):
        if value.name == member:
            found = _attribute_line(definition.wrapped_cls, member)
            return [found] if found else []
    return _class_lines(definition)


def _function_line(function: Any) -> Line:
    code = inspect.unwrap(function).__code__
    return code.co_filename, code.co_firstlineno


def _class_line(cls: type) -> Line | None:
    tree = _tree_of(cls)
    node = _class_node(tree, cls.__qualname__) if tree else None
    return (_file_of(cls), node.lineno) if node else None


def _attribute_line(cls: type, name: str) -> Line | None:
    """A field may be inherited: look through the bases, nearest first."""
    for owner in cls.__mro__:
        tree = _tree_of(owner)
        node = _class_node(tree, owner.__qualname__) if tree else None
        for statement in node.body if node else ():
            targets: list[ast.expr] = []
            if isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            elif isinstance(statement, ast.Assign):
                targets = statement.targets
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return _file_of(owner), statement.lineno
    return _class_line(cls)


def _class_node(tree: ast.Module, qualname: str) -> ast.ClassDef | None:
    """The class statement, also within functions (``<locals>`` in the qualified name)."""
    body: list[ast.AST] = [tree]
    for part in (name for name in qualname.split(".") if name != "<locals>"):
        named = [
            node
            for parent in body
            for node in ast.walk(parent)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name == part
        ]
        if not named:
            return None
        body = [*named]
    found = body[-1]
    return found if isinstance(found, ast.ClassDef) else None


def _file_of(cls: type) -> str:
    return getattr(sys.modules.get(cls.__module__), "__file__", None) or ""


def _tree_of(cls: type) -> ast.Module | None:
    file = _file_of(cls)
    return _parse(file) if file else None


@lru_cache(maxsize=64)
def _parse(file: str) -> ast.Module | None:
    try:
        return ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def _shown(file: str) -> str:
    try:
        # Symbolic links are resolved: show the file in the folder where it is edited.
        return str(Path(file).resolve().relative_to(Path.cwd()))
    except ValueError:
        return file
