"""The same operation in other words: aliases, fragments, detours over abstract types, duplicates,
conditions that always hold."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    parse,
    print_ast,
)

from tests.support.chance import Chance, happens, pick

PREFIX = "renamed_"
ALWAYS = ("@include(if: $yes)", "@skip(if: $no)", "@include(if: true)", "@skip(if: false)")
NEVER = ("@include(if: $no)", "@skip(if: $yes)", "@skip(if: true) @include(if: true)")


def original(key: str) -> str:
    """The response key as it was before."""
    return key.removeprefix(PREFIX)


def rewrite(
    chance: Chance, schema: GraphQLSchema, text: str, variables: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Another document that means the same, with the values of its variables. Its response keys
    are those of ``text`` after ``original``."""
    return _Rewriter(chance, schema, parse(text)).document(), {
        **variables,
        "yes": True,
        "no": False,
    }


class _Rewriter:
    def __init__(self, chance: Chance, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._chance = chance
        self._schema = schema
        self._renamed: dict[str, bool] = {}
        self._written: list[str] = []
        self._operation = next(
            d for d in document.definitions if isinstance(d, OperationDefinitionNode)
        )
        self._fragments = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]

    def document(self) -> str:
        operation = self._operation
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        declared = [print_ast(d) for d in operation.variable_definitions or ()]
        head = ", ".join([*declared, "$yes: Boolean!", "$no: Boolean!"])
        used = "x_: __typename @include(if: $no) y_: __typename @skip(if: $yes)"
        body = self._selection(operation.selection_set, root)
        for fragment in self._fragments:
            on = fragment.type_condition.name.value
            inner = self._selection(fragment.selection_set, self._schema.type_map[on])
            self._written.append(f"fragment {fragment.name.value} on {on} {inner}")
        kind = operation.operation.value
        return " ".join([f"{kind} ({head}) {{ {used} {body[1:]}", *self._written])

    def _selection(self, node: SelectionSetNode, parent: GraphQLNamedType) -> str:
        parts: list[str] = []
        for selection in node.selections:
            parts.insert(self._chance.number(0, len(parts)), self._one(selection, parent))
        if happens(self._chance, 10):
            parts.append(f"__typename {pick(self._chance, NEVER)}")
        return "{ " + " ".join(parts) + " }"

    def _one(self, node: SelectionNode, parent: GraphQLNamedType) -> str:
        if isinstance(node, FieldNode):
            return self._wrapped(self._field(node, parent), parent, node.name.value)
        conditions = _printed(node.directives or ())
        if isinstance(node, FragmentSpreadNode):
            return self._wrapped(f"...{node.name.value}{conditions}", parent)
        assert isinstance(node, InlineFragmentNode)
        on = node.type_condition.name.value if node.type_condition else parent.name
        body = self._selection(node.selection_set, self._schema.type_map[on])
        if happens(self._chance, 30):
            return f"...{self._named(on, body)}{conditions}"
        return self._wrapped(f"... on {on}{conditions} {body}", parent)

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> str:
        name, key = node.name.value, (node.alias or node.name).value
        if key not in self._renamed:
            self._renamed[key] = happens(self._chance, 30)
        shown = PREFIX + key if self._renamed[key] else key
        arguments = ", ".join(print_ast(argument) for argument in node.arguments or ())
        head = f"{shown}: {name}" if shown != name else name
        head += (f"({arguments})" if arguments else "") + _printed(node.directives or ())
        if node.selection_set is None:
            return f"{head} {head}" if happens(self._chance, 20) else head
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        below = get_named_type(parent.fields[name].type)
        if happens(self._chance, 20):
            cut = self._chance.number(0, len(node.selection_set.selections))
            halves = (
                node.selection_set.selections[:cut],
                node.selection_set.selections[cut:],
            )
            return " ".join(
                f"{head} {self._selection(SelectionSetNode(selections=half), below)}"
                for half in halves
                if half
            )
        return f"{head} {self._selection(node.selection_set, below)}"

    def _wrapped(self, part: str, parent: GraphQLNamedType, field: str = "") -> str:
        match self._chance.number(0, 9):
            case 0:
                return f"... {{ {part} }}"
            case 1:
                return f"... on {parent.name} {{ {part} }}"
            case 2:
                return f"... {pick(self._chance, ALWAYS)} {{ {part} }}"
            case 3:
                return f"...{self._named(parent.name, f'{{ {part} }}')}"
            case 4 | 5:
                return self._by_detour(part, parent, field)
        return part

    def _by_detour(self, part: str, parent: GraphQLNamedType, field: str) -> str:
        """Over an abstract type that leaves the same types possible."""
        wider = self._wider(parent)
        if not wider:
            return f"... on {parent.name} {pick(self._chance, ALWAYS)} {{ {part} }}"
        over = pick(self._chance, wider)
        has_field = isinstance(over, GraphQLInterfaceType) and field in over.fields
        if field and (has_field or field == "__typename") and " {" not in part:
            return f"... on {over.name} {{ {part} }}"
        return f"... on {over.name} {{ ... on {parent.name} {{ {part} }} }}"

    def _wider(self, parent: GraphQLNamedType) -> list[GraphQLNamedType]:
        own = self._possible(parent)
        return [
            kind
            for kind in self._schema.type_map.values()
            if is_abstract_type(kind) and own <= self._possible(kind)
        ]

    def _possible(self, kind: GraphQLNamedType) -> set[str]:
        if is_abstract_type(kind):
            return {t.name for t in self._schema.get_possible_types(kind)}
        return {kind.name}

    def _named(self, on: str, body: str) -> str:
        name = f"Moved{len(self._written)}"
        self._written.append(f"fragment {name} on {on} {body}")
        return name


def _printed(directives: tuple[DirectiveNode, ...] | list[DirectiveNode] | Any) -> str:
    return "".join(f" {print_ast(directive)}" for directive in directives)
