"""Fast projection of merged data to the client's response: a generated function per selection.

The generated code handles regular data only: every required value is present and of the right
kind. Anything else raises ``Irregular``, and ``complete`` takes over, which locates the nulls and
reports errors. Measured with an 87 kB response of 37 distinct objects: 14 µs, compared to 154 µs
for interpreting the selection.

Merged data shares equal entities. Each (object, selection) pair is projected once, and the result
is shared as well; orjson expands it when serializing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLOutputType,
    get_named_type,
)

from trellis.router.executor.leaves import fast_test
from trellis.router.planner.plan import OutputField, Selection

Project = Callable[[dict[str, Any]], dict[str, Any]]


class Irregular(Exception):
    """The data violates the API schema somewhere."""


def _irregular() -> Any:
    raise Irregular


def _as_id(value: Any) -> str:
    """IDs are serialized as strings; some subgraphs return integers."""
    return str(value) if type(value) is int else _irregular()


def make_project(output: Selection, *, is_shared: bool) -> Project:
    """A function from merged data to the client's data. It raises Irregular for data that needs
    ``complete``. ``is_shared``: objects may occur more than once in the data."""
    source = _Source(is_shared)
    entry = source.selection_function(output)
    namespace: dict[str, Any] = {
        "irregular": _irregular,
        "as_id": _as_id,
        "NUMBERS": (float, int),
        **source.constants,
    }
    exec(compile("\n".join(source.lines), "<projection>", "exec"), namespace)
    function = namespace[entry]
    memo_count = source.memo_count

    def project(data: dict[str, Any]) -> dict[str, Any]:
        try:
            return function(data, [{} for _ in range(memo_count)])
        except (TypeError, AttributeError) as problem:
            # A dict instead of a scalar is unhashable, and a scalar instead of a dict has no get.
            raise Irregular from problem

    return project


class _Source:
    """Collects the generated source. Names in it are numbered, and keys are written as the ``repr``
    of strings, so nothing that a client chose becomes code."""

    def __init__(self, is_shared: bool) -> None:
        self.is_shared = is_shared
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self.memo_count = 0
        self._functions: dict[int, str] = {}
        self._names = 0

    def selection_function(self, selection: Selection) -> str:
        """Write the function of one selection, after those of its parts. Returns its name."""
        known = self._functions.get(id(selection))
        if known is not None:
            return known
        name = self._functions[id(selection)] = self._name("s")
        body = self._selection_body(selection)
        self.lines += [f"def {name}(o, memos):", *(f"    {line}" for line in body)]
        return name

    def _selection_body(self, selection: Selection) -> list[str]:
        body = []
        if self.is_shared:
            memo = f"memos[{self.memo_count}]"
            self.memo_count += 1
            body += [f"memo = {memo}", "r = memo.get(id(o))", "if r is not None: return r"]
        body.append("get = o.get")
        if selection.possible is not None or selection.orders or _has_types(selection.fields):
            body.append("t = get('__typename')")
        if selection.possible is not None:
            body.append(f"if t not in {self._constant(selection.possible)}: irregular()")
        word = "if"
        for order in selection.orders:
            body.append(f"{word} t in {self._constant(order.types)}:")
            body += _indented(self._members(_fields_of(order.types, selection)))
            word = "elif"
        members = self._members(selection.fields)
        body += ["else:", *_indented(members)] if selection.orders else members
        if self.is_shared:
            body.append("memo[id(o)] = r")
        body.append("return r")
        return body

    def _members(self, fields: tuple[OutputField, ...]) -> list[str]:
        return self._conditional(fields) if _has_types(fields) else self._literal(fields, "r")

    def _conditional(self, fields: tuple[OutputField, ...]) -> list[str]:
        """The fields in order; consecutive fields with the same condition share one test."""
        body = ["r = {}"]
        run: list[OutputField] = []
        for position, field in enumerate(fields):
            run.append(field)
            following = fields[position + 1 : position + 2]
            if following and following[0].types == field.types:
                continue
            lines = [*self._literal(tuple(run), "part"), "r.update(part)"]
            if field.types is not None:
                body.append(f"if t in {self._constant(field.types)}:")
                lines = _indented(lines)
            body += lines
            run = []
        return body

    def _literal(self, fields: tuple[OutputField, ...], result: str) -> list[str]:
        """Read and test each field, then build a dict literal, the fastest way to create a dict."""
        body: list[str] = []
        members: list[str] = []
        for position, field in enumerate(fields):
            variable = f"v{position}"
            if field.typename is not None:
                members.append(f"{field.key!r}: {field.typename!r}")
                continue
            if field.denied:
                if isinstance(field.type, GraphQLNonNull):
                    body.append("irregular()")
                members.append(f"{field.key!r}: None")
                continue
            body.append(f"{variable} = get({field.source!r})")
            body += self._value(field, field.type, variable)
            members.append(f"{field.key!r}: {variable}")
        body.append(f"{result} = {{{', '.join(members)}}}")
        return body

    def _value(self, field: OutputField, type_: GraphQLOutputType, variable: str) -> list[str]:
        """Lines that test ``variable`` against its type and replace it by its projected value."""
        is_required = isinstance(type_, GraphQLNonNull)
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            kind, shaped = "list", f"{self._list_function(field, type_.of_type)}({variable}, memos)"
        elif field.selection is not None:
            kind, shaped = "dict", f"{self.selection_function(field.selection)}({variable}, memos)"
        else:
            return self._leaf(get_named_type(type_), variable, is_required)
        otherwise = (
            "else: irregular()" if is_required else f"elif {variable} is not None: irregular()"
        )
        return [f"if type({variable}) is {kind}: {variable} = {shaped}", otherwise]

    def _leaf(self, type_: GraphQLNamedType, variable: str, is_required: bool) -> list[str]:
        if isinstance(type_, GraphQLEnumType):
            test = f"{variable} in {self._constant(frozenset(type_.values))}"
        else:
            test = fast_test(type_, variable)
        if test == "True":
            return [f"if {variable} is None: irregular()"] if is_required else []
        tolerance = "" if is_required else f" and {variable} is not None"
        if type_.name == "ID":
            return [f"if not ({test}){tolerance}: {variable} = as_id({variable})"]
        return [f"if not ({test}){tolerance}: irregular()"]

    def _list_function(self, field: OutputField, item_type: GraphQLOutputType) -> str:
        name = self._name("l")
        lines = self._value(field, item_type, "v")
        self.lines.append(f"def {name}(items, memos):")
        if not lines:
            self.lines.append("    return items")
            return name
        self.lines += [
            "    r = []",
            "    for v in items:",
            *(f"        {line}" for line in lines),
            "        r.append(v)",
            "    return r",
        ]
        return name

    def _constant(self, value: Any) -> str:
        name = self._name("C")
        self.constants[name] = value
        return name

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"


def _fields_of(types: frozenset[str], selection: Selection) -> tuple[OutputField, ...]:
    """The fields of objects of these types, which have the same field order, in that order."""
    return tuple(
        replace(field, types=None) if field.types is not None and types <= field.types else field
        for field in selection.in_order_of(min(types))
        if field.types is None or not types.isdisjoint(field.types)
    )


def _has_types(fields: tuple[OutputField, ...]) -> bool:
    return any(field.types is not None for field in fields)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
