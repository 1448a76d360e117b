"""Random operations whose selections meet: the same field at an interface, in fragments on its
types and twice in a row, with other subfields each time, under aliases, types and conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    validate,
)

from tests.support.chance import Chance, happens, pick

MAX_DEPTH = 5
TRIES = 12
ALIASES = ("a", "b", "c")


def merging_operation(chance: Chance, schema: GraphQLSchema) -> tuple[str, dict[str, Any]]:
    """A valid query, mutation or subscription over ``schema`` with the values of its variables."""
    for left in reversed(range(TRIES)):
        # Fields that conflict are rarer in small operations without aliases.
        maker = _Maker(chance, schema, budget=8 + 3 * left, has_aliases=left > 2)
        text, variables = maker.make()
        if not validate(schema, parse(text), [OverlappingFieldsCanBeMergedRule]):
            return text, variables
    return "{ __typename }", {}


@dataclass(slots=True)
class _Maker:
    chance: Chance
    schema: GraphQLSchema
    budget: int
    has_aliases: bool
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    fragments: dict[str, tuple[GraphQLNamedType, str]] = field(default_factory=dict)

    def make(self) -> tuple[str, dict[str, Any]]:
        kind, root = self._root()
        if kind == "subscription":
            name = pick(self.chance, list(root.fields))
            body = "{ " + self._field(root.fields[name], name, 0, is_only=True) + " }"
        else:
            body = self._selection(root, 0)
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self.variables.items())
        head = f"{kind} Q({declared})" if declared else f"{kind} Q"
        texts = [
            f"fragment {name} on {on.name} {inside}"
            for name, (on, inside) in self.fragments.items()
        ]
        values = {name: value for name, (_, value) in self.variables.items()}
        return " ".join([head, body, *texts]), values

    def _root(self) -> tuple[str, GraphQLObjectType]:
        news, mutation = self.schema.subscription_type, self.schema.mutation_type
        if news is not None and happens(self.chance, 25):
            return "subscription", news
        if mutation is not None and happens(self.chance, 25):
            return "mutation", mutation
        assert self.schema.query_type is not None
        return "query", self.schema.query_type

    def _selection(self, parent: GraphQLNamedType, depth: int) -> str:
        parts: list[str] = []
        used: list[str] = []
        makers = [self._one_field] * 8 + [self._fragment, self._typename]
        if is_abstract_type(parent):
            makers += [self._fragment] * 5
        for _ in range(self.chance.number(1, 5) if self.budget > 0 else 1):
            parts.append(pick(self.chance, makers)(parent, depth, used))
        return "{ " + (" ".join(filter(None, parts)) or "__typename") + " }"

    def _one_field(self, parent: GraphQLNamedType, depth: int, used: list[str]) -> str:
        """One of the fields, rather often an object that was chosen before."""
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return self._fragment(parent, depth, used)
        names = [name for name, f in parent.fields.items() if self._may_ask(f, depth)]
        if not names:
            return ""
        objects = [n for n in names if is_composite_type(get_named_type(parent.fields[n].type))]
        again = [name for name in used if name in objects]
        if again and happens(self.chance, 30):
            name = pick(self.chance, again)
        else:
            name = pick(self.chance, objects if objects and happens(self.chance, 40) else names)
        used.append(name)
        return self._field(parent.fields[name], name, depth)

    def _may_ask(self, definition: GraphQLField, depth: int) -> bool:
        is_leaf = not is_composite_type(get_named_type(definition.type))
        return is_leaf or (depth < MAX_DEPTH and self.budget > 0)

    def _field(
        self, definition: GraphQLField, name: str, depth: int, *, is_only: bool = False
    ) -> str:
        self.budget -= 1
        text = self._alias() + name
        if definition.args and happens(self.chance, 60):
            text += f"(n: {self._number()})"
        text += "" if is_only else self._condition()
        target = get_named_type(definition.type)
        if is_composite_type(target):
            text += " " + self._selection(target, depth + 1)
        return text

    def _alias(self) -> str:
        if self.has_aliases and happens(self.chance, 10):
            return f"{pick(self.chance, ALIASES)}: "
        return ""

    def _number(self) -> str:
        number = self.chance.number(0, 2)
        return self._variable("Int", number) if happens(self.chance, 30) else str(number)

    def _condition(self) -> str:
        if not happens(self.chance, 6):
            return ""
        is_true = happens(self.chance, 50)
        fixed = "true" if is_true else "false"
        value = fixed if happens(self.chance, 20) else self._variable("Boolean!", is_true)
        return f" @{pick(self.chance, ['skip', 'include'])}(if: {value})"

    def _variable(self, kind: str, value: Any) -> str:
        same = [name for name, given in self.variables.items() if given == (kind, value)]
        if same and happens(self.chance, 50):
            return f"${pick(self.chance, same)}"
        name = f"v{len(self.variables)}"
        self.variables[name] = (kind, value)
        return f"${name}"

    def _fragment(self, parent: GraphQLNamedType, depth: int, used: list[str]) -> str:
        """A fragment on a type that the object may have, or on none."""
        if self.budget <= 0:
            return "__typename"
        known = [n for n, (on, _) in self.fragments.items() if self._overlap(on, parent)]
        if known and happens(self.chance, 20):
            return f"...{pick(self.chance, known)}{self._condition()}"
        self.budget -= 1
        if happens(self.chance, 10):
            return f"...{self._condition()} {self._selection(parent, depth)}"
        on = pick(self.chance, self._conditions(parent))
        body = self._selection(on, depth)
        if happens(self.chance, 25):
            name = f"F{len(self.fragments)}"
            self.fragments[name] = (on, body)
            return f"...{name}{self._condition()}"
        return f"... on {on.name}{self._condition()} {body}"

    def _conditions(self, parent: GraphQLNamedType) -> list[GraphQLNamedType]:
        options = [t for t in self.schema.type_map.values() if self._overlap(t, parent)]
        return options if not is_abstract_type(parent) else [*self._possible(parent), *options]

    def _overlap(self, one: GraphQLNamedType, other: GraphQLNamedType) -> bool:
        names = {t.name for t in self._possible(other)}
        return any(t.name in names for t in self._possible(one))

    def _possible(self, kind: Any) -> list[GraphQLObjectType]:
        if is_abstract_type(kind):
            return list(self.schema.get_possible_types(kind))
        return [kind] if isinstance(kind, GraphQLObjectType) else []

    def _typename(self, parent: GraphQLNamedType, depth: int, used: list[str]) -> str:
        alias = "t: " if self.has_aliases and happens(self.chance, 20) else ""
        return f"{alias}__typename{self._condition()}"
