"""A GraphQL lexer made of one regular expression.

Parsing SDL takes most of the time of a composition; this is several times faster than
graphql-core's lexer (``make bench`` compares), which still produces the error messages.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from graphql import GraphQLError, parse_value
from graphql.language.block_string import dedent_block_string_lines

# Spec 2.1: ignored characters, then one token. The most frequent alternatives come first.
_TOKEN = re.compile(
    r"""
    (?: [ \t\n\r,\ufeff]+ | \#[^\n\r]* )*
    (?P<token>
        [_A-Za-z][_0-9A-Za-z]*
      | [!$&()\[\]{}:=|@] | \.\.\.
      | \"\"\" (?: \\\"\"\" | (?!\"\"\") [\s\S] )* \"\"\"
      | \" (?!\"\") (?: [^"\\\n\r] | \\. )* \"
      | -? (?: 0 | [1-9][0-9]* ) (?: \.[0-9]+ )? (?: [eE][+-]?[0-9]+ )? (?! [.0-9_A-Za-z] )
      | \Z
    )
    """,
    re.VERBOSE,
)
_NEW_LINE = re.compile(r"\r\n|\n|\r")


class Unreadable(Exception):
    """The text is not the expected GraphQL at this offset."""

    def __init__(self, offset: int, reason: str = "this is not a type system definition") -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tokens:
    """All tokens of a text with their offsets; the last one is empty and marks the end."""

    text: str
    values: list[str]
    offsets: list[int]
    line_starts: list[int]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, counted from one."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1


def tokenize(text: str) -> Tokens:
    """Split a document into tokens. Raises ``Unreadable`` where no token can start."""
    values: list[str] = []
    offsets: list[int] = []
    match = _TOKEN.match
    found = match(text, 0)
    end = 0
    while found is not None:
        value = found[1]
        values.append(value)
        end = found.end()
        offsets.append(end - len(value))
        if not value:
            break
        found = match(text, end)
    if found is None:
        raise Unreadable(end)
    line_starts = [0, *(new_line.end() for new_line in _NEW_LINE.finditer(text))]
    return Tokens(text, values, offsets, line_starts)


def string_of(token: str, offset: int) -> str:
    """The value of a string or block string token (spec 2.9.4)."""
    if token.startswith('"""'):
        lines = _NEW_LINE.split(token[3:-3].replace('\\"""', '"""'))
        return "\n".join(dedent_block_string_lines(lines))
    if "\\" not in token:
        return token[1:-1]
    try:
        return parse_value(token, no_location=True).value  # type: ignore[attr-defined]
    except GraphQLError:
        raise Unreadable(offset) from None
