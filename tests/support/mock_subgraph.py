"""One subgraph of the world, which refuses whatever a correct plan never asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionSetNode,
    execute_sync,
    get_named_type,
    is_abstract_type,
    parse,
    validate,
    value_from_ast_untyped,
)

from tests.support.subgraph_facts import SubgraphFacts, fields_in
from tests.support.world import NUMBERS, Place, Thing, World

MockTransport = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class MockSubgraph:
    """Answers GraphQL from the world as this subgraph sees it."""

    world: World
    part: SubgraphFacts

    def execute(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        document = parse(query)
        problems = validate(self.part.schema, document)
        if problems:
            return {"errors": [{"message": p.message} for p in problems]}
        result = execute_sync(
            self.part.schema,
            document,
            variable_values=dict(variables or {}),
            field_resolver=self._resolve,
            type_resolver=lambda value, info, abstract: value.typename,
        )
        return dict(result.formatted)

    def _resolve(self, source: Any, info: Any, **args: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(r) for r in args["representations"]]
        root = info.parent_type.name
        thing = source if isinstance(source, Thing) else Thing(root, 0, root)
        place = (root, info.field_name)
        self._check_right(thing, place)
        value = self.world.value(thing, info.field_name, info.return_type, args)
        provided = self._provided_below(thing, place)
        return self._localize(value, info.return_type, provided)

    def _check_right(self, thing: Thing, place: Place) -> None:
        type_name, name = place
        is_key = name in self.part.key_fields(type_name)
        if place in self.part.external and not is_key and not self._is_provided(thing, name):
            raise GraphQLError(f"{self.part.name}: {type_name}.{name} is external here")
        if self._is_on_the_other_side(place):
            raise GraphQLError(f"{self.part.name}: {type_name}.{name} belongs to another subgraph")
        needed = self.part.requires.get(place)
        if needed and not self._matches(thing, needed, thing.representation or {}):
            raise GraphQLError(f"{self.part.name}: {type_name}.{name} lacks what it requires")

    def _is_on_the_other_side(self, place: Place) -> bool:
        active = self.world.labels
        own = self.part.labelled.get(place)
        if own is not None:
            return own[1] not in active
        return any(
            part.labelled[place][0] == self.part.name and part.labelled[place][1] in active
            for part in self.world.parts.values()
            if place in part.labelled
        )

    def _is_provided(self, thing: Thing, name: str) -> bool:
        return any(node.name.value == name for node in self._provided_fields(thing))

    def _provided_fields(self, thing: Thing) -> list[FieldNode]:
        types = self.world.conditions(self.world.runtime_type(thing.owner, thing.number))
        return [f for selections in thing.provided for f in fields_in(selections, types)]

    def _provided_below(self, thing: Thing, place: Place) -> tuple[SelectionSetNode, ...]:
        own = self.part.provides.get(place)
        inherited = [
            f.selection_set
            for f in self._provided_fields(thing)
            if f.name.value == place[1] and f.selection_set
        ]
        return (*([own] if own else []), *inherited)

    def _localize(self, value: Any, output: Any, provided: tuple[SelectionSetNode, ...]) -> Any:
        if isinstance(value, list):
            return [self._localize(v, output, provided) for v in value]
        if not isinstance(value, Thing):
            return value
        name = self._local_name(value.typename, output)
        return Thing(value.owner, value.number, name, provided)

    def _local_name(self, runtime: str, output: Any) -> str:
        """What the subgraph calls the type of an object at this position: an implementation that
        it does not have is known by an interface object."""
        target = get_named_type(output)
        if target.name in self.part.interface_objects:
            return target.name
        if is_abstract_type(target) and runtime not in self.part.runtime_types(output):
            for name in sorted(self.part.runtime_types(output) & self.part.interface_objects):
                if runtime in self.world.concrete_types(name):
                    return name
        return runtime

    def _entity(self, representation: Mapping[str, Any]) -> Thing:
        name: str = representation["__typename"]
        owner = self.world.owners.get(name, name)
        for key, is_resolvable in self.part.keys.get(name, ()):
            for number in range(NUMBERS) if is_resolvable else ():
                runtime = self.world.runtime_type(owner, number)
                if runtime not in self.world.concrete_types(name):
                    continue
                as_object = name in self.part.interface_objects
                thing = Thing(owner, number, name if as_object else runtime)
                if self._matches(thing, key, representation):
                    thing.representation = representation
                    return thing
        raise GraphQLError(f"{self.part.name}: nothing is represented by {representation}")

    def _matches(
        self, thing: Thing, selections: SelectionSetNode, given: Mapping[str, Any]
    ) -> bool:
        runtime = self.world.runtime_type(thing.owner, thing.number)
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else runtime
                applies = condition in self.world.conditions(runtime)
                if applies and not self._matches(thing, node.selection_set, given):
                    return False
                continue
            assert isinstance(node, FieldNode)
            name = node.name.value
            if name == "__typename":
                continue
            if name not in given:
                return False
            args = {a.name.value: value_from_ast_untyped(a.value) for a in node.arguments or ()}
            wanted = self.world.value(thing, name, self._output(thing, runtime, name), args)
            if not self._same(wanted, given[name], node.selection_set):
                return False
        return True

    def _output(self, thing: Thing, runtime: str, name: str) -> Any:
        """The field's type here, or in the API schema where the subgraph has it on an interface."""
        local = self.part.field_type(thing.typename, name)
        if local is not None:
            return local
        fields: Any = getattr(self.world.api.type_map[runtime], "fields")  # noqa: B009
        return fields[name].type

    def _same(self, wanted: Any, given: Any, selections: SelectionSetNode | None) -> bool:
        if isinstance(wanted, list):
            return (
                isinstance(given, list)
                and len(given) == len(wanted)
                and all(self._same(w, g, selections) for w, g in zip(wanted, given, strict=True))
            )
        if isinstance(wanted, Thing):
            return isinstance(given, dict) and bool(
                selections and self._matches(wanted, selections, given)
            )
        return bool(wanted == given)
