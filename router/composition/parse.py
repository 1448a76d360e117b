"""Parses SDL into ``model.Schema``, folding the extensions of a type into one element.

Errors that the model cannot represent (syntax, a name defined twice) are collected here;
everything else is validated later, on the model.
"""

from collections.abc import Callable, Iterator

from graphql import (
    BooleanValueNode,
    DirectiveLocation,
    EnumValueNode,
    ExecutableDefinitionNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    Source,
    StringValueNode,
    ValueNode,
    parse,
)

from trellis.router.composition.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumValue,
    FieldDefinition,
    InputValue,
    Schema,
    SourceLocation,
    TypeDefinition,
    TypeKind,
    TypeRef,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.tokens import Tokens, Unreadable, string_of, tokenize

KINDS = {
    "scalar": TypeKind.SCALAR,
    "type": TypeKind.OBJECT,
    "interface": TypeKind.INTERFACE,
    "union": TypeKind.UNION,
    "enum": TypeKind.ENUM,
    "input": TypeKind.INPUT_OBJECT,
}

DEFAULT_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}

# The parser is recursive; no sensible schema nests values or types deeper.
MAX_DEPTH = 100
NESTED_TOO_DEEPLY = "this is nested too deeply"

_LOCATIONS = frozenset(DirectiveLocation.__members__)
_WORDS: dict[str, Callable[[], ValueNode]] = {
    "true": lambda: BooleanValueNode(value=True),
    "false": lambda: BooleanValueNode(value=False),
    "null": NullValueNode,
}


def parse_schema(subgraph: str, sdl: str) -> tuple[Schema, list[CompositionError]]:
    """Read a subgraph's SDL into the model.

    Returns the schema and ``INVALID_GRAPHQL`` errors for syntax, executable definitions and
    duplicates (GraphQL spec 3.3 to 3.13); with a syntax error the schema is empty. Raises nothing.
    """
    try:
        reader = _SchemaReader(subgraph, tokenize(sdl))
        return reader.read()
    except Unreadable as unreadable:
        return Schema(), [_syntax_error(subgraph, sdl, unreadable)]


def _syntax_error(subgraph: str, sdl: str, unreadable: Unreadable) -> CompositionError:
    """The syntax error of a text that could not be parsed, as reported by graphql-core."""
    offset = unreadable.offset
    line = sdl.count("\n", 0, offset) + 1
    column = offset - sdl.rfind("\n", 0, offset)
    message = f"Syntax Error: {unreadable.reason}."
    try:
        document = parse(Source(sdl, name=subgraph))
    except GraphQLError as error:
        message = error.message
        if error.locations:
            line, column = error.locations[0].line, error.locations[0].column
    except RecursionError:
        message = f"Syntax Error: {NESTED_TOO_DEEPLY}."
    else:
        executable = [d for d in document.definitions if isinstance(d, ExecutableDefinitionNode)]
        if executable and executable[0].loc is not None:
            token = executable[0].loc.start_token
            line, column = token.line, token.column
            message = (
                "A subgraph schema holds type system definitions only;"
                " remove the operation or fragment."
            )
    return _invalid(message, None, SourceLocation(subgraph, line, column))


def _invalid(
    message: str, coordinate: str | None, place: SourceLocation | None
) -> CompositionError:
    return CompositionError("INVALID_GRAPHQL", message, coordinate, (place,) if place else ())


