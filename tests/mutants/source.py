"""A source file as bytes and syntax tree, and edits of it by position."""

import ast
from collections.abc import Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace the bytes ``start:end`` by ``new``; ``operator`` says what kind of fault that is."""

    operator: str
    start: int
    end: int
    new: str


class Source:
    """One Python file. Raises ``SyntaxError`` for text that does not parse."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.data = text.encode()
        self.tree = ast.parse(text)
        self._line_starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.excepthandler) -> tuple[int, int]:
        """Byte offsets of a node, without parentheses around it."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._line_starts[node.lineno - 1] + node.col_offset,
            self._line_starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def written(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.data[start:end].decode()

    def line_of(self, offset: int) -> int:
        """The number of the line, from 1, that holds a byte."""
        return self.data.count(b"\n", 0, offset) + 1

    def edited(self, edit: Edit) -> str:
        """The whole text after an edit."""
        return (self.data[: edit.start] + edit.new.encode() + self.data[edit.end :]).decode()

    def lines_around(self, edit: Edit) -> tuple[str, str]:
        """The lines that an edit touches, before and after it."""
        start = self.data.rfind(b"\n", 0, edit.start) + 1
        end = self.data.find(b"\n", edit.end)
        end = len(self.data) if end < 0 else end
        before = self.data[start:end].decode()
        after = self.data[start : edit.start] + edit.new.encode() + self.data[edit.end : end]
        return before, after.decode()

    def replace(self, operator: str, node: ast.expr | ast.stmt, new: ast.expr | str) -> Edit:
        """Put an expression or a text where ``node`` is."""
        start, end = self.span(node)
        return Edit(operator, start, end, new if isinstance(new, str) else self._unparsed(new))

    def keep(self, operator: str, node: ast.expr, part: ast.expr) -> Edit:
        """Put a part of ``node``, as it is written, where ``node`` is."""
        return self.replace(operator, node, in_parentheses(part, self.written(part)))

    def drop(
        self, operator: str, parts: Sequence[tuple[int, int]], index: int, whole: Edit | None = None
    ) -> Edit | None:
        """Take one of several comma-separated parts away; the only one is replaced by ``whole``."""
        start, end = parts[index]
        if index + 1 < len(parts):
            return Edit(operator, start, parts[index + 1][0], "")
        if index:
            return Edit(operator, parts[index - 1][1], end, "")
        return whole

    def _unparsed(self, node: ast.expr) -> str:
        return in_parentheses(node, ast.unparse(node))


_ATOMS = (ast.Name, ast.Call, ast.Constant, ast.Attribute, ast.Subscript, ast.List, ast.Dict)


def in_parentheses(node: ast.expr, written: str) -> str:
    """What is written at another place must bind as tightly there, and may span lines."""
    return written if isinstance(node, _ATOMS) else f"({written})"
