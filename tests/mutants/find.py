"""All mutants of a source file."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tests.mutants.expressions import called_name, expression_edits, is_assertion
from tests.mutants.source import Edit, Source
from tests.mutants.statements import Place, rebound_names, statement_edits

_LOGGERS = {"logger", "log", "_log", "_logger", "logging", "warnings"}
_UNREAD_CALLS = {"TypeVar", "NewType", "ParamSpec", "cast", "lru_cache"}
_UNREAD_FIELDS = {"annotation", "returns", "type_comment", "decorator_list"}
_UNREAD_FUNCTIONS = {"__repr__", "__str__"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change. ``before`` and ``after`` are the changed lines; with the function and an
    ``ordinal`` among equal ones they identify it independently of line numbers."""

    file: str
    function: str
    is_in_function: bool
    edit: Edit
    line: int
    last_line: int  # of the statement, or of its header
    first_line: int
    before: str
    after: str
    ordinal: int = 0

    @property
    def id(self) -> str:
        words = (self.file, self.function, squeezed(self.before), squeezed(self.after))
        return hashlib.sha1("|".join((*words, str(self.ordinal))).encode()).hexdigest()[:10]


def squeezed(text: str) -> str:
    """Text with every run of white space made one space."""
    return " ".join(text.split())


def find_mutants(source: Source) -> list[Mutant]:
    """Every mutant of a file, in text order, including edits that do not parse."""
    found: list[Mutant] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    texts: set[tuple[int, str]] = set()
    for edit, place, first, last in _Finder(source).all():
        before, after = source.lines_around(edit)
        line = source.line_of(edit.start)
        if (line, after) in texts:
            continue  # two operators, one result
        texts.add((line, after))
        key = (place.function, squeezed(before), squeezed(after))
        mutant = Mutant(
            *(source.path, place.function, place.is_in_function),
            *(edit, line, last, first, before, after, seen[key]),
        )
        seen[key] += 1
        found.append(mutant)
    return found


def changes_program(source: Source, edit: Edit) -> bool:
    """Whether the edited text parses, to another tree."""
    try:
        tree = ast.parse(source.edited(edit))
    except SyntaxError:
        return False
    return ast.dump(tree) != ast.dump(source.tree)


class _Found(NamedTuple):
    edit: Edit
    place: Place
    first_line: int
    last_line: int


class _Finder:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = (1, 1)

    def all(self) -> Iterator[_Found]:
        yield from self._block(self._source.tree.body, Place())

    def _block(
        self, body: list[Any], place: Place, ends_function: bool = False
    ) -> Iterator[_Found]:
        for statement in body:
            is_last = ends_function and statement is body[-1]
            yield from self._node(statement, replace(place, is_last=is_last), None)

    def _node(self, node: ast.AST, place: Place, parent: ast.AST | None) -> Iterator[_Found]:
        if _is_skipped(node, place, parent):
            return
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            self._lines = _header(node)
            for edit in statement_edits(self._source, node, place):
                yield _Found(edit, place, *self._lines)
        elif not (isinstance(node, ast.Tuple) and not _is_tuple_of_choices(node, place, parent)):
            for edit in expression_edits(self._source, node):
                yield _Found(edit, place, *self._lines)
        yield from self._inside(node, place)

    def _inside(self, node: ast.AST, place: Place) -> Iterator[_Found]:
        inner = place
        if isinstance(node, ast.ClassDef):
            inner = Place(function=_dotted(place, node.name))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            rebound = rebound_names(node)
            inner = Place(_dotted(place, node.name), True, False, rebound)
        for name, value in ast.iter_fields(node):
            if name in _UNREAD_FIELDS:
                continue
            is_body = name in {"body", "orelse", "finalbody"} and isinstance(value, list)
            if is_body:
                yield from self._block(value, inner, _ends_function(node, name, place))
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    lines = self._lines
                    yield from self._node(child, place, node)
                    self._lines = lines


def _ends_function(node: ast.AST, name: str, place: Place) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return True
    return place.is_last and isinstance(node, ast.If | ast.With | ast.AsyncWith)


def _dotted(place: Place, name: str) -> str:
    return f"{place.function}.{name}" if place.function else name


def _header(node: Any) -> tuple[int, int]:
    """First and last line of a statement, of a compound one without its body."""
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        return node.lineno, max(node.lineno, body[0].lineno - 1)
    return node.lineno, node.end_lineno


def _is_skipped(node: ast.AST, place: Place, parent: ast.AST | None) -> bool:
    """Logging, annotations, type aliases, sizes of caches, assertions (a strict ``zip`` is one) and
    ``repr`` are not behaviour worth testing."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name in _UNREAD_FUNCTIONS
    if isinstance(node, ast.JoinedStr | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.keyword):
        return isinstance(parent, ast.Call) and is_assertion(node, parent)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        return "__all__" in names or (not place.is_in_function and _is_type(node.value))
    if isinstance(node, ast.Expr | ast.Await):
        return _is_skipped(node.value, place, node)
    if isinstance(node, ast.Call):
        return called_name(node) in _UNREAD_CALLS or _is_logging(node)
    return False


def _is_logging(call: ast.Call) -> bool:
    function = call.func
    while isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Name) and function.value.id in _LOGGERS:
            return True
        if function.attr in _LOGGERS:
            return True
        function = function.value
    return False


def _is_type(value: ast.expr) -> bool:
    """An alias such as ``Path = tuple[str, ...]`` or ``A | B``."""
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.BitOr) and _is_type(value.left) and _is_type(value.right)
    if isinstance(value, ast.Subscript):
        return not isinstance(value.slice, ast.Slice | ast.Constant | ast.UnaryOp)
    return isinstance(value, ast.Name) or (isinstance(value, ast.Constant) and value.value is None)


def _is_tuple_of_choices(node: ast.Tuple, place: Place, parent: ast.AST | None) -> bool:
    """Whether dropping an element makes sense; a tuple that is unpacked would only break."""
    if isinstance(parent, ast.Compare | ast.ExceptHandler):
        return True
    if isinstance(parent, ast.Call):
        return called_name(parent) in {"isinstance", "frozenset", "set", "tuple", "startswith"}
    return isinstance(parent, ast.Assign | ast.AnnAssign) and not place.is_in_function
