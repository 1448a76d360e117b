"""SDL text in, ``model.Schema`` out: definitions and extensions of one type become one element.

What the text itself gets wrong (syntax, a name defined twice) is collected here because the
model cannot hold it; everything else is judged later, on the model.
"""

from collections.abc import Callable, Iterable
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListTypeNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    Source,
    TypeNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    parse,
)

from router.composition.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumValue,
    FieldDefinition,
    InputValue,
    Kind,
    Place,
    Schema,
    TypeDefinition,
    TypeRef,
)
from router.composition.report import CompositionError

KINDS: dict[type[Node], tuple[Kind, bool]] = {
    ScalarTypeDefinitionNode: (Kind.SCALAR, False),
    ScalarTypeExtensionNode: (Kind.SCALAR, True),
    ObjectTypeDefinitionNode: (Kind.OBJECT, False),
    ObjectTypeExtensionNode: (Kind.OBJECT, True),
    InterfaceTypeDefinitionNode: (Kind.INTERFACE, False),
    InterfaceTypeExtensionNode: (Kind.INTERFACE, True),
    UnionTypeDefinitionNode: (Kind.UNION, False),
    UnionTypeExtensionNode: (Kind.UNION, True),
    EnumTypeDefinitionNode: (Kind.ENUM, False),
    EnumTypeExtensionNode: (Kind.ENUM, True),
    InputObjectTypeDefinitionNode: (Kind.INPUT_OBJECT, False),
    InputObjectTypeExtensionNode: (Kind.INPUT_OBJECT, True),
}

DEFAULT_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def parse_schema(subgraph: str, sdl: str) -> tuple[Schema, list[CompositionError]]:
    """Read a subgraph's SDL into the model.

    Returns the schema and ``INVALID_GRAPHQL`` errors for syntax, executable definitions and
    duplicates (GraphQL spec 3.3 to 3.13); with a syntax error the schema is empty. Raises nothing.
    """
    try:
        document = parse(Source(sdl, name=subgraph))
    except GraphQLError as error:
        where = error.locations[0] if error.locations else None
        place = Place(subgraph, where.line, where.column) if where else None
        return Schema(), [_invalid(error.message, None, place)]
    except RecursionError:
        return Schema(), [_invalid("The SDL is nested too deeply to be read.", None, None)]
    return _Reader(subgraph).read(document)


def read_type_ref(node: TypeNode) -> TypeRef:
    """A type reference of the AST as a ``TypeRef``."""
    if isinstance(node, NonNullTypeNode):
        inner = read_type_ref(node.type)
        return TypeRef(inner.name, inner.of, non_null=True)
    if isinstance(node, ListTypeNode):
        return TypeRef(of=read_type_ref(node.type))
    assert isinstance(node, NamedTypeNode)
    return TypeRef(node.name.value)


def _invalid(message: str, coordinate: str | None, place: Place | None) -> CompositionError:
    return CompositionError("INVALID_GRAPHQL", message, coordinate, (place,) if place else ())


