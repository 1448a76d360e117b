"""Reads the authorization index from a supergraph's SDL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    StringValueNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    ValueNode,
)

from trellis.router.authorization.rules.directive_names import security_directives
from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    AuthorizationRules,
    InputValue,
    RequirementIds,
    RequirementIndex,
)
from trellis.router.errors import SupergraphInvalid
from trellis.router.requirements import FREE, Alternatives, Requirement, all_of
from trellis.router.sdl import named_type

_OBJECT = (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)
_INTERFACE = (InterfaceTypeDefinitionNode, InterfaceTypeExtensionNode)
_INPUT = (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode)
_UNION = (UnionTypeDefinitionNode, UnionTypeExtensionNode)
_LEAF = (
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
)

Place = tuple[str, ...]
"""Type, type and field, or type, field and argument."""


def coordinate(place: Place) -> str:
    """The schema coordinate of a place: ``Task``, ``Task.owner``, ``Query.task(id:)``."""
    return ".".join(place[:2]) + "".join(f"({argument}:)" for argument in place[2:])


def read_rules(supergraph: DocumentNode) -> AuthorizationRules:
    """Build the index from the parsed supergraph SDL.

    Raises ``SupergraphInvalid`` if the arguments of a security directive cannot be read: ignoring
    the directive would leave its place unprotected.
    """
    return AuthorizationRules(_Index(_read(supergraph)).build())


@dataclass(slots=True)
class _Declarations:
    """What the SDL declares, before requirements are inherited and combined."""

    requirements: dict[Place, Requirement] = field(default_factory=dict)
    output_types: dict[tuple[str, str], str] = field(default_factory=dict)
    argument_types: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    input_types: dict[str, dict[str, str]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)

    def at(self, *place: str) -> Requirement:
        return self.requirements.get(place, FREE)

    def demand(self, requirement: Requirement, *place: str) -> None:
        if requirement != FREE:
            self.requirements[place] = self.at(*place) & requirement


def _read(supergraph: DocumentNode) -> _Declarations:
    written, names = _Declarations(), security_directives(supergraph)
    for node in supergraph.definitions:
        if isinstance(node, _OBJECT + _INTERFACE):
            _read_composite(node, written, names)
        elif isinstance(node, _INPUT):
            fields = written.input_types.setdefault(node.name.value, {})
            for value in node.fields or ():
                fields[value.name.value] = named_type(value.type)
                place = (node.name.value, value.name.value)
                written.demand(_requirement(value.directives, names), *place)
        elif isinstance(node, _UNION):
            members = written.members.setdefault(node.name.value, set())
            members.update(member.name.value for member in node.types or ())
        if isinstance(node, _OBJECT + _INTERFACE + _INPUT + _UNION + _LEAF):
            written.demand(_requirement(node.directives, names), node.name.value)
    return written


def _read_composite(
    node: ObjectTypeDefinitionNode
    | ObjectTypeExtensionNode
    | InterfaceTypeDefinitionNode
    | InterfaceTypeExtensionNode,
    written: _Declarations,
    names: dict[str, str],
) -> None:
    owner = node.name.value
    if isinstance(node, _OBJECT):
        written.objects.add(owner)
        for interface in node.interfaces or ():
            written.members.setdefault(interface.name.value, set()).add(owner)
    for definition in node.fields or ():
        place = (owner, definition.name.value)
        written.output_types[place] = named_type(definition.type)
        written.demand(_requirement(definition.directives, names), *place)
        arguments = written.argument_types.setdefault(place, {})
        for argument in definition.arguments or ():
            arguments[argument.name.value] = named_type(argument.type)
            requirement = _requirement(argument.directives, names)
            written.demand(requirement, *place, argument.name.value)


class _Index:
    """Derives the requirements of every place from the declarations."""

    def __init__(self, written: _Declarations) -> None:
        self._written = written
        self._inherit()
        self._numbers: dict[Requirement, int] = {}

    def build(self) -> RequirementIndex:
        written = self._written
        types = {name: self._needs(name) for name in written.objects}
        fields = {
            place: self._needs(place[0]) | self._needs(*place) | self._needs(output)
            for place, output in written.output_types.items()
            if place[0] in written.objects
        }
        own = {
            place: self._needs(*place)
            | (NO_REQUIREMENTS if self._is_composite(output) else self._needs(output))
            for place, output in written.output_types.items()
            if place[0] in written.objects
        }
        whole = self._whole_inputs()
        arguments = {
            place: self._inputs(place, types_by_name, whole)
            for place, types_by_name in written.argument_types.items()
        }
        input_fields = {
            name: self._inputs((name,), types_by_name, whole)
            for name, types_by_name in written.input_types.items()
        }
        return RequirementIndex(
            requirements=tuple(self._numbers),
            types={name: needs for name, needs in types.items() if needs},
            fields={place: needs for place, needs in fields.items() if needs},
            own={place: needs for place, needs in own.items() if needs},
            arguments={place: values for place, values in arguments.items() if values},
            input_fields={name: values for name, values in input_fields.items() if values},
            whole_inputs={name: needs for name, needs in whole.items() if needs},
            members={name: frozenset(types) for name, types in written.members.items()},
            places=self._places(),
        )

    def _is_composite(self, type: str) -> bool:
        return type in self._written.objects or type in self._written.members

    def _places(self) -> tuple[tuple[str, ...], ...]:
        places: dict[Requirement, list[str]] = {found: [] for found in self._numbers}
        for place, requirement in self._written.requirements.items():
            if requirement in places:
                places[requirement].append(coordinate(place))
        return tuple(tuple(sorted(found)) for found in places.values())

    def _inherit(self) -> None:
        """Apply requirements on interfaces and their fields to the object types as well.

        Composition writes the combined requirements of the implementations on an interface; those
        add nothing for any single one of them. A requirement beyond these was written for the
        interface itself (by an ``@interfaceObject``, or under older rules). Unless it is inherited,
        an inline fragment on an object type would bypass it.
        """
        written = self._written
        for place, requirement in list(written.requirements.items()):
            members = written.members.get(place[0], ())
            below = [(member, *place[1:]) for member in members]
            if place[1:]:
                below = [other for other in below if other[:2] in written.output_types]
            if not all_of(written.at(*other) for other in below).implies(requirement):
                for other in below:
                    written.demand(requirement, *other)
            elif members:
                del written.requirements[place]

    def _needs(self, *place: str) -> RequirementIds:
        requirement = self._written.at(*place)
        if requirement == FREE:
            return NO_REQUIREMENTS
        return frozenset([self._numbers.setdefault(requirement, len(self._numbers))])

    def _inputs(
        self, owner: Place, types_by_name: dict[str, str], whole: dict[str, RequirementIds]
    ) -> dict[str, InputValue]:
        values = {
            name: InputValue(type, self._needs(*owner, name) | self._needs(type))
            for name, type in types_by_name.items()
        }
        return {name: v for name, v in values.items() if v.needs or whole.get(v.type)}

    def _whole_inputs(self) -> dict[str, RequirementIds]:
        """Everything reachable from each input type. Input types may be recursive, so this repeats
        until nothing changes."""
        fields = self._written.input_types
        whole = {
            name: self._needs(name).union(
                *(self._needs(name, key) | self._needs(type) for key, type in values.items())
            )
            for name, values in fields.items()
        }
        changed = True
        while changed:
            changed = False
            for name, values in fields.items():
                needs = whole[name].union(
                    *(whole.get(type, NO_REQUIREMENTS) for type in values.values())
                )
                changed = changed or needs != whole[name]
                whole[name] = needs
        return whole


def _requirement(
    directives: Iterable[ConstDirectiveNode] | None, names: dict[str, str]
) -> Requirement:
    found = []
    for directive in directives or ():
        feature = names.get(directive.name.value)
        if feature == "authenticated":
            found.append(Requirement(authenticated=True))
        elif feature == "requiresScopes":
            found.append(Requirement(scopes=_alternatives(directive, "scopes")))
        elif feature == "policy":
            found.append(Requirement(policies=_alternatives(directive, "policies")))
    return all_of(found)


def _alternatives(directive: ConstDirectiveNode, argument: str) -> Alternatives:
    for given in directive.arguments or ():
        if given.name.value == argument:
            return frozenset(
                frozenset(_text(name, directive) for name in _items(alternative))
                for alternative in _items(given.value)
            )
    raise SupergraphInvalid(f"@{directive.name.value} lacks its argument '{argument}'.")


def _items(value: ValueNode) -> Sequence[ValueNode]:
    # GraphQL specification, section 3.11: a single value is coerced to a list of one.
    return value.values if isinstance(value, ListValueNode) else (value,)


def _text(value: ValueNode, directive: ConstDirectiveNode) -> str:
    if not isinstance(value, StringValueNode):
        raise SupergraphInvalid(f"@{directive.name.value} takes lists of lists of strings.")
    return value.value
