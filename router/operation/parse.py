"""Parses documents: checks sizes, then the grammar, then selects the operation."""

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

    ``conditions`` are the variables used by ``@skip`` and ``@include``. ``number`` is unique in the
    process, so that caches which outlive the document can use it as a key.
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
"""The size of a cache of parsed documents: thousands of ordinary ones."""


def weight_of_document(text: str) -> int:
    """The approximate size of a parsed document in bytes (measured with tracemalloc)."""
    return 1_000 + 40 * len(text)


def parse_document(text: str, limits: OperationLimits) -> ParsedDocument:
    """Parse ``text``. Raises OperationRefused with GRAPHQL_PARSE_FAILED, DOCUMENT_TOO_LARGE or
    PARSER_LIMIT. Sizes are checked first, so that a huge document costs nothing."""
    if len(text) > limits.document_characters:
        raise refuse(
            "DOCUMENT_TOO_LARGE",
            f"The document has more than {limits.document_characters} characters.",
        )
    _check_nesting(text, limits.nesting)
    try:
        # Without locations the tree takes half the memory. For errors, ``validate`` parses again.
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
        raise refuse("PARSER_LIMIT", "The document is nested too deeply.") from None
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
        "The document has several operations: select one with 'operationName'.",
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


# Brackets in strings and comments do not count. The alternatives never overlap, so the expression
# does not backtrack.
_BRACKETS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#[^\n\r]*|[{(\[]|[})\]]', re.DOTALL
)


def _check_nesting(text: str, most: int) -> None:
    """Refuse deep nesting before parsing, because the parser is recursive."""
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
