"""Random operations over an API schema: aliases, fragments, arguments, ``@skip``/``@include``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from tests.support.chance import Chance, happens, pick, some

MAX_DEPTH = 5


@dataclass(slots=True)
class OperationMaker:
    chance: Chance
    schema: GraphQLSchema
    budget: int = 40
    variables: dict[str, bool] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0

    def make(self) -> tuple[str, dict[str, Any]]:
        assert self.schema.query_type is not None
        news = self.schema.subscription_type
        if news is not None and happens(self.chance, 30):
            (name, definition), *_ = news.fields.items()
            kind, body = "subscription", self._only_field(definition, name)
        elif self.schema.mutation_type is not None and happens(self.chance, 20):
            kind, body = "mutation", self._selection(self.schema.mutation_type, 0)
        else:
            kind, body = "query", self._selection(self.schema.query_type, 0)
        declared = ", ".join(f"${name}: Boolean!" for name in self.variables)
        head = f"{kind} Q({declared})" if declared else f"{kind} Q"
        return " ".join([head, body, *self.fragments]), dict(self.variables)

    def _selection(self, parent: GraphQLNamedType, depth: int) -> str:
        parts: list[str] = []
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            names = [n for n in parent.fields if self._may_ask(parent.fields[n], depth)]
            for name in some(self.chance, names, 1, 4):
                parts.append(self._field(parent.fields[name], name, depth))
        if is_abstract_type(parent):
            assert isinstance(parent, GraphQLInterfaceType | GraphQLUnionType)
            options = list(self.schema.get_possible_types(parent))
            for concrete in some(self.chance, options, 0 if parts else 1, 3):
                parts.append(self._fragment(concrete, depth))
        if not parts or happens(self.chance, 20):
            parts.append("__typename")
        return "{ " + " ".join(parts) + " }"

    def _only_field(self, definition: GraphQLField, name: str) -> str:
        """What a subscription asks: one field, always."""
        return f"{{ {name} {self._selection(get_named_type(definition.type), 1)} }}"

    def _may_ask(self, definition: GraphQLField, depth: int) -> bool:
        is_leaf = not is_composite_type(get_named_type(definition.type))
        return is_leaf or (depth < MAX_DEPTH and self.budget > 0)

    def _field(self, definition: GraphQLField, name: str, depth: int) -> str:
        self.budget -= 1
        text = name
        if definition.args:
            text += f"(n: {self.chance.number(0, 3)})" if happens(self.chance, 70) else ""
        if definition.args or happens(self.chance, 15):
            self.aliases += 1
            text = f"a{self.aliases}: {text}"
        text += self._condition()
        target = get_named_type(definition.type)
        if is_composite_type(target):
            text += " " + self._selection(target, depth + 1)
        return text

    def _fragment(self, concrete: GraphQLObjectType, depth: int) -> str:
        body = self._selection(concrete, depth)
        if happens(self.chance, 30):
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {concrete.name} {body}")
            return f"...{name}{self._condition()}"
        return f"... on {concrete.name}{self._condition()} {body}"

    def _condition(self) -> str:
        if not happens(self.chance, 8):
            return ""
        name = f"v{len(self.variables)}"
        self.variables[name] = happens(self.chance, 50)
        return f" @{pick(self.chance, ['skip', 'include'])}(if: ${name})"


def random_operation(chance: Chance, schema: GraphQLSchema) -> tuple[str, dict[str, Any]]:
    """One query over ``schema`` with the values of its variables."""
    return OperationMaker(chance, schema).make()