class _SchemaReader:
    """Recursive descent parser for one document. Folds extensions into their types and collects
    duplicates. ``at`` is the index of the next token."""

    def __init__(self, subgraph: str, tokens: Tokens) -> None:
        self.subgraph = subgraph
        self.tokens = tokens
        self.values = tokens.values
        self.at = 0
        self.depth = 0
        self.schema = Schema()
        self.errors: list[CompositionError] = []
        self.has_schema_definition = False
        self.extension_counts: dict[str, int] = {}

    def read(self) -> tuple[Schema, list[CompositionError]]:
        """The whole document. Raises ``Unreadable``."""
        if not self.values[0]:
            raise self.unreadable()
        while self.values[self.at]:
            self.read_definition()
        self.add_default_roots()
        return self.schema, self.errors

    def read_definition(self) -> None:
        description = self.read_description()
        start = self.at
        extends = self.skip("extend")
        if extends and description is not None:
            raise self.unreadable()
        keyword = self.name()
        if keyword in KINDS:
            self.read_type(KINDS[keyword], extends, description, start)
        elif keyword == "schema":
            self.read_schema_element(extends, description, start)
        elif keyword == "directive" and not extends:
            self.read_directive_definition(description, start)
        else:
            raise self.unreadable(start)

    # Tokens

    def unreadable(self, at: int | None = None) -> Unreadable:
        return Unreadable(self.tokens.offsets[self.at if at is None else at])

    def place(self, at: int) -> SourceLocation:
        line, column = self.tokens.place(self.tokens.offsets[at])
        return SourceLocation(self.subgraph, line, column)

    def refuse(self, message: str, coordinate: str | None, at: int) -> None:
        self.errors.append(_invalid(message, coordinate, self.place(at)))

    def skip(self, token: str) -> bool:
        if self.values[self.at] == token:
            self.at += 1
            return True
        return False

    def expect(self, token: str) -> None:
        if self.values[self.at] != token:
            raise self.unreadable()
        self.at += 1

    def name(self) -> str:
        value = self.values[self.at]
        if not value.isidentifier():
            raise self.unreadable()
        self.at += 1
        return value

    def items(self, opening: str, closing: str) -> Iterator[int]:
        """The index of each item between two tokens: none if the first token is absent, otherwise
        at least one. The caller reads the item."""
        if self.values[self.at] != opening:
            return
        self.at += 1
        yield self.at
        while self.values[self.at] != closing:
            yield self.at
        self.at += 1

    def names_between(self, separator: str) -> Iterator[tuple[int, str]]:
        """Names with a separator between them, and optionally before the first."""
        self.skip(separator)
        yield self.at, self.name()
        while self.skip(separator):
            yield self.at, self.name()

    def read_description(self) -> str | None:
        token = self.values[self.at]
        if not token.startswith('"'):
            return None
        self.at += 1
        return string_of(token, self.tokens.offsets[self.at - 1])

    def nest(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(self.tokens.offsets[self.at], NESTED_TOO_DEEPLY)

    # The schema element

    def read_schema_element(self, extends: bool, description: str | None, start: int) -> None:
        if not extends:
            if self.has_schema_definition:
                self.refuse('There can be only one "schema" definition.', None, start)
            self.has_schema_definition = True
            self.schema.description = description
        applied = self.read_applied(int(extends))
        self.schema.applied += applied
        has_operations = self.values[self.at] == "{"
        if not has_operations and not (extends and applied):
            raise self.unreadable()
        for at in self.items("{", "}"):
            kind = self.name()
            if kind not in DEFAULT_ROOTS:
                raise self.unreadable(at)
            self.expect(":")
            name = self.name()
            if kind in self.schema.roots:
                message = f'There can be only one {kind} type; "{name}" is a second one.'
                self.refuse(message, None, at)
            self.schema.roots.setdefault(kind, name)

    def add_default_roots(self) -> None:
        """Without a schema definition that names roots, types called Query... are the roots
        (GraphQL spec 3.3.1)."""
        if self.schema.roots and self.has_schema_definition:
            return
        for kind, name in DEFAULT_ROOTS.items():
            if name in self.schema.types and self.schema.types[name].kind is TypeKind.OBJECT:
                self.schema.roots.setdefault(kind, name)

    # Types

    def read_type(self, kind: TypeKind, extends: bool, description: str | None, start: int) -> None:
        name = self.name()
        parts_start = self.at
        declaration = self.count_declaration(name) if extends else 0
        definition = self.type_to_fill(name, kind, extends, description, start)
        if kind is TypeKind.OBJECT or kind is TypeKind.INTERFACE:
            self.read_interfaces(definition)
        definition.applied += self.read_applied(declaration)
        if kind is TypeKind.OBJECT or kind is TypeKind.INTERFACE:
            self.read_fields(definition, declaration)
        elif kind is TypeKind.UNION:
            self.read_members(definition)
        elif kind is TypeKind.ENUM:
            self.read_values(definition)
        elif kind is TypeKind.INPUT_OBJECT:
            self.read_input_values(
                definition.input_fields, "{", "}", lambda field: f"{name}.{field}", "Field"
            )
        if extends and self.at == parts_start:
            raise self.unreadable()

    def count_declaration(self, name: str) -> int:
        self.extension_counts[name] = self.extension_counts.get(name, 0) + 1
        return self.extension_counts[name]

    def type_to_fill(
        self, name: str, kind: TypeKind, extends: bool, description: str | None, start: int
    ) -> TypeDefinition:
        """The type that a declaration belongs to. An invalid declaration fills a type that is not
        part of the schema, so that parsing continues."""
        known = self.schema.types.get(name)
        if known is None:
            known = self.schema.types[name] = TypeDefinition(
                name, kind, place=self.place(start), has_definition=False
            )
        elif known.kind is not kind:
            message = f'"{name}" is defined both as {known.kind} and as {kind}.'
            self.refuse(message, name, start)
            return TypeDefinition(name, kind)
        if extends:
            known.has_extension = True
            return known
        if known.has_definition:
            self.refuse(f'There can be only one type named "{name}".', name, start)
            return TypeDefinition(name, kind)
        known.has_definition = True
        known.place = self.place(start)
        known.description = description
        return known

    def read_interfaces(self, definition: TypeDefinition) -> None:
        if not self.skip("implements"):
            return
        for at, interface in self.names_between("&"):
            if interface in definition.interfaces:
                message = f'Type "{definition.name}" can only implement "{interface}" once.'
                self.refuse(message, definition.name, at)
            else:
                definition.interfaces.append(interface)

    def read_fields(self, definition: TypeDefinition, declaration: int) -> None:
        parent, fields = definition.name, definition.fields
        for _ in self.items("{", "}"):
            description = self.read_description()
            at = self.at
            name = self.name()
            arguments: dict[str, InputValue] = {}
            if self.values[self.at] == "(":
                self.read_input_values(
                    arguments,
                    "(",
                    ")",
                    lambda argument: f"{parent}.{name}({argument}:)",  # noqa: B023
                )
            self.expect(":")
            field = FieldDefinition(
                name,
                self.read_type_ref(),
                arguments,
                description,
                self.read_applied(declaration),
                self.place(at),
                declaration > 0,
                declaration,
            )
            if name in fields:
                coordinate = f"{parent}.{name}"
                self.refuse(f'Field "{coordinate}" can only be defined once.', coordinate, at)
            else:
                fields[name] = field

    def read_members(self, definition: TypeDefinition) -> None:
        if not self.skip("="):
            return
        for at, member in self.names_between("|"):
            if member in definition.members:
                message = f'Union type "{definition.name}" can only include "{member}" once.'
                self.refuse(message, definition.name, at)
            else:
                definition.members.append(member)

    def read_values(self, definition: TypeDefinition) -> None:
        for _ in self.items("{", "}"):
            description = self.read_description()
            at = self.at
            name = self.name()
            if name in _WORDS:
                raise self.unreadable(at)
            value = EnumValue(name, description, self.read_applied(), self.place(at))
            if name in definition.values:
                coordinate = f"{definition.name}.{name}"
                self.refuse(f'Enum value "{coordinate}" can only be defined once.', coordinate, at)
            else:
                definition.values[name] = value

    def read_type_ref(self) -> TypeRef:
        if self.skip("["):
            self.nest()
            inner = self.read_type_ref()
            self.depth -= 1
            self.expect("]")
            return TypeRef(of=inner, non_null=self.skip("!"))
        return TypeRef(self.name(), non_null=self.skip("!"))

    # Arguments, input fields, directives

    def read_input_values(
        self,
        target: dict[str, InputValue],
        opening: str,
        closing: str,
        coordinate_of: Callable[[str], str],
        noun: str = "Argument",
    ) -> None:
        for _ in self.items(opening, closing):
            description = self.read_description()
            at = self.at
            name = self.name()
            self.expect(":")
            ref = self.read_type_ref()
            default = self.read_value() if self.skip("=") else None
            value = InputValue(name, ref, default, description, self.read_applied(), self.place(at))
            if name in target:
                coordinate = coordinate_of(name)
                self.refuse(f'{noun} "{coordinate}" can only be defined once.', coordinate, at)
            else:
                target[name] = value

    def read_directive_definition(self, description: str | None, start: int) -> None:
        self.expect("@")
        name = self.name()
        definition = DirectiveDefinition(name, description=description, place=self.place(start))
        self.read_input_values(
            definition.arguments, "(", ")", lambda argument: f"@{name}({argument}:)"
        )
        definition.is_repeatable = self.skip("repeatable")
        self.expect("on")
        for at, location in self.names_between("|"):
            if location not in _LOCATIONS:
                raise self.unreadable(at)
            definition.locations.append(location)
        if name in self.schema.directives:
            self.refuse(f'There can be only one directive named "@{name}".', f"@{name}", start)
        else:
            self.schema.directives[name] = definition

    def read_applied(self, declaration: int = 0) -> list[AppliedDirective]:
        found: list[AppliedDirective] = []
        while self.values[self.at] == "@":
            start = self.at
            self.at += 1
            name = self.name()
            arguments: dict[str, ValueNode] = {}
            for at in self.items("(", ")"):
                argument = self.name()
                self.expect(":")
                if argument in arguments:
                    self.refuse(
                        f'Argument "{argument}" of "@{name}" is given more than once.', None, at
                    )
                arguments[argument] = self.read_value()
            found.append(
                AppliedDirective(
                    name,
                    arguments,
                    self.place(start),
                    on_extension=declaration > 0,
                    declaration=declaration,
                )
            )
        return found

    # Values

    def read_value(self) -> ValueNode:
        """A constant (spec 2.9)."""
        token = self.values[self.at]
        self.at += 1
        if token.isidentifier():
            word = _WORDS.get(token)
            return word() if word else EnumValueNode(value=token)
        if token.startswith('"'):
            text = string_of(token, self.tokens.offsets[self.at - 1])
            return StringValueNode(value=text, block=token.startswith('"""'))
        if token == "[":
            return self.read_list()
        if token == "{":
            return self.read_object()
        if token[:1] in "-0123456789" and token:
            is_float = "." in token or "e" in token or "E" in token
            return (FloatValueNode if is_float else IntValueNode)(value=token)
        raise self.unreadable(self.at - 1)

    def read_list(self) -> ValueNode:
        self.nest()
        items: list[ValueNode] = []
        while not self.skip("]"):
            items.append(self.read_value())
        self.depth -= 1
        return ListValueNode(values=tuple(items))

    def read_object(self) -> ValueNode:
        self.nest()
        members: list[ObjectFieldNode] = []
        while not self.skip("}"):
            name = NameNode(value=self.name())
            self.expect(":")
            members.append(ObjectFieldNode(name=name, value=self.read_value()))
        self.depth -= 1
        return ObjectValueNode(fields=tuple(members))
