"""Validation against the API schema (GraphQL specification, section 5)."""

from graphql import (
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    DocumentNode,
    GraphQLDeferDirective,
    GraphQLError,
    GraphQLSchema,
    GraphQLStreamDirective,
    MaxIntrospectionDepthRule,
    NoSchemaIntrospectionCustomRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    StreamDirectiveOnListField,
    VariablesInAllowedPositionRule,
    parse,
    specified_rules,
    validate,
)

from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import refuse

MAX_ERRORS = 20

# Rules that forbid what has a meaning all the same: which of two conflicting fields is meant, an
# optional Boolean where a condition needs one, variables and deferral of no effect.
_STRICTNESS = frozenset(
    {
        DeferStreamDirectiveLabel,
        DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule,
        MaxIntrospectionDepthRule,
        NoUnusedFragmentsRule,
        NoUnusedVariablesRule,
        OverlappingFieldsCanBeMergedRule,
        StreamDirectiveOnListField,
        VariablesInAllowedPositionRule,
    }
)


class Validator:
    """Validates documents against one schema.

    ``@defer`` and ``@stream`` are understood but not acted upon, which their specification
    allows; introspection does not advertise them. ``introspection`` says whether clients may read
    the schema; ``suggestions`` ("did you mean") would tell it piecemeal and go with it.
    ``is_strict`` is for clients; tools may plan whatever can be planned.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        introspection: bool = True,
        suggestions: bool = True,
        is_strict: bool = True,
    ) -> None:
        arguments = schema.to_kwargs()
        known = {directive.name for directive in schema.directives}
        arguments["directives"] = (
            *schema.directives,
            *(d for d in (GraphQLDeferDirective, GraphQLStreamDirective) if d.name not in known),
        )
        arguments["assume_valid"] = True
        self.schema = GraphQLSchema(**arguments)
        self.suggestions = suggestions and introspection
        self.rules = [rule for rule in specified_rules if is_strict or rule not in _STRICTNESS]
        if not introspection:
            self.rules.append(NoSchemaIntrospectionCustomRule)

    def check(self, document: DocumentNode, text: str | None = None) -> None:
        """Raises OperationRefused: GRAPHQL_VALIDATION_FAILED or INTROSPECTION_DISABLED. With the
        ``text`` of a document parsed without locations the errors have them all the same."""
        errors = self._errors(document)
        if errors and text is not None:
            errors = self._errors(parse(text)) or errors
        if errors:
            raise OperationRefused(
                [
                    {**error.formatted, "extensions": {"code": _code(error.message)}}
                    for error in errors
                ]
            )

    def _errors(self, document: DocumentNode) -> list[GraphQLError]:
        try:
            return validate(
                self.schema,
                document,
                self.rules,
                max_errors=MAX_ERRORS,
                hide_suggestions=not self.suggestions,
                allow_empty_selection_sets=False,
            )
        except RecursionError:
            raise refuse("PARSER_LIMIT", "The document is nested too deep.") from None


def _code(message: str) -> str:
    if message.startswith("GraphQL introspection has been disabled"):
        return "INTROSPECTION_DISABLED"
    return "GRAPHQL_VALIDATION_FAILED"
