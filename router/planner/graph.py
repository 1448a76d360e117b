"""Reads a supergraph into a FederatedGraph by extracting each subgraph's own view."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    UnionTypeDefinitionNode,
    get_named_type,
    is_composite_type,
)

from trellis.router.errors import SupergraphInvalid
from trellis.router.operation.model import SelectionSet
from trellis.router.operation.normalize import Normalizer
from trellis.router.planner.supergraph_ast import (
    CompositeDefinition,
    SupergraphDocument,
    api_schema,
    applied,
    base_name,
    full_schema,
    parse_field_set,
    parse_supergraph,
    type_text,
)
from trellis.router.planner.tables import (
    ContextArgument,
    FederatedGraph,
    Key,
    Kind,
    LocalField,
    LocalType,
)

__all__ = ["FederatedGraph", "Kind", "read_supergraph"]

Joins = dict[str, list[dict[str, Any]]]


def read_supergraph(sdl: str | DocumentNode) -> FederatedGraph:
    """Load a supergraph with join specification v0.1 to v0.5 from its text or document.

    Raises SupergraphInvalid, with the reason, for anything else.
    """
    document = parse_supergraph(sdl)
    try:
        api, full = api_schema(document), full_schema(document)
    except (GraphQLError, TypeError, KeyError) as error:
        raise SupergraphInvalid(f"The supergraph's schema cannot be built: {error}") from None
    return _Loader(document, full).graph(api)


class _Loader:
    """Visits the supergraph's types once and fills one view per subgraph."""

    def __init__(self, document: SupergraphDocument, full: GraphQLSchema) -> None:
        self.document = document
        self.full = full
        self.normalizer = Normalizer(full)
        self.field_sets: dict[tuple[str, str], SelectionSet] = {}
        self.views: dict[str, dict[str, LocalType]] = {g: {} for g in document.subgraphs}
        self.contexts: dict[str, set[str]] = {}
        self.labels: set[str] = set()

    def graph(self, api: GraphQLSchema) -> FederatedGraph:
        for name, definition in self.document.definitions.items():
            if name not in self.full.type_map:
                continue
            if isinstance(definition, CompositeDefinition | UnionTypeDefinitionNode):
                for context in applied(definition, "context"):
                    self.contexts.setdefault(context["name"], set()).add(name)
            if isinstance(definition, CompositeDefinition):
                self._read_composite(name, definition)
            elif isinstance(definition, UnionTypeDefinitionNode):
                self._read_union(name, definition)
        self._fill_possible()
        for view in self.views.values():
            self._add_implied_fields(view)
        return FederatedGraph(
            subgraphs=tuple(self.document.subgraphs.values()),
            api=api,
            full=self.full,
            types=tuple(self.views.values()),
            labels=frozenset(self.labels),
            contexts={name: frozenset(types) for name, types in self.contexts.items()},
        )

    def _graphs_of(self, definition: Any) -> Joins:
        """The subgraphs that have a type, with its ``join__type`` applications in each."""
        joins: Joins = {}
        for owner in applied(definition, "join__owner"):
            joins.setdefault(owner["graph"], [])
        for join in applied(definition, "join__type"):
            joins.setdefault(join["graph"], []).append(join)
        # In join v0.1 a type without any application is a value type, known to all subgraphs.
        return joins or {graph: [] for graph in self.views}

    def _read_union(self, name: str, definition: UnionTypeDefinitionNode) -> None:
        listed = list(applied(definition, "join__unionMember"))
        members = [member.name.value for member in definition.types or ()]
        for graph in self._graphs_of(definition):
            mine = [m["member"] for m in listed if m["graph"] == graph] if listed else members
            self.views[graph][name] = LocalType(name, Kind.UNION, possible=frozenset(mine))

    def _read_composite(self, name: str, definition: CompositeDefinition) -> None:
        joins = self._graphs_of(definition)
        owner = next((o["graph"] for o in applied(definition, "join__owner")), None)
        is_object = isinstance(self.full.type_map[name], GraphQLObjectType)
        for graph, applications in joins.items():
            is_interface_object = any(a.get("isInterfaceObject") for a in applications)
            kind = Kind.OBJECT if is_object else Kind.INTERFACE
            self.views[graph][name] = LocalType(
                name,
                Kind.INTERFACE_OBJECT if is_interface_object else kind,
                keys=tuple(self._key(name, a) for a in applications if a.get("key")),
                fields={},
            )
        fields: dict[str, dict[str, LocalField]] = {graph: {} for graph in joins}
        for node in definition.fields or ():
            for graph, local in self._local_fields(name, node, joins, owner):
                fields[graph][local.name] = local
        for graph, mine in fields.items():
            self.views[graph][name] = replace(self.views[graph][name], fields=mine)

    def _key(self, type_name: str, application: Mapping[str, Any]) -> Key:
        text = application["key"]
        return Key(
            text, self._field_set(type_name, text), bool(application.get("resolvable", True))
        )

    def _local_fields(
        self, type_name: str, node: FieldDefinitionNode, joins: Joins, owner: str | None
    ) -> Iterable[tuple[str, LocalField]]:
        field_joins = list(applied(node, "join__field"))
        if not field_joins:
            field_joins = [{"graph": graph} for graph in ([owner] if owner else joins)]
        for join in field_joins:
            graph = join.get("graph") or owner
            # A @join__field without a graph: the field comes from an @interfaceObject.
            if graph in joins:
                yield graph, self._local_field(type_name, node, join)

    def _local_field(
        self, type_name: str, node: FieldDefinitionNode, join: Mapping[str, Any]
    ) -> LocalField:
        text = join.get("type") or type_text(node.type)
        base = text.strip("[]!") if join.get("type") else base_name(node.type)
        label = join.get("overrideLabel")
        if label is not None:
            self.labels.add(label)
        overridden = bool(join.get("usedOverridden")) and label is None
        requires, provides = join.get("requires"), join.get("provides")
        return LocalField(
            name=node.name.value,
            type=text,
            base=base,
            is_composite=is_composite_type(self.full.type_map[base]),
            is_external=bool(join.get("external")) or overridden,
            is_overridden=overridden,
            requires=self._field_set(type_name, requires) if requires else None,
            provides=self._field_set(base, provides) if provides else None,
            label=label,
            when_active=join.get("override") is not None,
            contexts=tuple(
                ContextArgument(c["name"], c["type"], c["context"], c["selection"])
                for c in join.get("contextArguments") or ()
            ),
        )

    def _field_set(self, type_name: str, text: str) -> SelectionSet:
        known = self.field_sets.get((type_name, text))
        if known is None:
            try:
                known = self.normalizer.selection(parse_field_set(text), type_name)
            except (GraphQLError, KeyError, AssertionError) as error:
                raise SupergraphInvalid(
                    f"The field set {text!r} on {type_name} cannot be read: {error}"
                ) from None
            self.field_sets[type_name, text] = known
        return known

    def _fill_possible(self) -> None:
        for graph, view in self.views.items():
            members: dict[str, set[str]] = {}
            for name, local in view.items():
                if local.kind in (Kind.OBJECT, Kind.INTERFACE_OBJECT):
                    members.setdefault(name, set()).add(name)
                    for interface in self._interfaces(name, graph):
                        members.setdefault(interface, set()).add(name)
            for name, local in view.items():
                if local.kind is not Kind.UNION:
                    view[name] = replace(local, possible=frozenset(members.get(name, ())))

    def _interfaces(self, name: str, graph: str) -> Iterable[str]:
        definition = self.document.definitions[name]
        listed = list(applied(definition, "join__implements"))
        if listed:
            return [j["interface"] for j in listed if j["graph"] == graph]
        if self.document.is_fed1:
            return [i.name.value for i in getattr(definition, "interfaces", None) or ()]
        return []

    def _add_implied_fields(self, view: dict[str, LocalType]) -> None:
        """Add fields that supergraphs do not list: a subgraph resolves the fields of its keys,
        whatever their own ``@join__field`` entries say, and the supergraphs of federation 1 omit
        external fields that only a ``@provides`` path makes available."""
        for name in list(view):
            for key in view[name].keys:
                for field in key.selection.fields:
                    self._imply(view, name, field.name, is_key=True)
                self._imply_nested(view, key.selection)
            for field in list(view[name].fields.values()):
                if field.provides is not None:
                    self._imply_nested(view, field.provides, deep=True)

    def _imply_nested(
        self, view: dict[str, LocalType], selection: SelectionSet, *, deep: bool = False
    ) -> None:
        if deep:
            for field in selection.fields:
                for owner in field.types or {selection.type, *selection.possible}:
                    self._imply(view, owner, field.name, is_key=False)
        for field in selection.fields:
            if field.selection is not None:
                self._imply_nested(view, field.selection, deep=True)

    def _imply(self, view: dict[str, LocalType], owner: str, name: str, *, is_key: bool) -> None:
        local = view.get(owner)
        if local is None or name == "__typename":
            return
        known = local.fields.get(name)
        if known is None:
            parent = self.full.type_map[owner]
            # On an interface, a field set may name fields that only its implementations have.
            if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
                return
            if name not in parent.fields:
                return
            kind = parent.fields[name].type
            base = get_named_type(kind)
            known = LocalField(
                name, str(kind), base.name, is_composite_type(base), is_external=not is_key
            )
        else:
            return
        view[owner] = replace(local, fields={**local.fields, name: known})
