"""The part of a schema that a caller may use: what introspection shows to that caller."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    OperationType,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    get_named_type,
    parse,
    print_schema,
)

from trellis.router.authorization.rules.index import RequirementIds, RequirementIndex
from trellis.router.authorization.view.usable import UsableSchema
from trellis.router.cache import Cache

NOTHING_OPEN = "_"
_NOTHING_OPEN_FIELD = (
    '"""You have no access to this graph: sign in, or request more rights."""\n_: Boolean'
)
_VIEWS = 64
"""Views in memory. A view is a whole schema; few sets of rights are in use at a time."""


class SchemaViews:
    """The views of one schema, one per set of unmet requirements. The latest are cached."""

    def __init__(self, schema: GraphQLSchema, index: RequirementIndex) -> None:
        self._schema = schema
        self._index = index
        self._document: DocumentNode | None = None
        self._views: Cache[RequirementIds, GraphQLSchema] = Cache(_VIEWS, "schema_views")

    def of(self, unmet: RequirementIds) -> GraphQLSchema:
        """The schema without what is denied to callers with these unmet requirements, without what
        cannot be used as a consequence, and without types that are no longer reachable.

        A field of an interface is shown to callers that may read it on every possible type. An
        interface without remaining fields becomes a union of its types, since only fragments on
        these are allowed. The result is a valid schema (GraphQL specification, section 3): a query
        type without remaining fields gets a field ``_`` whose description says so. Operations are
        validated against the whole schema, so ``_`` cannot be selected.
        """
        return self._views.find(unmet, lambda: self._build(unmet))

    def _build(self, unmet: RequirementIds) -> GraphQLSchema:
        if self._document is None:
            self._document = parse(print_schema(self._schema), no_location=True)
        view = _View(self._schema, UsableSchema(self._schema, self._index, unmet))
        definitions = tuple(view.definitions(self._document.definitions))
        document = DocumentNode(definitions=definitions)
        return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)


class _View:
    """Reduces the definitions of a schema to what is usable."""

    def __init__(self, schema: GraphQLSchema, permitted: UsableSchema) -> None:
        self._schema = schema
        self._permitted = permitted
        self._roots = {
            root.name: kind
            for kind, root in (
                ("query", schema.query_type),
                ("mutation", schema.mutation_type),
                ("subscription", schema.subscription_type),
            )
            if root is not None
        }
        self._shown = self._reachable()

    def definitions(self, written: Iterable[DefinitionNode]) -> Iterator[DefinitionNode]:
        query = next(name for name, kind in self._roots.items() if kind == "query")
        description = None
        for node in written:
            if isinstance(node, SchemaDefinitionNode):
                description = node.description
            elif isinstance(node, DirectiveDefinitionNode):
                if self._is_shown_directive(node.name.value):
                    yield node
            elif isinstance(node, TypeDefinitionNode) and node.name.value in self._shown:
                yield self._cut(node)
        yield SchemaDefinitionNode(
            description=description,
            operation_types=tuple(
                OperationTypeDefinitionNode(operation=OperationType(kind), type=_named([name])[0])
                for name, kind in self._roots.items()
                if name in self._shown or name == query
            ),
        )
        if query not in self._shown:
            yield from parse(f"type {query} {{ {_NOTHING_OPEN_FIELD} }}").definitions

    # -- which types are left ------------------------------------------------------------------

    def _reachable(self) -> set[str]:
        waiting = [name for name in self._roots if self._permitted.has(name)]
        for directive in self._schema.directives:
            if self._is_shown_directive(directive.name):
                arguments = directive.args.values()
                waiting.extend(get_named_type(argument.type).name for argument in arguments)
        reached = set(waiting)
        while waiting:
            new = set(self._leads_to(waiting.pop())) - reached
            reached |= new
            waiting.extend(new)
        return reached

    def _is_shown_directive(self, name: str) -> bool:
        directive = self._schema.get_directive(name)
        assert directive is not None
        named = (get_named_type(argument.type).name for argument in directive.args.values())
        return all(map(self._permitted.has, named))

    def _leads_to(self, name: str) -> Iterator[str]:
        kind, permitted = self._schema.type_map[name], self._permitted
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, arguments in permitted.fields(name).items():
                field = kind.fields[field_name]
                yield get_named_type(field.type).name
                for argument in arguments:
                    yield get_named_type(field.args[argument].type).name
            yield from permitted.interfaces(name)
        elif isinstance(kind, GraphQLInputObjectType):
            for input_name in permitted.fields(name):
                yield get_named_type(kind.fields[input_name].type).name
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            yield from permitted.members(name)

    # -- definitions rewritten -----------------------------------------------------------------

    def _cut(self, node: TypeDefinitionNode) -> TypeDefinitionNode:
        name = node.name.value
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            if not self._permitted.fields(name):
                return self._as_union(node)
            interfaces = _named(self._permitted.interfaces(name))
            fields = tuple(self._cut_fields(name, node.fields or ()))
            return replace(node, interfaces=interfaces, fields=fields)
        if isinstance(node, UnionTypeDefinitionNode):
            return self._as_union(node)
        if isinstance(node, InputObjectTypeDefinitionNode):
            left = self._permitted.fields(name)
            return replace(
                node, fields=tuple(each for each in node.fields or () if each.name.value in left)
            )
        return node

    def _as_union(self, node: TypeDefinitionNode) -> UnionTypeDefinitionNode:
        return UnionTypeDefinitionNode(
            name=node.name,
            description=node.description,
            directives=(),
            types=_named(self._permitted.members(node.name.value)),
        )

    def _cut_fields(
        self, owner: str, fields: Sequence[FieldDefinitionNode]
    ) -> Iterator[FieldDefinitionNode]:
        left = self._permitted.fields(owner)
        for field in fields:
            arguments = left.get(field.name.value)
            if arguments is not None:
                kept = (each for each in field.arguments or () if each.name.value in arguments)
                yield replace(field, arguments=tuple(kept))


def _named(names: Iterable[str]) -> tuple[NamedTypeNode, ...]:
    return tuple(NamedTypeNode(name=NameNode(value=name)) for name in names)
