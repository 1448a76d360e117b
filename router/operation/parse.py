"""From text to a document: sizes first, then the grammar, then which operation is meant."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import OperationLimits, refuse
from trellis.router.operation.model import OperationKind
from trellis.router.operation.normalize import condition_variables


@dataclass(frozen=True, slots=True, eq=False)
class ParsedOperation:
    """One operation of a document and the fragments it may spread.

    ``conditions`` are the variables that ``@skip`` and ``@include`` ask. ``number`` is no other
    operation's: caches that outlive the document know it by that.
    """

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    number: int = field(default_factory=itertools.count().__next__)

    @property
    def kind(self) -> OperationKind:
        return self.operation.operation.value


@dataclass(frozen=True, slots=True, eq=False)
class ParsedDocument:
    """A document and its operations by name (None: the anonymous one)."""

    document: DocumentNode
    operations: Mapping[str | None, ParsedOperation]


DOCUMENT_BYTES = 32_000_000
"""How much a cache of parsed documents keeps, in bytes: thousands of usual size."""


def weight_of_document(text: str) -> int:
    """About how many bytes a document takes when it is parsed (measured with tracemalloc)."""
    return 1_000 + 40 * len(text)


def parse_document(text: str, limits: OperationLimits) -> ParsedDocument:
    """Parse ``text``. Raises OperationRefused with GRAPHQL_PARSE_FAILED, DOCUMENT_TOO_LARGE or
    PARSER_LIMIT; nothing that grows with the document is built before its size is known."""
    if len(text) > limits.document_characters:
        raise refuse(
            "DOCUMENT_TOO_LARGE",
            f"The document has more than {limits.document_characters} characters.",
        )
    _check_nesting(text, limits.nesting)
    try:
        # Without locations the tree takes half the memory; ``validate`` finds them when needed.
        document = parse(
            text, no_location=True, max_tokens=limits.tokens, allow_empty_selection_sets=False
        )
    except GraphQLSyntaxError as error:
        if "tokens. Parsing aborted" in error.message:
            raise refuse(
                "PARSER_LIMIT", f"The document has more than {limits.tokens} tokens."
            ) from None
        raise _syntax_error(error) from None
    except RecursionError:
        raise refuse("PARSER_LIMIT", "The document is nested too deep.") from None
    return _with_operations(document)


def choose_operation(parsed: ParsedDocument, name: str | None) -> ParsedOperation:
    """The operation to execute ("GetOperation" of the specification). Raises OperationRefused."""
    if name is not None:
        chosen = parsed.operations.get(name)
        if chosen is None:
            raise refuse("OPERATION_RESOLUTION_FAILURE", f"The document has no operation {name!r}.")
        return chosen
    if len(parsed.operations) == 1:
        return next(iter(parsed.operations.values()))
    if not parsed.operations:
        raise refuse("OPERATION_RESOLUTION_FAILURE", "The document has no operation.")
    raise refuse(
        "OPERATION_RESOLUTION_FAILURE",
        "The document has several operations: say which one with 'operationName'.",
    )


def _with_operations(document: DocumentNode) -> ParsedDocument:
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    operations: dict[str | None, ParsedOperation] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            conditions = tuple(sorted(condition_variables(node, fragments)))
            name = node.name.value if node.name else None
            operations[name] = ParsedOperation(node, fragments, conditions)
    return ParsedDocument(document, operations)


def _syntax_error(error: GraphQLError) -> OperationRefused:
    formatted = dict(error.formatted)
    formatted["extensions"] = {"code": "GRAPHQL_PARSE_FAILED"}
    return OperationRefused([formatted])


# Strings and comments may hold any bracket; the alternatives never overlap, so one pass suffices.
_BRACKETS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n\r]*|[{(\[]|[})\]]', re.DOTALL
)


def _check_nesting(text: str, most: int) -> None:
    """Refuse deep nesting before the parser, which recurses, sees it."""
    if text.count("{") + text.count("[") + text.count("(") <= most:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        found = match.group()
        if found in "{([":
            depth += 1
            if depth > most:
                raise refuse("PARSER_LIMIT", f"The document is nested deeper than {most} levels.")
        elif found in "})]":
            depth -= 1
