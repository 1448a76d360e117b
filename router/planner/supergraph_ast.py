"""The parsed supergraph: its linked features, its subgraphs, and the schemas built from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    SelectionSetNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    ValueNode,
    build_ast_schema,
    parse,
    print_ast,
)

from trellis.router.errors import SupergraphInvalid

JOIN = "https://specs.apollo.dev/join/"
KNOWN_JOIN_VERSIONS = frozenset({"v0.1", "v0.2", "v0.3", "v0.4", "v0.5"})
KEPT_DIRECTIVES = frozenset({"deprecated", "specifiedBy", "oneOf", "skip", "include"})

CompositeDefinition = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
Node = TypeVar("Node", bound=Any)


@dataclass(frozen=True, slots=True)
class SubgraphEntry:
    """One value of ``enum join__Graph``; ``index`` is its position in every table of the
    planner."""

    index: int
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class SupergraphDocument:
    """A parsed supergraph. ``machinery`` are the namespaces of linked features ("join", "link"),
    ``imported`` the directives that features import without a namespace."""

    definitions: dict[str, TypeDefinitionNode]
    directives: tuple[DirectiveDefinitionNode, ...]
    schema: SchemaDefinitionNode
    subgraphs: dict[str, SubgraphEntry]
    join_version: str
    machinery: frozenset[str]
    imported: frozenset[str]
    inaccessible: str

    @property
    def is_fed1(self) -> bool:
        """Whether it is a supergraph of federation 1 (join v0.1), which lists less."""
        return self.join_version == "v0.1"


def parse_sdl(sdl: str) -> DocumentNode:
    """The document of a supergraph. Raises SupergraphInvalid when the text is not GraphQL."""
    try:
        return parse(sdl, no_location=True)
    except GraphQLError as error:
        raise SupergraphInvalid(
            f"The supergraph is not a valid GraphQL document: {error.message}"
        ) from None


def parse_supergraph(sdl: str | DocumentNode) -> SupergraphDocument:
    """Parse a supergraph of the join specification v0.1 to v0.5, given as text or document.

    Raises SupergraphInvalid when the text is not GraphQL, or links no join specification or an
    unknown version of it.
    """
    document = parse_sdl(sdl) if isinstance(sdl, str) else sdl
    types = {d.name.value: d for d in document.definitions if isinstance(d, TypeDefinitionNode)}
    schema = next((d for d in document.definitions if isinstance(d, SchemaDefinitionNode)), None)
    features = {} if schema is None else dict(_features(schema))
    version = next((f.rsplit("/", 1)[1] for f in features if f.startswith(JOIN)), None)
    if schema is None or version is None:
        raise SupergraphInvalid(
            f"The schema does not link {JOIN}v0.x, so it is not a supergraph. Compose the"
            " subgraphs first."
        )
    if version not in KNOWN_JOIN_VERSIONS:
        raise SupergraphInvalid(
            f"The supergraph uses join {version}; the supported versions are v0.1 to v0.5."
        )
    graphs = types.get("join__Graph")
    if not isinstance(graphs, EnumTypeDefinitionNode):
        raise SupergraphInvalid("The supergraph has no enum join__Graph that lists its subgraphs.")
    return SupergraphDocument(
        definitions=types,
        directives=tuple(d for d in document.definitions if isinstance(d, DirectiveDefinitionNode)),
        schema=schema,
        subgraphs=_subgraphs(graphs),
        join_version=version,
        machinery=frozenset(features.values()),
        imported=frozenset(_imported_directives(schema)),
        inaccessible=_inaccessible_name(schema),
    )


def applied(node: Any, name: str) -> Iterable[dict[str, Any]]:
    """The arguments of each application of directive ``name``, as plain values."""
    for directive in node.directives or ():
        if directive.name.value == name:
            yield _arguments(directive)


def parse_field_set(text: str) -> SelectionSetNode:
    """A field set, written without its outer braces. Raises GraphQLError if it is not one."""
    definition = parse("{" + text + "}", no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition.selection_set


def full_schema(document: SupergraphDocument) -> GraphQLSchema:
    """The merged schema including ``@inaccessible`` elements, which field sets may select."""
    return _build(document, hidden=False)


def api_schema(document: SupergraphDocument) -> GraphQLSchema:
    """The schema that clients see: without machinery and ``@inaccessible`` elements."""
    return _build(document, hidden=True)


def base_name(node: TypeNode) -> str:
    """The named type inside list and non-null types."""
    inner: Any = node
    while hasattr(inner, "type"):
        inner = inner.type
    return inner.name.value


def type_text(node: TypeNode) -> str:
    """``[Item!]!`` as written."""
    return print_ast(node)


def _features(schema: SchemaDefinitionNode) -> Iterable[tuple[str, str]]:
    """The URL of each linked feature and the namespace of its elements in this schema."""
    for directive in schema.directives or ():
        arguments = _arguments(directive)
        url = arguments.get("url") or arguments.get("feature")
        if isinstance(url, str):
            parts = url.rstrip("/").split("/")
            has_version = parts[-1][:1] == "v" and parts[-1][1:2].isdigit()
            name = parts[-2] if has_version and len(parts) > 1 else parts[-1]
            yield url.rstrip("/"), arguments.get("as") or name


def _imported_directives(schema: SchemaDefinitionNode) -> Iterable[str]:
    for directive in schema.directives or ():
        for item in _arguments(directive).get("import") or ():
            name = item.get("as") or item.get("name") if isinstance(item, dict) else item
            if str(name).startswith("@"):
                yield str(name)[1:]


def _inaccessible_name(schema: SchemaDefinitionNode) -> str:
    for directive in schema.directives or ():
        arguments = _arguments(directive)
        if "/inaccessible/" in str(arguments.get("url") or arguments.get("feature")):
            for item in arguments.get("import") or ():
                if isinstance(item, dict) and item.get("name") == "@inaccessible":
                    return str(item.get("as", "@inaccessible"))[1:]
            return arguments.get("as") or "inaccessible"
    return "inaccessible"


def _subgraphs(graphs: EnumTypeDefinitionNode) -> dict[str, SubgraphEntry]:
    found: dict[str, SubgraphEntry] = {}
    for index, value in enumerate(graphs.values or ()):
        graph = next(iter(applied(value, "join__graph")), {})
        name = graph.get("name", value.name.value)
        found[value.name.value] = SubgraphEntry(index, name, graph.get("url", ""))
    return found


def _arguments(directive: DirectiveNode) -> dict[str, Any]:
    return {a.name.value: _plain(a.value) for a in directive.arguments or ()}


def _plain(value: ValueNode) -> Any:
    if isinstance(value, ListValueNode):
        return [_plain(item) for item in value.values]
    if isinstance(value, ObjectValueNode):
        return {f.name.value: _plain(f.value) for f in value.fields}
    return getattr(value, "value", None)


def _build(document: SupergraphDocument, *, hidden: bool) -> GraphQLSchema:
    def is_hidden(node: Any) -> bool:
        return hidden and any(d.name.value == document.inaccessible for d in node.directives or ())

    def is_machinery(name: str) -> bool:
        return name.split("__", 1)[0] in document.machinery and "__" in name

    names = {n for n, d in document.definitions.items() if not is_machinery(n) and not is_hidden(d)}
    definitions: list[DefinitionNode] = [
        _stripped(d, names, is_hidden) for n, d in document.definitions.items() if n in names
    ]
    features = document.machinery | document.imported
    for directive in document.directives:
        name = directive.name.value
        if _is_executable(directive) and not is_machinery(name) and name not in features:
            definitions.append(directive)
    roots = tuple(o for o in document.schema.operation_types or () if o.type.name.value in names)
    definitions.append(_copy(document.schema, directives=(), operation_types=roots))
    return build_ast_schema(
        DocumentNode(definitions=tuple(definitions)), assume_valid=True, assume_valid_sdl=True
    )


def _is_executable(directive: DirectiveDefinitionNode) -> bool:
    return any(location.value in _EXECUTABLE for location in directive.locations or ())


_EXECUTABLE = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)


def _stripped(definition: TypeDefinitionNode, names: set[str], is_hidden: Any) -> DefinitionNode:
    """A definition without machinery directives, hidden members and references to hidden types."""
    changed: dict[str, Any] = {"directives": _kept(definition)}
    node: Any = definition
    if isinstance(definition, CompositeDefinition):
        changed["fields"] = tuple(
            _copy(
                f,
                directives=_kept(f),
                arguments=tuple(
                    _copy(a, directives=_kept(a)) for a in f.arguments or () if not is_hidden(a)
                ),
            )
            for f in node.fields or ()
            if not is_hidden(f)
        )
        changed["interfaces"] = tuple(
            i for i in definition.interfaces or () if i.name.value in names
        )
    elif isinstance(definition, UnionTypeDefinitionNode):
        changed["types"] = tuple(t for t in definition.types or () if t.name.value in names)
    else:
        for part in ("fields", "values"):
            members = getattr(node, part, None)
            if members is not None:
                changed[part] = tuple(
                    _copy(m, directives=_kept(m)) for m in members if not is_hidden(m)
                )
    return _copy(definition, **changed)


def _kept(node: Any) -> tuple[DirectiveNode, ...]:
    return tuple(d for d in node.directives or () if d.name.value in KEPT_DIRECTIVES)


def _copy(node: Node, **changed: Any) -> Node:
    values = {key: getattr(node, key) for key in node.keys if hasattr(node, key)}
    return cast(Node, type(node)(**{**values, **changed}))
