"""From the graph's data to what clients see: one generated Python function per shape.

The data is regular, the executor has seen to that, so the code only moves values. Measured on a
page of 20 records with 10 members and 3 objects each: 32 µs; an interpreter of the shape takes
168 µs.
"""

from collections.abc import Callable, Mapping
from typing import Any

from router.rest.shape import (
    Constant,
    Items,
    Leaf,
    Member,
    Record,
    Shape,
    Unwrapped,
    visible,
    visible_members,
)

Project = Callable[[Any], Any]


def make_projection(shape: Shape) -> Project:
    """The function that makes a client's value of the graph's. It raises KeyError or TypeError for
    data that is not what the shape says."""
    source = _Source()
    expression = source.expression(shape, "value")
    source.lines += ["def project(value):", f"    return {expression}"]
    namespace: dict[str, Any] = dict(source.constants)
    exec(compile("\n".join(source.lines), "<rest projection>", "exec"), namespace)
    return namespace["project"]


class _Words(dict[Any, Any]):
    """Spells the words it knows; others, and null, stay as they are."""

    def __missing__(self, key: Any) -> Any:
        return key


class _Source:
    """Collects the generated text. Names in it are counters only; keys are written as ``repr`` of
    strings."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self._names = 0

    def expression(self, shape: Shape, value: str) -> str:
        """Python that shows the value of the expression ``value``, which it holds once."""
        if isinstance(shape, Constant):
            return self._constant(shape.value)
        if isinstance(shape, Leaf):
            words = shape.spelling
            return f"{self._constant(_Words(words))}[{value}]" if words else value
        if isinstance(shape, Items):
            item = self.expression(shape.item, "item")
            if item == "item":
                return value
            return f"{self._function([f'return [{item} for item in o]'])}({value})"
        if isinstance(shape, Unwrapped):
            inner = self.expression(shape.inner, f"o[{shape.key!r}]")
            return f"{self._function([f'return {inner}'])}({value})"
        return f"{self._record(shape)}({value})"

    def _record(self, record: Record) -> str:
        parts = [self._part(member) for member in record.members]
        if all(member.is_certain and not member.omits_null for member in record.members):
            return self._function([f"return {{{', '.join(parts)}}}"])
        body = ["r = {}"]
        for member, part in zip(record.members, parts, strict=True):
            condition = "" if member.is_certain else f"if {member.key!r} in o: "
            body.append(f"{condition}r.update({{{part}}})")
            if member.omits_null and not member.is_spread:
                body.append(f"if r.get({member.name!r}, r) is None: del r[{member.name!r}]")
        return self._function([*body, "return r"])

    def _part(self, member: Member) -> str:
        shown = self.expression(member.shape, f"o[{member.key!r}]")
        if not member.is_spread:
            return f"{member.name!r}: {shown}"
        record = visible(member.shape)
        assert isinstance(record, Record)
        names = () if member.omits_null else (inner.name for inner in visible_members(record))
        nulls = self._constant(dict.fromkeys(names))
        return f"**({shown} or {nulls})"

    def _function(self, body: list[str]) -> str:
        name = self._name("f")
        lines = ["if o is None: return None", *body]
        self.lines += [f"def {name}(o):", *(f"    {line}" for line in lines)]
        return name

    def _constant(self, value: Any) -> str:
        name = self._name("C")
        self.constants[name] = value
        return name

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"


def value_at(data: Mapping[str, Any] | None, keys: tuple[str, ...]) -> Any:
    """The value that response keys lead to; null as soon as one of them is."""
    value: Any = data
    for key in keys:
        if value is None:
            return None
        value = value[key]
    return value
