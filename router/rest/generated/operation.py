"""Generates the text of an operation, formatted for a file."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import GraphQLObjectType, get_named_type, get_nullable_type

from trellis.router.rest.generated.fields import RestField
from trellis.router.rest.generated.selection import Selected, Selector, is_connection
from trellis.router.rest.generated.variables import Arguments, Variable, read_arguments

_WIDTH = 100
_NOT_IN_COMMENTS = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f\u2028\u2029]")


def write_operation(field: RestField, name: str, selector: Selector) -> str:
    """The document of a field's route: one operation called ``name``, with its comment.

    Raises ConfigError that names the field for arguments that no request could fill.
    """
    named = get_named_type(field.field.type)
    is_paged = is_connection(named) and _can_page(field) and _is_one(field)
    arguments = read_arguments(field, is_paged=is_paged)
    root, selection = _selection(field, selector)
    head = [f"{field.kind} {name}", *_variables(arguments)]
    page = " @page" if is_paged else ""
    width = _WIDTH - len(f"  {field.name}{page} {{")
    call = f"{field.name}{_called_with(arguments, 2, width)}{page}"
    lines = _opened(_joined(head), f"@rest({_rest(field, root)})")
    lines += [*_node(call, selection, 2), "}"]
    return "\n".join([*_comment(field), *lines, ""])


def _selection(field: RestField, selector: Selector) -> tuple[str | None, tuple[Selected, ...]]:
    """What is selected, and where in it the data is: of a mutation's payload with one member, in
    that."""
    named = get_named_type(field.field.type)
    if is_connection(named):
        return field.root, selector.page(named)
    is_payload = isinstance(named, GraphQLObjectType) and not selector.is_keyed(named)
    if field.kind != "mutation" or not is_payload:
        return field.root, selector.resource(named)
    chosen = selector.payload(named)
    if field.root is None and _is_one(field) and len(chosen) == 1 and chosen[0].children:
        return f"{field.name}.{chosen[0].name}", chosen
    return field.root, chosen


def _can_page(field: RestField) -> bool:
    arguments = field.field.args
    first, after = arguments.get("first"), arguments.get("after")
    if first is None or after is None:
        return False
    return str(get_nullable_type(first.type)) == "Int" and str(get_nullable_type(after.type)) in (
        "String",
        "ID",
    )


def _is_one(field: RestField) -> bool:
    """Whether it gives one object, not a list of them."""
    return get_nullable_type(field.field.type) is get_named_type(field.field.type)


# -- text ----------------------------------------------------------------------------------------


def _comment(field: RestField) -> Iterator[str]:
    """The field's description above the operation; a route's summary is its first line."""
    for line in (field.field.description or "").strip().splitlines():
        yield f"# {_NOT_IN_COMMENTS.sub(' ', line).strip()}".rstrip()


def _variables(arguments: Arguments) -> list[str]:
    return [
        str(variable)
        for given in arguments.values()
        for variable in ([given] if isinstance(given, Variable) else given.values())
    ]


def _joined(head: Sequence[str]) -> list[str]:
    """The operation's first line, or one line for each variable."""
    start, *variables = head
    if not variables:
        return [start]
    line = f"{start}({', '.join(variables)})"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{start}(", *(f"  {variable}" for variable in variables), ")"]


def _opened(lines: list[str], directive: str) -> list[str]:
    """The lines up to the brace that opens the operation."""
    if len(lines) == 1 and len(lines[0]) + len(directive) + 3 <= _WIDTH:
        return [f"{lines[0]} {directive} {{"]
    return [*lines, f"{directive} {{"]


def _rest(field: RestField, root: str | None) -> str:
    given: dict[str, Any] = {"path": field.path}
    given |= {"status": field.status} if field.status != 200 else {}
    given |= {"root": root} if root else {}
    given |= {"location": field.location} if field.location else {}
    given |= {"tags": list(field.tags)} if field.tags else {}
    others = (f"{name}: {json.dumps(value)}" for name, value in given.items())
    return ", ".join([f"method: {field.method}", *others])


def _called_with(arguments: Arguments, indent: int, width: int) -> str:
    if not arguments:
        return ""
    parts = [_argument(name, given) for name, given in arguments.items()]
    line = f"({', '.join(parts)})"
    if len(line) <= width:
        return line
    space = " " * (indent + 2)
    return "(\n" + "".join(f"{space}{part}\n" for part in parts) + " " * indent + ")"


def _argument(name: str, given: Any) -> str:
    if isinstance(given, Variable):
        return f"{name}: ${given.name}"
    members = [f"{member}: ${variable.name}" for member, variable in given.items()]
    line = f"{name}: {{ {', '.join(members)} }}" if members else f"{name}: {{}}"
    if len(line) <= _WIDTH - 4:
        return line
    return f"{name}: {{\n" + "".join(f"      {member}\n" for member in members) + "    }"


def _node(head: str, children: Iterable[Selected], indent: int) -> Iterator[str]:
    """A field with its selection: in one line if it fits, else a line for each child."""
    space, children = " " * indent, tuple(children)
    if not children:
        yield space + head
        return
    line = f"{space}{head} {_inline(children)}"
    is_simple = not any(child.children for child in children)
    if len(line) <= _WIDTH and "\n" not in head and is_simple:
        yield line
        return
    yield f"{space}{head} {{"
    for child in children:
        yield from _node(_head(child), child.children, indent + 2)
    yield f"{space}}}"


def _inline(children: Iterable[Selected]) -> str:
    return "{ " + " ".join(_head(child) for child in children) + " }"


def _head(selected: Selected) -> str:
    return f"{selected.alias}: {selected.name}" if selected.alias else selected.name
