"""The schema that a caller sees, and the results of introspection."""

from typing import Any

from graphql import GraphQLSchema

from trellis.router.authorization.rules.index import NOT_SIGNED_IN, AuthorizationRules
from trellis.router.authorization.view.schema_view import SchemaViews
from trellis.router.cache import Cache
from trellis.router.exact_json import dumps
from trellis.router.executor.merge import copy_tree
from trellis.router.operation.introspection import Introspection
from trellis.router.operation.reader import ValidRequest
from trellis.schema.identity import Identity

_ANSWER_BYTES = 32_000_000
"""Memory for introspection results. Those of a whole schema take a few megabytes."""

NO_INTROSPECTION: dict[str, Any] = {}


class VisibleSchema:
    """The API schema: for everybody, or with ``rules`` the part that each caller may use.

    ``held`` are policies that count as held for all callers. Policies are evaluated per operation,
    so what they guard is shown.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        rules: AuthorizationRules | None = None,
        held: frozenset[str] = frozenset(),
        *,
        copies: bool = False,
    ) -> None:
        """``copies``: results are copied, because callers may modify them."""
        self._schema = schema
        self._rules = rules
        self._held = held
        self._copies = copies
        self._views = None if rules is None else SchemaViews(schema, rules.index)
        self._answers: Cache[tuple[Any, ...], dict[str, Any]] = Cache(
            _ANSWER_BYTES, "introspection"
        )

    def to(self, identity: Identity) -> GraphQLSchema:
        """The schema as this caller sees it. Callers with the same rights get the same object."""
        if self._rules is None or self._views is None:
            return self._schema
        unmet = self._rules.unmet_by(identity, self._held) - {NOT_SIGNED_IN}
        return self._views.of(unmet) if unmet else self._schema

    def answer(self, valid: ValidRequest, identity: Identity) -> dict[str, Any]:
        """The results of the operation's introspection fields, by ``Field.introspection``. Equal
        operations share them. Raises OperationRefused."""
        if not valid.operation.introspections:
            return NO_INTROSPECTION
        answers = self._answer(valid, self.to(identity))
        return copy_tree(answers) if self._copies else answers

    def _answer(self, valid: ValidRequest, schema: GraphQLSchema) -> dict[str, Any]:
        parsed, variables, operation = valid
        introspection, questions = Introspection(schema), operation.introspections
        if variables.wire:
            return introspection.answer(questions, parsed, variables.wire)
        return self._answers.find(
            (parsed.number, schema),
            lambda: introspection.answer(questions, parsed, {}),
            lambda answer: 5 * len(dumps(answer)),  # Python objects take about 5 bytes per byte
        )
