"""A deterministic world behind any set of federation subgraphs: every value is a pure function of
(owner, number, field, arguments), whoever asks for it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    SelectionSetNode,
    build_ast_schema,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    parse,
)

from tests.support.subgraph_facts import Place, SubgraphFacts, fields_in, read_subgraph

NUMBERS = 7  # objects of each type
ROOTS = ("Query", "Mutation", "Subscription")


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())


@lru_cache
def _read_api(sdl: str) -> GraphQLSchema:
    return build_ast_schema(parse(sdl), assume_valid=True, assume_valid_sdl=True)


@dataclass(slots=True)
class Thing:
    """An object of the world. ``provided`` are selections that the way to it gives the right to
    read, ``representation`` is what an entity was asked by."""

    owner: str
    number: int
    typename: str
    provided: tuple[SelectionSetNode, ...] = ()
    representation: Mapping[str, Any] | None = None


class World:
    """The objects and their fields. Types that implement an interface with a key are numbered
    together, since the interface alone must find them: their ``owner`` is such an interface."""

    def __init__(
        self, api_sdl: str, subgraphs: Sequence[tuple[str, str]], labels: frozenset[str]
    ) -> None:
        self.labels = labels
        self.api = _read_api(api_sdl)
        self.parts = {name: read_subgraph(name, sdl) for name, sdl in subgraphs}
        self.owners = self._owners()
        self.in_keys = set(self._fields_of_keys())
        self._runtime_types: dict[Place, list[str]] = {}

    # -- identity

    def _owners(self) -> dict[str, str]:
        """Interfaces with a key and their implementations, by name; interfaces that share an
        implementation have one owner."""
        keyed = {name for part in self.parts.values() for name in part.keys}
        owners: dict[str, str] = {}
        for interface in sorted(keyed):
            if not is_interface_type(self.api.type_map.get(interface)):
                continue
            group = {interface, *self.concrete_types(interface)}
            joined = {owners[name] for name in group if name in owners}
            owner = min({interface, *joined})
            group |= {name for name, other in owners.items() if other in joined}
            owners |= dict.fromkeys(group, owner)
        return owners

    def concrete_types(self, name: str) -> set[str]:
        """The object types that the type may be in the API schema."""
        kind: Any = self.api.type_map.get(name)
        if is_abstract_type(kind):
            return {t.name for t in self.api.get_possible_types(kind)}
        return {name}

    def runtime_type(self, owner: str, number: int) -> str:
        """The type of object ``number``; those of one owner take turns."""
        types = sorted(
            t for t, o in self.owners.items() if o == owner and is_object_type(self.api.type_map[t])
        )
        return types[number % len(types)] if types else owner

    def conditions(self, runtime: str) -> set[str]:
        """The type conditions that hold for an object."""
        return {
            name
            for name, kind in self.api.type_map.items()
            if name == runtime or (is_abstract_type(kind) and runtime in self.concrete_types(name))
        }

    def runtime_types(self, type_name: str, name: str) -> list[str]:
        """The types that all subgraphs which resolve a field may give: what they have in common is
        all that a field can be which any of them may be asked for."""
        place = (type_name, name)
        if place not in self._runtime_types:
            found = list(self._resolvers(type_name, name))
            common = set.intersection(*found) if found else set[str]()
            self._runtime_types[place] = sorted(common)
        return self._runtime_types[place]

    def _resolvers(self, type_name: str, name: str) -> Iterator[set[str]]:
        for part in self.parts.values():
            for local in self._local_names(part, type_name):
                output = part.field_type(local, name)
                if output is None or self._is_only_external(part, (local, name)):
                    continue
                yield {t for n in part.runtime_types(output) for t in self.concrete_types(n)}

    def _is_only_external(self, part: SubgraphFacts, place: Place) -> bool:
        return place in part.external and place[1] not in part.key_fields(place[0])

    def _local_names(self, part: SubgraphFacts, type_name: str) -> list[str]:
        """What the subgraph calls the type: its name, or those of its interface objects."""
        objects = [o for o in part.interface_objects if type_name in self.concrete_types(o)]
        return [type_name, *objects]

    def _fields_of_keys(self) -> Iterator[Place]:
        """Fields that keys are made of, by the owner of their type: these are never null."""
        for part in self.parts.values():
            for type_name, keys in part.keys.items():
                for key, _ in keys:
                    yield from self._fields_below(part, type_name, key)

    def _fields_below(
        self, part: SubgraphFacts, type_name: str, selections: SelectionSetNode
    ) -> Iterator[Place]:
        for node in fields_in(selections):
            name = node.name.value
            yield self.owners.get(type_name, type_name), name
            if node.selection_set:
                target = get_named_type(part.field_type(type_name, name))
                yield from self._fields_below(part, target.name, node.selection_set)

    # -- values

    def value(self, thing: Thing, name: str, output: Any, args: Mapping[str, Any]) -> Any:
        """What the field is, for every subgraph and for the whole."""
        owner = "Root" if thing.owner in ROOTS else thing.owner
        base = f"{owner}.{name}"
        suffix = json.dumps(args, sort_keys=True) if args else ""
        is_nullable = self._is_nullable_everywhere(thing, name)
        if is_nullable and _hash(f"{base}{thing.number}?") % 9 == 0:
            return None
        runtime = self.runtime_type(thing.owner, thing.number)
        types = [] if is_leaf_type(get_named_type(output)) else self.runtime_types(runtime, name)
        return _Maker(self, base, suffix, types).make(output, thing.number, ())

    def _is_nullable_everywhere(self, thing: Thing, name: str) -> bool:
        if thing.owner in ROOTS or (thing.owner, name) in self.in_keys:
            return False
        names = {thing.owner, *(t for t, owner in self.owners.items() if owner == thing.owner)}
        declared = [part.field_type(n, name) for part in self.parts.values() for n in names]
        found = [output for output in declared if output is not None]
        return bool(found) and not any(isinstance(output, GraphQLNonNull) for output in found)


@dataclass(slots=True)
class _Maker:
    """Makes the value of one field: ``types`` are the object types that it may have."""

    world: World
    base: str
    suffix: str
    types: list[str]

    def make(self, output: Any, number: int, index: tuple[int, ...]) -> Any:
        if isinstance(output, GraphQLNonNull):
            return self.make(output.of_type, number, index)
        if isinstance(output, GraphQLList):
            return [self._item(output.of_type, number, (*index, i)) for i in range(2)]
        shift = number + sum(index) + (_hash(self.suffix) if self.suffix else 0)
        if is_leaf_type(output):
            return self._leaf(output, shift)
        return self._object((shift + _hash(self.base)) % NUMBERS)

    def _item(self, output: Any, number: int, index: tuple[int, ...]) -> Any:
        is_gap = _hash(f"{self.base}{number}{index}") % 11 == 0
        if is_gap and not isinstance(output, GraphQLNonNull):
            return None
        return self.make(output, number, index)

    def _object(self, target: int) -> Thing | None:
        """Object ``target`` of the owner, or the next that has one of the types."""
        if not self.types:
            return None
        name = self.types[target % len(self.types)]
        owner = self.world.owners.get(name, name)
        wanted = [t for t in self.types if self.world.owners.get(t, t) == owner]
        while (runtime := self.world.runtime_type(owner, target)) not in wanted:
            target = (target + 1) % NUMBERS
        return Thing(owner, target, runtime)

    def _leaf(self, output: Any, shift: int) -> Any:
        if isinstance(output, GraphQLEnumType):
            values = sorted(self.world.api.type_map[output.name].values)  # type: ignore[attr-defined]
            return values[(_hash(self.base) + shift) % len(values)]
        match output.name:
            case "Int":
                return _hash(self.base) % 1000 + shift % 1000
            case "Boolean":
                return (_hash(self.base) + shift) % 2 == 0
            case "Float":
                return _hash(self.base) % 1000 + 0.5
        return f"{self.base}.{shift}{self.suffix}"
