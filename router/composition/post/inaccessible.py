"""``@inaccessible``: the visible part of the schema must be consistent."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode

from trellis.router.composition.merge.arguments import is_required
from trellis.router.composition.merge.state import Element, Merge
from trellis.router.composition.model import (
    FieldDefinition,
    InputValue,
    TypeDefinition,
    TypeKind,
    TypeRef,
)


def check_inaccessible(merge: Merge) -> None:
    """Check that no visible element depends on a hidden one (inaccessible spec v0.2).

    Errors: ``QUERY_ROOT_TYPE_INACCESSIBLE``, ``REFERENCED_INACCESSIBLE``,
    ``ONLY_INACCESSIBLE_CHILDREN``, ``IMPLEMENTED_BY_INACCESSIBLE``, ``REQUIRED_INACCESSIBLE``,
    ``DEFAULT_VALUE_USES_INACCESSIBLE``, ``DISALLOWED_INACCESSIBLE``.
    """
    _InaccessibleCheck(merge).run()


class _InaccessibleCheck:
    def __init__(self, merge: Merge) -> None:
        self.merge = merge
        self.types = merge.merged.types
        self.directive = merge.directive_names.get("inaccessible")

    def run(self) -> None:
        self.check_directives()
        if self.directive is None:
            return
        query = self.types.get(self.merge.merged.roots.get("query", ""))
        if query is not None and self.is_hidden(query):
            self.error(
                "QUERY_ROOT_TYPE_INACCESSIBLE",
                f'Type "{query.name}" is @inaccessible, but every graph needs its query type.',
                query.name,
            )
        for definition in self.types.values():
            if not self.is_hidden(definition):
                self.check_type(definition)

    def is_hidden(self, element: Element) -> bool:
        return any(d.name == self.directive for d in element.applied)

    def is_type_hidden(self, name: str) -> bool:
        definition = self.types.get(name)
        return definition is not None and self.is_hidden(definition)

    def error(self, code: str, message: str, coordinate: str) -> None:
        sources = self.merge.sources.get(coordinate.partition(".")[0], {})
        self.merge.error(code, message, coordinate, sources.values())

    def check_directives(self) -> None:
        composed = set().union(*self.merge.composed.values())
        for definition in self.merge.merged.directives.values():
            for argument in definition.arguments.values():
                coordinate = f"@{definition.name}({argument.name}:)"
                if definition.name in composed:
                    self.check_composed_argument(coordinate, argument)
                elif not self.is_hidden(argument):
                    self.check_input_value(coordinate, argument)
                elif is_required(argument):
                    self.report_required("Argument", coordinate)

    def check_composed_argument(self, coordinate: str, argument: InputValue) -> None:
        """Directives of features are not part of the API, so nothing in them can be hidden."""
        if any(d.feature and d.name == "inaccessible" for d in argument.applied):
            self.error(
                "DISALLOWED_INACCESSIBLE",
                f"Argument {coordinate} cannot be @inaccessible: its directive is not part of "
                "what clients see.",
                coordinate,
            )

    def check_type(self, definition: TypeDefinition) -> None:
        self.check_children(definition)
        for field in definition.fields.values():
            if self.is_hidden(field):
                self.check_hidden_field(definition, field)
            else:
                self.check_field(definition, field)
        for value in definition.input_fields.values():
            coordinate = f"{definition.name}.{value.name}"
            if not self.is_hidden(value):
                self.check_input_value(coordinate, value)
            elif is_required(value):
                self.report_required("Input field", coordinate)

    def check_children(self, definition: TypeDefinition) -> None:
        children: list[Element] = [
            *definition.fields.values(),
            *definition.input_fields.values(),
            *definition.values.values(),
            *(self.types[name] for name in definition.members if name in self.types),
        ]
        if children and all(self.is_hidden(child) for child in children):
            self.error(
                "ONLY_INACCESSIBLE_CHILDREN",
                f'Type "{definition.name}" is visible, but everything in it is @inaccessible: '
                "hide the type as well, or show a part of it.",
                definition.name,
            )

    def check_field(self, definition: TypeDefinition, field: FieldDefinition) -> None:
        coordinate = f"{definition.name}.{field.name}"
        self.check_reference(coordinate, field.type)
        if field.arguments and definition.interfaces:
            self.check_own_arguments(definition, field)
        for argument in field.arguments.values():
            place = f"{coordinate}({argument.name}:)"
            if not self.is_hidden(argument):
                self.check_input_value(place, argument)
            elif is_required(argument):
                self.report_required("Argument", place)
            else:
                self.check_hidden_argument(definition, field, argument)

    def check_hidden_field(self, definition: TypeDefinition, field: FieldDefinition) -> None:
        for interface in self.visible_interfaces(definition):
            wanted = interface.fields.get(field.name)
            if wanted is not None and not self.is_hidden(wanted):
                self.report_implements(
                    f"{definition.name}.{field.name}", f"{interface.name}.{field.name}"
                )

    def check_hidden_argument(
        self, definition: TypeDefinition, field: FieldDefinition, argument: InputValue
    ) -> None:
        for interface in self.visible_interfaces(definition):
            wanted = interface.fields.get(field.name)
            if wanted is None or self.is_hidden(wanted):
                continue
            other = wanted.arguments.get(argument.name)
            if other is not None and not self.is_hidden(other):
                inner = f"{field.name}({argument.name}:)"
                self.report_implements(f"{definition.name}.{inner}", f"{interface.name}.{inner}")

    def check_own_arguments(self, definition: TypeDefinition, field: FieldDefinition) -> None:
        """A query on the interface cannot pass an argument that only the implementation shows."""
        for interface in self.visible_interfaces(definition):
            wanted = interface.fields.get(field.name)
            if wanted is None or self.is_hidden(wanted):
                continue
            for argument in field.arguments.values():
                other = wanted.arguments.get(argument.name)
                if other is None or not self.is_hidden(other) or self.is_hidden(argument):
                    continue
                if is_required(argument):
                    inner = f"{field.name}({argument.name}:)"
                    self.error(
                        "REQUIRED_INACCESSIBLE",
                        f"Argument {interface.name}.{inner} is @inaccessible, but"
                        f" {definition.name}.{inner}, which implements it, is visible and required:"
                        " make that one optional, or hide it as well.",
                        f"{interface.name}.{inner}",
                    )

    def visible_interfaces(self, definition: TypeDefinition) -> Iterator[TypeDefinition]:
        return (self.types[n] for n in definition.interfaces if not self.is_type_hidden(n))

    def check_input_value(self, coordinate: str, value: InputValue) -> None:
        self.check_reference(coordinate, value.type)
        if value.default is not None:
            for hidden in self.hidden_parts(value.type, value.default):
                self.error(
                    "DEFAULT_VALUE_USES_INACCESSIBLE",
                    f"The default value of {coordinate} uses {hidden}, which is @inaccessible.",
                    coordinate,
                )

    def hidden_parts(self, reference: TypeRef, value: ValueNode) -> Iterator[str]:
        """Coordinates of hidden enum values and input fields that a default value uses."""
        if isinstance(value, ListValueNode):
            inner = reference.of or reference
            for item in value.values:
                yield from self.hidden_parts(inner, item)
            return
        definition = self.types.get(reference.base)
        if definition is None:
            return
        if isinstance(value, EnumValueNode):
            member = definition.values.get(value.value)
            if member is not None and self.is_hidden(member):
                yield f"{definition.name}.{member.name}"
        elif isinstance(value, ObjectValueNode) and definition.kind is TypeKind.INPUT_OBJECT:
            for item in value.fields:
                field = definition.input_fields.get(item.name.value)
                if field is None:
                    continue
                if self.is_hidden(field):
                    yield f"{definition.name}.{field.name}"
                else:
                    yield from self.hidden_parts(field.type, item.value)

    def check_reference(self, coordinate: str, reference: TypeRef) -> None:
        if self.is_type_hidden(reference.base):
            self.error(
                "REFERENCED_INACCESSIBLE",
                f'Type "{reference.base}" is @inaccessible, but {coordinate} refers to it: hide '
                "that as well.",
                coordinate,
            )

    def report_required(self, noun: str, coordinate: str) -> None:
        self.error(
            "REQUIRED_INACCESSIBLE",
            f"{noun} {coordinate} is @inaccessible and required: clients could not give it. Make "
            "it optional, or hide what it belongs to.",
            coordinate,
        )

    def report_implements(self, coordinate: str, interface: str) -> None:
        self.error(
            "IMPLEMENTED_BY_INACCESSIBLE",
            f"{coordinate} is @inaccessible, but implements {interface}, which is visible.",
            coordinate,
        )
