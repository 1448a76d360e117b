"""Turns a request into a normalized operation with coerced variables; each document is read
once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql import GraphQLSchema

from trellis.router.cache import Cache
from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import OperationLimits, check_limits, refuse
from trellis.router.operation.model import KEPT_BYTES, NormalizedOperation
from trellis.router.operation.normalize import Normalizer
from trellis.router.operation.parse import (
    DOCUMENT_BYTES,
    ParsedDocument,
    ParsedOperation,
    choose_operation,
    parse_document,
    weight_of_document,
)
from trellis.router.operation.request import GraphQLRequest
from trellis.router.operation.validate import Validator
from trellis.router.operation.variables import VariableReader, Variables

_READERS = 10_000
"""Variable readers in memory, each of some hundred bytes per variable."""

_REFUSED_BYTES = 500_000  # some hundred refused documents: they must leave next to nothing
_ERROR_BYTES = 500


class _Refused(NamedTuple):
    """What is wrong with a document. The exception would keep the frames that raised it."""

    errors: Sequence[dict[str, Any]]
    status: int


class ValidRequest(NamedTuple):
    """A valid request: its parsed operation, its variables, and the normalized operation."""

    parsed: ParsedOperation
    variables: Variables
    operation: NormalizedOperation


class OperationReader:
    """Reads the operations of one kind of caller (clients, or the program as a library) under its
    limits."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: OperationLimits,
        validator: Validator,
        normalizer: Normalizer,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._validator = validator
        self._normalizer = normalizer
        self._documents: Cache[str, ParsedDocument] = Cache(DOCUMENT_BYTES, "documents")
        self._refused: Cache[str, _Refused] = Cache(_REFUSED_BYTES, "refused_documents")
        self._variables: Cache[int, VariableReader] = Cache(_READERS, "variable_readers")
        self._operations: Cache[tuple[Any, ...], NormalizedOperation] = Cache(
            KEPT_BYTES, "operations"
        )

    def read(self, request: GraphQLRequest) -> ValidRequest:
        """Read a request. Raises OperationRefused, and PlanningLimit if the operation is too
        large to normalize."""
        parsed = self.parse(request.document, request.operation_name)
        if parsed.kind not in request.kinds:
            message = f"A {parsed.kind} cannot be sent this way."
            raise refuse("METHOD_NOT_ALLOWED", message, http_status=405)
        variables = self.coerce(parsed, request.variables)
        return ValidRequest(parsed, variables, self.normalize(parsed, variables))

    def parse(self, document: str, operation_name: str | None = None) -> ParsedOperation:
        """Parse, check limits, validate and select the operation. Raises OperationRefused."""
        parsed = self._documents.get(document)
        if parsed is None:
            known = self._refused.get(document)
            if known is not None:
                raise OperationRefused(known.errors, http_status=known.status)
            parsed = self._read_document(document)
            self._documents.put(document, parsed, weight_of_document(document))
        return choose_operation(parsed, operation_name)

    def _read_document(self, document: str) -> ParsedDocument:
        try:
            parsed = parse_document(document, self._limits)
            check_limits(parsed.document, self._limits)
            self._validator.check(parsed.document, document)
        except OperationRefused as refused:
            # A client that is broken repeats itself; to find its errors takes a millisecond.
            weight = len(document) + sum(_ERROR_BYTES + len(str(e)) for e in refused.errors)
            self._refused.put(document, _Refused(refused.errors, refused.status), weight)
            raise
        return parsed

    def coerce(self, parsed: ParsedOperation, given: Mapping[str, Any]) -> Variables:
        """Coerce the operation's variables. Raises OperationRefused."""
        reader = self._variables.get(parsed.number)
        if reader is None:
            reader = VariableReader(
                self._schema,
                parsed.operation.variable_definitions or (),
                suggestions=self._validator.suggestions,
                max_values=self._limits.variable_values,
            )
            self._variables.put(parsed.number, reader)
        return reader.read(given)

    def normalize(self, parsed: ParsedOperation, variables: Variables) -> NormalizedOperation:
        """The operation, specialized for its condition variables. Raises PlanningLimit."""
        values = variables.coerced
        key = (parsed.number, *[values.get(name) for name in parsed.conditions])
        return self._operations.find(
            key,
            lambda: self._normalizer.normalize(parsed.operation, parsed.fragments, values),
            lambda operation: operation.weight,
        )