class _Reader:
    """Folds the definitions of one document into a schema, noting what is said twice."""

    def __init__(self, subgraph: str) -> None:
        self.subgraph = subgraph
        self.schema = Schema()
        self.errors: list[CompositionError] = []
        self.has_schema_definition = False
        self.extension_counts: dict[str, int] = {}

    def read(self, document: DocumentNode) -> tuple[Schema, list[CompositionError]]:
        for node in document.definitions:
            if type(node) in KINDS:
                self.read_type(node)
            elif isinstance(node, DirectiveDefinitionNode):
                self.read_directive_definition(node)
            elif isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
                self.read_schema_element(node)
            else:
                self.refuse(
                    "A subgraph schema holds type system definitions only; "
                    "remove the operation or fragment.",
                    None,
                    node,
                )
        self.add_default_roots()
        return self.schema, self.errors

    def place(self, node: Node) -> Place | None:
        if node.loc is None:
            return None
        token = node.loc.start_token
        return Place(self.subgraph, token.line, token.column)

    def refuse(self, message: str, coordinate: str | None, node: Node) -> None:
        self.errors.append(_invalid(message, coordinate, self.place(node)))

    # The schema element

    def read_schema_element(self, node: SchemaDefinitionNode | SchemaExtensionNode) -> None:
        extends = isinstance(node, SchemaExtensionNode)
        if not extends:
            if self.has_schema_definition:
                self.refuse('There can be only one "schema" definition.', None, node)
            self.has_schema_definition = True
            self.schema.description = _description(node)
        self.schema.applied += self.read_applied(node.directives, int(extends))
        for operation in node.operation_types or ():
            kind, name = operation.operation.value, operation.type.name.value
            if kind in self.schema.roots:
                message = f'There can be only one {kind} type; "{name}" is a second one.'
                self.refuse(message, None, operation)
            self.schema.roots.setdefault(kind, name)

    def add_default_roots(self) -> None:
        """Without a schema definition that names roots, types called Query... are the roots
        (GraphQL spec 3.3.1). A ``schema @link(...)`` without operations counts as none."""
        if self.schema.roots and self.has_schema_definition:
            return
        for kind, name in DEFAULT_ROOTS.items():
            if name in self.schema.types and self.schema.types[name].kind is Kind.OBJECT:
                self.schema.roots.setdefault(kind, name)

    # Types

    def read_type(self, node: Any) -> None:
        kind, extends = KINDS[type(node)]
        name = node.name.value
        definition = self.type_to_fill(node, name, kind, extends)
        if definition is None:
            return
        declaration = self.count_declaration(name) if extends else 0
        definition.applied += self.read_applied(node.directives, declaration)
        if kind is Kind.OBJECT or kind is Kind.INTERFACE:
            self.read_interfaces(definition, node)
            self.read_fields(definition, node, declaration)
        elif kind is Kind.UNION:
            self.read_members(definition, node)
        elif kind is Kind.ENUM:
            self.read_values(definition, node)
        elif kind is Kind.INPUT_OBJECT:
            self.add_input_values(
                definition.input_fields, node.fields, lambda field: f"{name}.{field}", "field"
            )

    def count_declaration(self, name: str) -> int:
        self.extension_counts[name] = self.extension_counts.get(name, 0) + 1
        return self.extension_counts[name]

    def type_to_fill(
        self, node: Any, name: str, kind: Kind, extends: bool
    ) -> TypeDefinition | None:
        known = self.schema.types.get(name)
        if known is None:
            known = self.schema.types[name] = TypeDefinition(
                name, kind, place=self.place(node), has_definition=False
            )
        elif known.kind is not kind:
            self.refuse(f'"{name}" is a {known.kind} and a {kind} in the same schema.', name, node)
            return None
        if extends:
            known.has_extension = True
            return known
        if known.has_definition:
            self.refuse(f'There can be only one type named "{name}".', name, node)
            return None
        known.has_definition = True
        known.place = self.place(node)
        known.description = _description(node)
        return known

    def read_interfaces(self, definition: TypeDefinition, node: Any) -> None:
        for reference in node.interfaces or ():
            interface = reference.name.value
            if interface in definition.interfaces:
                message = f'Type "{definition.name}" can only implement "{interface}" once.'
                self.refuse(message, definition.name, reference)
            else:
                definition.interfaces.append(interface)

    def read_fields(self, definition: TypeDefinition, node: Any, declaration: int) -> None:
        for item in node.fields or ():
            field = self.read_field(definition.name, item, declaration)
            coordinate = f"{definition.name}.{field.name}"
            if field.name in definition.fields:
                self.refuse(f'Field "{coordinate}" can only be defined once.', coordinate, item)
            else:
                definition.fields[field.name] = field

    def read_field(
        self, parent: str, node: FieldDefinitionNode, declaration: int
    ) -> FieldDefinition:
        name = node.name.value
        field = FieldDefinition(
            name,
            read_type_ref(node.type),
            description=_description(node),
            applied=self.read_applied(node.directives, declaration),
            place=self.place(node),
            on_extension=declaration > 0,
            declaration=declaration,
        )
        self.add_input_values(
            field.arguments, node.arguments, lambda argument: f"{parent}.{name}({argument}:)"
        )
        return field

    def read_members(self, definition: TypeDefinition, node: Any) -> None:
        for reference in node.types or ():
            member = reference.name.value
            if member in definition.members:
                message = f'Union type "{definition.name}" can only include "{member}" once.'
                self.refuse(message, definition.name, reference)
            else:
                definition.members.append(member)

    def read_values(self, definition: TypeDefinition, node: Any) -> None:
        for item in node.values or ():
            name = item.name.value
            coordinate = f"{definition.name}.{name}"
            if name in definition.values:
                message = f'Enum value "{coordinate}" can only be defined once.'
                self.refuse(message, coordinate, item)
                continue
            definition.values[name] = EnumValue(
                name, _description(item), self.read_applied(item.directives), self.place(item)
            )

    # Arguments, input fields, directives

    def add_input_values(
        self,
        target: dict[str, InputValue],
        nodes: Iterable[InputValueDefinitionNode] | None,
        coordinate_of: Callable[[str], str],
        noun: str = "argument",
    ) -> None:
        for node in nodes or ():
            name = node.name.value
            if name in target:
                coordinate = coordinate_of(name)
                message = f'{noun.capitalize()} "{coordinate}" can only be defined once.'
                self.refuse(message, coordinate, node)
                continue
            target[name] = InputValue(
                name,
                read_type_ref(node.type),
                node.default_value,
                _description(node),
                self.read_applied(node.directives),
                self.place(node),
            )

    def read_directive_definition(self, node: DirectiveDefinitionNode) -> None:
        name = node.name.value
        if name in self.schema.directives:
            self.refuse(f'There can be only one directive named "@{name}".', f"@{name}", node)
            return
        definition = DirectiveDefinition(
            name,
            locations=[location.value for location in node.locations],
            is_repeatable=node.repeatable,
            description=_description(node),
            place=self.place(node),
        )
        self.add_input_values(
            definition.arguments, node.arguments, lambda argument: f"@{name}({argument}:)"
        )
        self.schema.directives[name] = definition

    def read_applied(
        self, nodes: Iterable[DirectiveNode] | None, declaration: int = 0
    ) -> list[AppliedDirective]:
        return [self.read_application(node, declaration) for node in nodes or ()]

    def read_application(self, node: DirectiveNode, declaration: int) -> AppliedDirective:
        applied = AppliedDirective(
            node.name.value,
            place=self.place(node),
            on_extension=declaration > 0,
            declaration=declaration,
        )
        for argument in node.arguments or ():
            name = argument.name.value
            if name in applied.arguments:
                message = f'Argument "{name}" of "@{applied.name}" is given twice.'
                self.refuse(message, None, argument)
            applied.arguments[name] = argument.value
        return applied


def _description(node: Any) -> str | None:
    return node.description.value if node.description else None
