"""Mutation operators for expressions."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from tests.mutants.source import Edit, Source

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
SWAPPED_CALLS = {
    **{"min": "max", "max": "min", "any": "all", "all": "any"},
    **{"sorted": "list", "reversed": "list"},
    **{"and_": "or_", "or_": "and_", "is_": "is_not", "is_not": "is_", "in_": "not_in"},
    **{"asc": "desc", "desc": "asc", "union": "intersection", "intersection": "union"},
    **{"startswith": "endswith", "endswith": "startswith", "append": "extend"},
}
DROPPED_METHODS = {
    *("order_by", "where", "with_for_update", "limit", "distinct", "group_by", "having"),
    *("correlate", "strip", "lower", "upper", "casefold", "removeprefix", "removesuffix", "copy"),
}
VARIADIC_CALLS = {
    *("and_", "or_", "where", "order_by", "group_by", "correlate", "union", "min", "max"),
    *("gather", "chain", "isdisjoint", "tuple_", "values"),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def called_name(call: ast.Call) -> str:
    """The last part of what is called: ``where`` of ``select(Issue).where(...)``."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_assertion(argument: ast.keyword, call: ast.Call) -> bool:
    """A ``zip`` is strict where its arguments are of one length anyway."""
    return (called_name(call), argument.arg) == ("zip", "strict")


def expression_edits(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Edits of this node itself, not of its children."""
    edits = _EDITS.get(type(node))
    if edits is not None:
        yield from edits(source, node)


def _compare(source: Source, node: ast.Compare) -> Iterator[Edit]:
    for index, operator in enumerate(node.ops):
        new = [*node.ops]
        new[index] = COMPARISONS[type(operator)]()
        flipped = ast.Compare(node.left, new, node.comparators)
        yield source.replace("comparison", node, flipped)


def _boolean(source: Source, node: ast.BoolOp) -> Iterator[Edit]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield source.replace("and/or", node, ast.BoolOp(other, node.values))
    for index in range(len(node.values)):
        left = [value for at, value in enumerate(node.values) if at != index]
        rest = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        yield source.replace("operand dropped", node, rest)


def _unary(source: Source, node: ast.UnaryOp) -> Iterator[Edit]:
    if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield source.keep("not removed", node, node.operand)


def _binary(source: Source, node: ast.BinOp) -> Iterator[Edit]:
    other = ARITHMETIC.get(type(node.op))
    is_text = any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )
    if other is not None and not is_text:
        yield source.replace("operator", node, ast.BinOp(node.left, other(), node.right))
    if not is_text:
        yield source.keep("operand dropped", node, node.left)


def _constant(source: Source, node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield source.replace("constant", node, str(not value))
    elif isinstance(value, int | float):
        yield source.replace("constant", node, str(value + 1))
        if value >= 1:
            yield source.replace("constant", node, str(value - 1))


def _conditional(source: Source, node: ast.IfExp) -> Iterator[Edit]:
    yield source.keep("condition True", node, node.body)
    yield source.keep("condition False", node, node.orelse)


def _comprehension(source: Source, node: Any) -> Iterator[Edit]:
    """Drop a filter."""
    for generator in node.generators:
        for condition in generator.ifs:
            yield source.replace("filter dropped", condition, "True")


def _subscript(source: Source, node: ast.Subscript) -> Iterator[Edit]:
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        yield source.keep("slice dropped", node, node.value)


def _call(source: Source, node: ast.Call) -> Iterator[Edit]:
    name = called_name(node)
    other = SWAPPED_CALLS.get(name)
    if other is not None:
        _, end = source.span(node.func)
        yield Edit("call swapped", end - len(name), end, other)
    if name in DROPPED_METHODS and isinstance(node.func, ast.Attribute):
        yield source.keep("call dropped", node, node.func.value)
    yield from _arguments(source, node, name)


def _arguments(source: Source, node: ast.Call, name: str) -> Iterator[Edit]:
    arguments = sorted([*node.args, *node.keywords], key=source.span)
    spans = [source.span(argument) for argument in arguments]
    for index, argument in enumerate(arguments):
        whole = Edit("argument dropped", *spans[index], "")
        if isinstance(argument, ast.keyword):
            if is_assertion(argument, node):
                continue
            edit = source.drop("argument dropped", spans, index, whole)
        elif name in VARIADIC_CALLS:
            edit = source.drop("argument dropped", spans, index)
        else:
            continue
        if edit is not None:
            yield edit


def _elements(source: Source, node: Any) -> Iterator[Edit]:
    if isinstance(node, ast.List | ast.Tuple) and not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        for other in reversed(node.elts):
            yield source.replace("element dropped", node, f"({source.written(other)},)")
        return
    spans = [source.span(element) for element in node.elts]
    empty = {ast.List: "[]", ast.Set: "set()", ast.Tuple: "()"}[type(node)]
    whole = source.replace("element dropped", node, empty)
    for index in range(len(spans)):
        edit = source.drop("element dropped", spans, index, whole)
        if edit is not None:
            yield edit


def _entries(source: Source, node: ast.Dict) -> Iterator[Edit]:
    spans = []
    for key, value in zip(node.keys, node.values, strict=True):
        start, end = source.span(value)
        spans.append((start - 2 if key is None else source.span(key)[0], end))
    whole = source.replace("element dropped", node, "{}")
    for index in range(len(spans)):
        edit = source.drop("element dropped", spans, index, whole)
        if edit is not None:
            yield edit


_EDITS: dict[type[ast.AST], Callable[[Source, Any], Iterator[Edit]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Constant: _constant,
    ast.IfExp: _conditional,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.List: _elements,
    ast.Set: _elements,
    ast.Tuple: _elements,
    ast.Dict: _entries,
}
