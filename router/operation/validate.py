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
from trellis.router.operation.rules import focused_rules

MAX_ERRORS = 20
"""Errors reported for one document. Validation stops there: it is enough to correct a document,
and a hostile one could have thousands."""

# Rules that tools may skip, because the operation can be planned nevertheless: conflicting fields,
# nullable variables in non-null positions, unused variables and fragments, @defer and @stream.
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

    ``@defer`` and ``@stream`` are accepted and ignored, which their specification allows; they are
    not listed in introspection. Without ``introspection`` clients cannot read the schema, so
    ``suggestions`` ("did you mean") are off as well: they would leak it field by field.
    ``is_strict`` is for clients; tools may plan everything that can be planned.
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
        rules = [rule for rule in specified_rules if is_strict or rule not in _STRICTNESS]
        if not introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self.rules = focused_rules(rules)

    def check(self, document: DocumentNode, text: str | None = None) -> None:
        """Raises OperationRefused with GRAPHQL_VALIDATION_FAILED or INTROSPECTION_DISABLED. If the
        document was parsed without locations, pass its ``text`` to have them in the errors."""
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
            raise refuse("PARSER_LIMIT", "The document is nested too deeply.") from None


def _code(message: str) -> str:
    if message.startswith("GraphQL introspection has been disabled"):
        return "INTROSPECTION_DISABLED"
    return "GRAPHQL_VALIDATION_FAILED"
