"""Makes a failing pair of subgraphs and operation small: whatever may go while it still fails goes.

``python -m tests.support.minimize SEED NUMBER`` shows what is left of a pair of ``random_pairs``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from graphql import (
    REMOVE,
    GraphQLSyntaxError,
    ListTypeNode,
    Node,
    NonNullTypeNode,
    StringValueNode,
    TypeNode,
    Visitor,
    is_abstract_type,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.language import ast

from tests.support.differential import Difference, Pair, compose_pairs, find_difference, load
from tests.support.random_pairs import pair_of
from tests.support.universe import Universe
from trellis.router.errors import PlanningError
from trellis.router.supergraph import Supergraph

Find = Callable[[Pair], Difference | None]

# What may be taken out of a document, the largest first: each level is tried before the next.
LEVELS: tuple[tuple[type[Node], ...], ...] = (
    (ast.ObjectTypeDefinitionNode, ast.InterfaceTypeDefinitionNode, ast.UnionTypeDefinitionNode),
    (ast.FragmentDefinitionNode, ast.EnumTypeDefinitionNode),
    (ast.FieldDefinitionNode, ast.FieldNode, ast.InlineFragmentNode, ast.FragmentSpreadNode),
    (ast.DirectiveNode, ast.VariableDefinitionNode, ast.NamedTypeNode),
    (ast.InputValueDefinitionNode, ast.ArgumentNode),
)


@lru_cache(maxsize=1)
def _loaded(subgraphs: tuple[tuple[str, str], ...]) -> tuple[str, Supergraph] | None:
    composition = compose_pairs(subgraphs)
    return None if composition.errors else (composition.api_sdl, load(composition))


def find(pair: Pair) -> Difference | None:
    """What is wrong with the pair; None also when it cannot be asked at all."""
    try:
        loaded = _loaded(tuple(pair.subgraphs))
    except (KeyError, AttributeError, TypeError) as crash:
        return Difference(pair, f"load: {type(crash).__name__}", None, str(crash))
    if loaded is None:
        return None
    api_sdl, supergraph = loaded
    universe = Universe(api_sdl, pair.subgraphs, pair.labels)
    if validate(universe.api, parse(pair.operation)) or _has_empty_type(universe):
        return None
    try:
        return find_difference(supergraph, universe, pair)
    except AssertionError:
        return None  # the whole has no right answer either
    except (KeyError, AttributeError, TypeError) as crash:
        return Difference(pair, type(crash).__name__, None, str(crash))


def _has_empty_type(universe: Universe) -> bool:
    """Whether a subgraph has an interface or union without any type: nothing can be of it."""
    return any(
        is_abstract_type(kind) and not part.schema.get_possible_types(kind)
        for part in universe.parts.values()
        for kind in part.schema.type_map.values()
    )


def minimize(found: Difference, find: Find = find) -> Difference:
    """A difference of the same kind of which nothing can be left out."""
    while True:
        smaller = _smaller(found, find)
        if smaller is None:
            return found
        found = smaller


def _smaller(found: Difference, find: Find) -> Difference | None:
    """After one round through everything; None when nothing could go."""
    start = found
    for step in (_fewer_subgraphs, _less_operation, _less_schema, _fewer_labels):
        tried = 0
        while True:
            candidates = islice(step(found.pair), tried, None)
            for pair in candidates:
                is_smaller = _size(pair) < _size(found.pair)
                other = _try(pair, found.what, find) if is_smaller else None
                if other is not None:
                    found = other
                    break
                tried += 1
            else:
                break
    return found if found is not start else None


def _size(pair: Pair) -> tuple[int, int]:
    texts = [pair.operation, *(sdl for _, sdl in pair.subgraphs)]
    return len(pair.labels), sum(len("".join(text.split())) for text in texts)


def _try(pair: Pair, what: str, find: Find) -> Difference | None:
    try:
        other = find(pair)
    except (GraphQLSyntaxError, PlanningError):
        return None
    return other if other is not None and other.what == what else None


def _fewer_subgraphs(pair: Pair) -> Iterator[Pair]:
    for index in range(len(pair.subgraphs)):
        yield replace(pair, subgraphs=[*pair.subgraphs[:index], *pair.subgraphs[index + 1 :]])


def _fewer_labels(pair: Pair) -> Iterator[Pair]:
    for label in sorted(pair.labels):
        yield replace(pair, labels=pair.labels - {label})


def _less_operation(pair: Pair) -> Iterator[Pair]:
    for text in reductions(pair.operation):
        values = {n: value for n, value in pair.variables.items() if f"${n}" in text}
        yield replace(pair, operation=text, variables=values)


def _less_schema(pair: Pair) -> Iterator[Pair]:
    for index, (name, sdl) in enumerate(pair.subgraphs):
        for text in reductions(sdl):
            changed = (name, text)
            yield replace(
                pair, subgraphs=[*pair.subgraphs[:index], changed, *pair.subgraphs[index + 1 :]]
            )


def reductions(document: str) -> Iterator[str]:
    """The document without one of its parts each time, or with a simpler part."""
    tree = parse(document, no_location=True)
    for level in LEVELS:
        count = _count(tree, level, _Without)
        for size in (16, 4, 1):
            for start in range(0, count, size):
                yield print_ast(visit(tree, _Without(level, start, size)))
    for index in range(_count(tree, (NonNullTypeNode, ListTypeNode))):
        yield print_ast(visit(tree, _Unwrapped(index)))
    for index in range(_count(tree, (ast.FieldNode,))):
        yield print_ast(visit(tree, _Unaliased(index)))
    for index in range(_count(tree, (ast.SelectionSetNode,))):
        yield print_ast(visit(tree, _Spliced(index)))
    fragments = {
        d.name.value: d for d in tree.definitions if isinstance(d, ast.FragmentDefinitionNode)
    }
    if fragments:
        yield print_ast(visit(tree, _Expanded(fragments)))
    for index in range(_count(tree, (StringValueNode,))):
        yield from (print_ast(t) for t in _simpler_field_sets(tree, index))


def _count(
    tree: Node, kinds: tuple[type[Node], ...], numbered: type[_Numbered] | None = None
) -> int:
    counter = (numbered or _Numbered)(kinds, -1)
    visit(tree, counter)
    return counter.number


class _Numbered(Visitor):
    """Counts nodes of some kinds, and lets ``change`` decide about ``size`` from ``index`` on."""

    is_in_list = False

    def __init__(self, kinds: tuple[type[Node], ...], index: int, size: int = 1) -> None:
        super().__init__()
        self.kinds, self.number = kinds, 0
        self.chosen = range(index, index + size)

    def enter(self, node: Node, key: Any, *_: Any) -> Any:
        if not isinstance(node, self.kinds) or (self.is_in_list and not isinstance(key, int)):
            return None
        self.number += 1
        return self.change(node) if self.number - 1 in self.chosen else None

    def change(self, node: Any) -> Any:
        return None


class _Without(_Numbered):
    """Only what stands in a list can be missing."""

    is_in_list = True

    def change(self, node: Any) -> Any:
        return REMOVE


class _Unwrapped(_Numbered):
    def __init__(self, index: int) -> None:
        super().__init__((NonNullTypeNode, ListTypeNode), index)

    def change(self, node: Any) -> TypeNode:
        return node.type


class _Unaliased(_Numbered):
    def __init__(self, index: int) -> None:
        super().__init__((ast.FieldNode,), index)

    def change(self, node: Any) -> Any:
        return None if node.alias is None else _copy(node, alias=None)


class _Spliced(_Numbered):
    """A selection set with the selections of its fragments instead of the fragments."""

    def __init__(self, index: int) -> None:
        super().__init__((ast.SelectionSetNode,), index)

    def change(self, node: Any) -> Any:
        lists = [
            selection.selection_set.selections
            if isinstance(selection, ast.InlineFragmentNode)
            else (selection,)
            for selection in node.selections
        ]
        return ast.SelectionSetNode(selections=tuple(chain.from_iterable(lists)))


class _Expanded(Visitor):
    """Inline fragments instead of named ones."""

    def __init__(self, fragments: dict[str, Any]) -> None:
        super().__init__()
        self.fragments = fragments

    def enter_fragment_definition(self, *_: Any) -> Any:
        return REMOVE

    def enter_fragment_spread(self, node: Any, *_: Any) -> Any:
        named = self.fragments[node.name.value]
        inside = visit(named.selection_set, _Expanded(self.fragments))
        return ast.InlineFragmentNode(
            type_condition=named.type_condition, directives=node.directives, selection_set=inside
        )


def _copy(node: Node, **changes: Any) -> Node:
    return type(node)(**{**{key: getattr(node, key) for key in node.keys}, **changes})


def _simpler_field_sets(tree: Node, index: int) -> Iterator[Node]:
    """With one selection less in a string that is a field set."""
    finder = _Text(index, None)
    visit(tree, finder)
    try:
        inner = parse("{" + finder.found + "}", no_location=True)
    except GraphQLSyntaxError:
        return
    for level in ((ast.FieldNode, ast.InlineFragmentNode), (ast.ArgumentNode,)):
        for number in range(_count(inner, level, _Without)):
            smaller = print_ast(visit(inner, _Without(level, number)))
            text = " ".join(smaller.split()).removeprefix("{").removesuffix("}").strip()
            if text:
                yield visit(tree, _Text(index, text))


class _Text(_Numbered):
    def __init__(self, index: int, text: str | None) -> None:
        super().__init__((StringValueNode,), index)
        self.text, self.found = text, ""

    def change(self, node: Any) -> Any:
        self.found = node.value
        return None if self.text is None else StringValueNode(value=self.text)


def main(seed: str, number: str) -> int:
    found = find(pair_of(int(seed), int(number)))
    shown = "no difference" if found is None else str(minimize(found))
    sys.stdout.write(f"{shown}\n")
    return found is not None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
