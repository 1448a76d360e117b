"""Mutation operators for statements."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.mutants.source import Edit, Source, in_parentheses


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement is. ``rebound`` are names whose assignment can be deleted without a
    ``NameError``: parameters, and names assigned more than once."""

    function: str = ""
    is_in_function: bool = False
    is_last: bool = False
    rebound: frozenset[str] = field(default_factory=frozenset)


def statement_edits(source: Source, node: ast.AST, place: Place) -> Iterator[Edit]:
    """Edits of this statement itself, not of its children."""
    edits = _EDITS.get(type(node))
    if edits is not None:
        yield from edits(source, node, place)


def rebound_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    seen, again = set(names), set(names)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            (again if node.id in seen else seen).add(node.id)
    return frozenset(again)


def _condition(source: Source, node: ast.If, place: Place) -> Iterator[Edit]:
    yield source.replace("condition True", node.test, "True")
    yield source.replace("condition False", node.test, "False")


def _while(source: Source, node: ast.While, place: Place) -> Iterator[Edit]:
    yield source.replace("condition False", node.test, "False")


def _expression(source: Source, node: ast.Expr, place: Place) -> Iterator[Edit]:
    if isinstance(node.value, ast.Call | ast.Await):
        yield source.replace("statement deleted", node, "pass")


def _deleted(source: Source, node: ast.stmt, place: Place) -> Iterator[Edit]:
    yield source.replace("statement deleted", node, "pass")


def _raise(source: Source, node: ast.Raise, place: Place) -> Iterator[Edit]:
    if place.is_in_function:
        yield source.replace("statement deleted", node, "pass")


def _assign(source: Source, node: Any, place: Place) -> Iterator[Edit]:
    if not place.is_in_function or place.function.endswith("__init__"):
        return
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if getattr(node, "value", None) is None or len(targets) != 1:
        return
    target = targets[0]
    is_rebound = isinstance(target, ast.Name) and target.id in place.rebound
    if is_rebound or isinstance(target, ast.Attribute | ast.Subscript):
        yield source.replace("statement deleted", node, "pass")


def _return(source: Source, node: ast.Return, place: Place) -> Iterator[Edit]:
    # Nothing can tell None from False where a truth value is asked for.
    is_empty = isinstance(node.value, ast.Constant) and node.value.value in (None, False)
    if node.value is not None and not is_empty:
        yield source.replace("return None", node.value, "None")
    if not place.is_last:
        yield source.replace("return removed", node, "pass")


def _break(source: Source, node: ast.Break, place: Place) -> Iterator[Edit]:
    yield source.replace("break/continue", node, "continue")


def _continue(source: Source, node: ast.Continue, place: Place) -> Iterator[Edit]:
    yield source.replace("break/continue", node, "break")
    yield source.replace("statement deleted", node, "pass")


def _with(source: Source, node: ast.With | ast.AsyncWith, place: Place) -> Iterator[Edit]:
    """A context manager without ``as`` is a lock, a limit or a clean-up: run without it."""
    if all(item.optional_vars is None for item in node.items):
        start, _ = source.span(node)
        last = node.items[-1].context_expr
        _, end = source.span(last)
        colon = source.data.index(b":", end)
        yield Edit("with unwrapped", start, colon, "if True")


def _for(source: Source, node: ast.For, place: Place) -> Iterator[Edit]:
    everything = in_parentheses(node.iter, source.written(node.iter))
    yield source.replace("first round only", node.iter, f"[*{everything}][:1]")


def _handler(source: Source, node: ast.ExceptHandler, place: Place) -> Iterator[Edit]:
    if isinstance(node.body[0], ast.Raise) and node.body[0].exc is None:
        return
    start, _ = source.span(node.body[0])
    _, end = source.span(node.body[-1])
    yield Edit("handler re-raises", start, end, "raise")


_EDITS: dict[type[ast.AST], Callable[[Source, Any, Place], Iterator[Edit]]] = {
    ast.If: _condition,
    ast.While: _while,
    ast.Expr: _expression,
    ast.Delete: _deleted,
    ast.Raise: _raise,
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.AugAssign: _deleted,
    ast.Return: _return,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.For: _for,
    ast.ExceptHandler: _handler,
}
