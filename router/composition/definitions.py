"""A subgraph's own definitions of specification elements: compare them with the specification, then
use the specification's names throughout the schema.

A subgraph may repeat the definition of a linked directive or scalar, but only compatibly: with
fewer locations, fewer optional arguments, stricter optional ones, or another name for a scalar.
"""

from collections.abc import Container, Iterator
from dataclasses import replace

from graphql import Undefined, value_from_ast_untyped

from trellis.router.composition.link import Link, Links
from trellis.router.composition.model import (
    DirectiveDefinition,
    InputValue,
    Schema,
    SourceLocation,
    TypeDefinition,
    TypeKind,
    TypeRef,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.specs import (
    FEDERATION,
    LAST_FEDERATION_MINOR,
    Definitions,
    built_in_definitions,
    federation_definitions,
)
from trellis.router.composition.subgraph import SubgraphSchema

BUILT_IN_SCALARS = frozenset(built_in_definitions().types)

# What federation adds to every subgraph; printed SDL may carry it.
FEDERATION_TYPES = {"_Any": TypeKind.SCALAR, "_Entity": TypeKind.UNION, "_Service": TypeKind.OBJECT}

# Printed schemas may carry these; they are the same everywhere (spec 4.5).
INTROSPECTION_TYPES = (
    "__Schema",
    "__Type",
    "__TypeKind",
    "__Field",
    "__InputValue",
    "__EnumValue",
    "__Directive",
    "__DirectiveLocation",
)

# Federation 2 directives that take effect in a federation 1 subgraph that defines them.
_DEFINED_IN_FEDERATION_1 = (
    "shareable",
    "inaccessible",
    "override",
    "composeDirective",
    "interfaceObject",
)

# Federation 1 never checked these arguments, and subgraphs write them in many ways.
_LOOSE_IN_FEDERATION_1 = ("key", "requires", "provides")


class _LocalTypes:
    """The local names of a feature's types in a subgraph, and which of them are scalars."""

    def __init__(self, link: Link | None = None, definitions: Definitions | None = None) -> None:
        types = definitions.types if definitions else {}
        self.names = {name: link.local_name(name) for name in types} if link else {}
        self.scalars = frozenset(
            local for name, local in self.names.items() if types[name].kind is TypeKind.SCALAR
        )

    def rename(self, ref: TypeRef) -> TypeRef:
        if ref.of is not None:
            return TypeRef(of=self.rename(ref.of), non_null=ref.non_null)
        return TypeRef(self.names.get(ref.base, ref.base), non_null=ref.non_null)


_NO_TYPES = _LocalTypes()


def link_subgraph(
    name: str, url: str, schema: Schema, links: Links
) -> tuple[SubgraphSchema, list[CompositionError]]:
    """Check the definitions that repeat a specification's, remove them from ``schema``, and give
    every application of a specification's directive its specification name.

    Errors: ``DIRECTIVE_DEFINITION_INVALID``, ``TYPE_DEFINITION_INVALID``; ``INVALID_GRAPHQL`` when
    one of these definitions names a type that does not exist.
    """
    subgraph = SubgraphSchema(name, url, schema, links)
    features = list(links)
    if links.federation is None:
        features.insert(0, _federation_1())
    errors = list(_check_named_types(schema, features))
    if errors:
        return subgraph, errors
    errors += _take_out_built_ins(schema)
    known: dict[str, tuple[str, str]] = {}
    for link in features:
        errors += _take_out_feature(subgraph, link, known)
    if links.federation is None:
        errors += _take_out_forerunners(subgraph, known)
    errors += _check_federation_types(schema)
    _use_specification_names(schema, known)
    return subgraph, errors


def _federation_1() -> Link:
    """The federation 1 directives of a subgraph without ``@link``, under their own names."""
    definitions = federation_definitions((1, 0))
    imports = {f"@{name}": f"@{name}" for name in definitions.directives}
    imports["FieldSet"] = "_FieldSet"
    return Link("", FEDERATION, "federation", (1, 0), "federation", imports)


def _definitions(link: Link) -> Definitions | None:
    """The elements of a feature, including federation 1, which has no version number."""
    if link.identity == FEDERATION and link.version == (1, 0):
        return federation_definitions((1, 0))
    return link.definitions


def _check_named_types(schema: Schema, features: list[Link]) -> Iterator[CompositionError]:
    """Check the types named in definitions of specified directives, which other rules do not see.
    Federation 1's ``_FieldSet`` does not exist unless the subgraph defines it."""
    unknown = [
        (directive.name, argument)
        for directive in schema.directives.values()
        for argument in directive.arguments.values()
        if argument.type.base not in schema.types and argument.type.base not in BUILT_IN_SCALARS
    ]
    if not unknown:
        return
    specified = {
        link.local_name(f"@{name}")[1:]
        for link in features
        if (definitions := _definitions(link)) is not None
        for name in definitions.directives
    }
    given = {
        link.local_name(name)
        for link in features
        for name in (link.definitions.types if link.definitions else ())
    }
    for name, argument in unknown:
        if name in specified and argument.type.base not in given:
            coordinate = f"@{name}({argument.name}:)"
            yield CompositionError(
                "INVALID_GRAPHQL",
                f'Unknown type "{argument.type.base}" of "{coordinate}": define it, or leave the'
                f" definition of @{name} out.",
                coordinate,
                _places(argument.place),
            )


def _take_out_built_ins(schema: Schema) -> Iterator[CompositionError]:
    for name in INTROSPECTION_TYPES:
        schema.types.pop(name, None)
    built_in = built_in_definitions()
    for name, expected in built_in.types.items():
        own = schema.types.pop(name, None)
        if own is not None:
            yield from _compare_types(own, expected)
    for name, expected in built_in.directives.items():
        own = schema.directives.pop(name, None)
        if own is not None:
            yield from _compare_directives(own, expected, schema, _NO_TYPES)


def _take_out_feature(
    subgraph: SubgraphSchema, link: Link, known: dict[str, tuple[str, str]]
) -> Iterator[CompositionError]:
    definitions = _definitions(link)
    if definitions is None:
        return
    is_federation_1 = link.definitions is None
    schema = subgraph.schema
    local_types = _LocalTypes(link, definitions)
    for name, expected in definitions.directives.items():
        local = link.local_name(f"@{name}")[1:]
        known[local] = (link.identity, name)
        subgraph.local_names[name] = local
        subgraph.spec_directives[name] = _with_local_types(expected, local_types)
        own = schema.directives.pop(local, None)
        if own is None:
            continue
        if is_federation_1 and name in _LOOSE_IN_FEDERATION_1:
            own = _tightened(own, subgraph.spec_directives[name])
        yield from _compare_directives(own, expected, schema, local_types)
        if not is_federation_1:
            # The subgraph's own definition may be narrower; applications must then conform to it.
            subgraph.spec_directives[name] = own
    for name, expected in definitions.types.items():
        own_type = schema.types.pop(link.local_name(name), None)
        if own_type is not None:
            yield from _compare_types(own_type, expected)
        subgraph.spec_types[link.local_name(name)] = expected


def _take_out_forerunners(
    subgraph: SubgraphSchema, known: dict[str, tuple[str, str]]
) -> Iterator[CompositionError]:
    newest = federation_definitions((2, LAST_FEDERATION_MINOR))
    for name in _DEFINED_IN_FEDERATION_1:
        own = subgraph.schema.directives.pop(name, None)
        if own is None:
            continue
        expected = newest.directives[name]
        yield from _compare_directives(own, expected, subgraph.schema, _NO_TYPES)
        known[name] = (FEDERATION, name)
        subgraph.spec_directives[name] = expected
        subgraph.local_names[name] = name


def _with_local_types(
    definition: DirectiveDefinition, local_types: _LocalTypes
) -> DirectiveDefinition:
    arguments = {
        name: replace(argument, type=local_types.rename(argument.type))
        for name, argument in definition.arguments.items()
    }
    return replace(definition, arguments=arguments)


def _tightened(own: DirectiveDefinition, expected: DirectiveDefinition) -> DirectiveDefinition:
    """Federation 1 checked neither the type nor the presence of ``fields``. Accept it if it is a
    kind of string, or lists of it, and the only argument. A definition with further arguments was
    written for federation 2 and must conform to it."""
    fields = own.arguments.get("fields")
    if len(own.arguments) > (fields is not None):
        return own
    if fields is not None and fields.type.base not in ("String", "FieldSet", "_FieldSet"):
        return own
    return replace(own, arguments={**own.arguments, "fields": expected.arguments["fields"]})


def _use_specification_names(schema: Schema, known: dict[str, tuple[str, str]]) -> None:
    for applied in schema.applied:
        if applied.name in known:
            applied.feature, applied.name = known[applied.name]
    for _, _, element in schema.elements():
        for applied in element.applied:
            if applied.name in known:
                applied.feature, applied.name = known[applied.name]


# Comparing


def _compare_directives(
    own: DirectiveDefinition,
    expected: DirectiveDefinition,
    schema: Schema,
    local_types: _LocalTypes,
) -> Iterator[CompositionError]:
    for problem in _directive_differences(own, expected, schema, local_types):
        yield CompositionError(
            "DIRECTIVE_DEFINITION_INVALID",
            f'Invalid definition for directive "@{own.name}": {problem}.'
            " Correct it or leave the definition out.",
            f"@{own.name}",
            _places(own.place),
        )


def _directive_differences(
    own: DirectiveDefinition,
    expected: DirectiveDefinition,
    schema: Schema,
    local_types: _LocalTypes,
) -> Iterator[str]:
    if own.is_repeatable and not expected.is_repeatable:
        yield "it should not be repeatable"
    extra = [location for location in own.locations if location not in expected.locations]
    if extra:
        yield f"it stands on {', '.join(extra)}, which is not among {', '.join(expected.locations)}"
    for name, argument in expected.arguments.items():
        wanted = local_types.rename(argument.type)
        own_argument = own.arguments.get(name)
        if own_argument is None:
            if argument.type.non_null and argument.default is None:
                yield f'it lacks the required argument "{name}"'
        elif not _is_compatible(own_argument.type, wanted, schema, local_types.scalars):
            yield f'argument "{name}" should have type {wanted} but has {own_argument.type}'
        elif not own_argument.type.non_null and not _same_default(own_argument, argument):
            yield f'argument "{name}" has another default value'
    for name in own.arguments:
        if name not in expected.arguments:
            yield f'it has the unknown argument "{name}"'


def _is_compatible(own: TypeRef, wanted: TypeRef, schema: Schema, scalars: Container[str]) -> bool:
    """Whether the type is equal, required instead of optional, or replaces a custom scalar."""
    if own.non_null and not wanted.non_null:
        own = own.nullable()
    return own == wanted or _is_redefinition(own, wanted, schema, scalars)


def _is_redefinition(
    own: TypeRef, wanted: TypeRef, schema: Schema, scalars: Container[str]
) -> bool:
    if own.non_null != wanted.non_null:
        return False
    if wanted.of is not None:
        return own.of is not None and (
            own.of == wanted.of or _is_redefinition(own.of, wanted.of, schema, scalars)
        )
    if wanted.base in BUILT_IN_SCALARS:
        return False
    # A custom scalar accepts anything, so any other type may replace it, but no other scalar.
    other = schema.types.get(own.base)
    return (
        own.of is not None
        or own.base == wanted.base
        or other is None
        or other.kind is not TypeKind.SCALAR
    )


def _same_default(own: InputValue, expected: InputValue) -> bool:
    return _plain(own) == _plain(expected)


def _plain(value: InputValue) -> object:
    return Undefined if value.default is None else value_from_ast_untyped(value.default)


def _compare_types(own: TypeDefinition, expected: TypeDefinition) -> Iterator[CompositionError]:
    if own.kind is not expected.kind:
        yield _type_error(own, f"it should be a {expected.kind} but is a {own.kind}")
    elif own.kind is TypeKind.ENUM and set(own.values) != set(expected.values):
        yield _type_error(own, f"its values should be {', '.join(expected.values)}")


def _check_federation_types(schema: Schema) -> Iterator[CompositionError]:
    for name, kind in FEDERATION_TYPES.items():
        own = schema.types.get(name)
        if own is None:
            continue
        if own.kind is not kind:
            yield _type_error(own, f"it should be a {kind} but is a {own.kind}")
        elif name == "_Service":
            sdl = own.fields.get("sdl")
            if sdl is None or sdl.type.nullable() != TypeRef("String"):
                yield _type_error(own, 'it should have the field "sdl: String"')


def _type_error(own: TypeDefinition, problem: str) -> CompositionError:
    return CompositionError(
        "TYPE_DEFINITION_INVALID",
        f'Invalid definition for type "{own.name}": {problem}.'
        " Correct it or leave the definition out.",
        own.name,
        _places(own.place),
    )


def _places(place: SourceLocation | None) -> tuple[SourceLocation, ...]:
    return (place,) if place else ()
