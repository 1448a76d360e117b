"""What a generated operation selects: a resource with its scalars, and what it refers to by key.

    Book                    the resource: leaves, and one level below it
    ├── title genre tags    leaves and lists of them
    ├── author { id }       an entity, or a list of them: its key
    ├── size { width }      a value object, or a list of them: its leaves
    └── media               an interface or union: __typename, and each type as above
          { __typename ... on Film { id } }

Left out is what is deprecated, what needs an argument, and connections below the resource (they
want routes of their own). So is what the callers of the route may be denied and would take the
whole answer with it: a non-null field that needs more rights than the route, and where operations
are refused as a whole, as mutations always are, any such field.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from trellis.router.authorization.rules.index import NO_REQUIREMENTS, RequirementIndex
from trellis.router.operation.model import SelectionSet
from trellis.router.planner.tables import FederatedGraph
from trellis.router.rest.generated.fields import RestField


@dataclass(frozen=True, slots=True)
class Selected:
    """A selected field; ``name`` begins with ``...`` for a fragment. ``type`` is the field's."""

    name: str
    type: GraphQLOutputType | None = None
    children: tuple["Selected", ...] = ()
    alias: str | None = None

    @property
    def key(self) -> str:
        return self.alias or self.name


TYPENAME = Selected("__typename")

Keys = Mapping[str, Sequence[tuple[Selected, ...]]]
"""The keys of entities by type, the best first."""


class Selector:
    """Chooses selections over one public schema, for one route."""

    def __init__(
        self,
        graph: FederatedGraph,
        index: RequirementIndex,
        keys: Keys,
        field: RestField,
        *,
        rejects: bool = False,
    ) -> None:
        """``field`` is the one whose route it is. With ``rejects`` one denied field refuses a
        query as a whole too."""
        self._schema: GraphQLSchema = graph.api
        self._keys = keys
        self._needs = index.fields
        self._is_refused_whole = rejects or field.kind == "mutation"
        root = graph.api.get_root_type(OperationType(field.kind))
        self._met = (
            index.fields.get((root.name, field.name), NO_REQUIREMENTS) if root else NO_REQUIREMENTS
        )

    def resource(self, type_: GraphQLNamedType) -> tuple[Selected, ...]:
        """Of an object that a route answers with; () for a leaf."""
        if is_leaf_type(type_):
            return ()
        return self._object(type_, is_resource=True) or (TYPENAME,)

    def payload(self, type_: GraphQLNamedType) -> tuple[Selected, ...]:
        """Of an object that holds resources beside others, such as a mutation's payload."""
        chosen = []
        for name, field in self._usable(type_):
            named = get_named_type(field.type)
            below = self.page(named) if is_connection(named) else self.resource(named)
            chosen.append(Selected(name, field.type, below))
        return tuple(chosen) or (TYPENAME,)

    def page(self, connection: GraphQLNamedType) -> tuple[Selected, ...]:
        """Of a connection: its items as resources, where the page lies, and how many there are."""
        assert isinstance(connection, GraphQLObjectType)
        name, *inner = _way_to_items(connection)
        type_: GraphQLOutputType = connection.fields[name].type
        edge = get_named_type(type_)
        if inner:
            assert isinstance(edge, GraphQLObjectType)
            node = edge.fields["node"].type
            below = (Selected("node", node, self.resource(get_named_type(node))),)
        else:
            below = self.resource(edge)
        info = tuple(Selected(name) for name in ("hasNextPage", "endCursor"))
        total = connection.fields.get("totalCount")
        counted = total is not None and self._is_usable(connection.name, "totalCount", total)
        return (
            Selected(name, type_, below),
            Selected("pageInfo", connection.fields["pageInfo"].type, info),
            *((Selected("totalCount", total.type),) if total and counted else ()),
        )

    def is_keyed(self, type_: GraphQLNamedType) -> bool:
        """Whether it is an entity."""
        return type_.name in self._keys

    def _object(self, type_: GraphQLNamedType, *, is_resource: bool) -> tuple[Selected, ...]:
        if not is_resource and (key := self._key(type_)):
            return key
        own = self._fields(type_, is_resource=is_resource)
        if not is_abstract_type(type_):
            return own
        known = {selected.key: selected for selected in (TYPENAME, *own)}
        fragments = []
        for possible in self._schema.get_possible_types(type_):
            chosen = self._object(possible, is_resource=is_resource)
            inner = tuple(self._distinct(chosen, possible.name, known, own))
            if inner:
                fragments.append(Selected(f"... on {possible.name}", None, inner))
        return (TYPENAME, *own, *fragments)

    def _distinct(
        self,
        chosen: Iterable[Selected],
        owner: str,
        known: dict[str, Selected],
        common: Sequence[Selected],
    ) -> Iterable[Selected]:
        """What a fragment adds; a field that means something else in another fragment gets an
        alias, for one response key has one shape (GraphQL specification, section 5.3.2)."""
        shared = {selected.name for selected in common}
        for selected in chosen:
            if selected.name in shared or selected is TYPENAME:
                continue
            alias = selected.key
            while (other := known.get(alias)) is not None and not _same_shape(other, selected):
                alias = f"{selected.name}Of{owner}" if alias == selected.key else f"{alias}_"
            renamed = selected if alias == selected.key else replace(selected, alias=alias)
            known.setdefault(alias, renamed)
            yield renamed

    def _fields(self, type_: GraphQLNamedType, *, is_resource: bool) -> tuple[Selected, ...]:
        chosen = []
        for name, field in self._usable(type_):
            named = get_named_type(field.type)
            if is_leaf_type(named):
                chosen.append(Selected(name, field.type))
                continue
            is_shown = is_resource and not is_connection(named)
            below = self._object(named, is_resource=False) if is_shown else ()
            if below:
                chosen.append(Selected(name, field.type, below))
        return tuple(chosen)

    def _usable(self, type_: GraphQLNamedType) -> Iterable[tuple[str, GraphQLField]]:
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                if self._is_usable(type_.name, name, field):
                    yield name, field

    def _is_usable(self, owner: str, name: str, field: GraphQLField) -> bool:
        if field.deprecation_reason is not None:
            return False
        if _needs_argument(field):
            return False
        takes_all = self._is_refused_whole or is_non_null_type(field.type)
        return not (takes_all and self._may_be_denied(owner, name))

    def _may_be_denied(self, owner: str, name: str) -> bool:
        """Whether it needs more than the route itself."""
        type_ = self._schema.get_type(owner)
        owners = [owner]
        if type_ is not None and is_abstract_type(type_):
            owners = [possible.name for possible in self._schema.get_possible_types(type_)]
        return any(self._needs.get((one, name), NO_REQUIREMENTS) - self._met for one in owners)

    def _key(self, type_: GraphQLNamedType) -> tuple[Selected, ...]:
        """The first of an entity's keys that nothing guards; () of anything else."""
        for key in self._keys.get(type_.name, ()):
            if not any(self._may_be_denied(type_.name, selected.name) for selected in key):
                return key
        return ()


def is_connection(type_: GraphQLNamedType) -> bool:
    """Whether it is a Relay connection with items, whatever it is called."""
    if not isinstance(type_, GraphQLObjectType) or not _is_free(type_, "pageInfo"):
        return False
    info = get_named_type(type_.fields["pageInfo"].type)
    if not _is_free(info, "hasNextPage") or not _is_free(info, "endCursor"):
        return False
    return bool(_way_to_items(type_))


def _way_to_items(connection: GraphQLObjectType) -> tuple[str, ...]:
    """``nodes``, or each ``node`` of ``edges``; () when it has neither."""
    if _is_free(connection, "nodes") and _is_list(connection, "nodes"):
        return ("nodes",)
    if _is_free(connection, "edges") and _is_list(connection, "edges"):
        edge = get_named_type(connection.fields["edges"].type)
        if _is_free(edge, "node"):
            return ("edges", "node")
    return ()


def _is_free(type_: GraphQLNamedType, name: str) -> bool:
    """Whether an object type has the field, and it can be selected without arguments."""
    field = type_.fields.get(name) if isinstance(type_, GraphQLObjectType) else None
    return field is not None and field.deprecation_reason is None and not _needs_argument(field)


def _needs_argument(field: GraphQLField) -> bool:
    return any(is_required_argument(argument) for argument in field.args.values())


def _is_list(type_: GraphQLObjectType, name: str) -> bool:
    return is_list_type(get_nullable_type(type_.fields[name].type))


def public_keys(graph: FederatedGraph) -> Keys:
    """The keys of each entity that clients may see, the best first: the shortest, then one of
    IDs."""
    candidates: dict[str, list[tuple[Selected, ...]]] = {}
    for view in graph.types:
        for type_name, local in view.items():
            for key in local.keys:
                chosen = _public(graph.api, type_name, key.selection)
                if chosen is not None:
                    candidates.setdefault(type_name, []).append(chosen)
    return {name: sorted(keys, key=_length_of_key) for name, keys in candidates.items()}


def _public(
    schema: GraphQLSchema, type_name: str, selection: SelectionSet
) -> tuple[Selected, ...] | None:
    fields: Mapping[str, GraphQLField] = getattr(schema.get_type(type_name), "fields", {})
    chosen = []
    for field in selection.fields:
        public = fields.get(field.name)
        if public is None or field.types is not None:
            return None
        below: tuple[Selected, ...] | None = ()
        if field.selection is not None:
            below = _public(schema, get_named_type(public.type).name, field.selection)
        if below is None:
            return None
        chosen.append(Selected(field.name, public.type, below))
    return tuple(chosen)


def _length_of_key(key: tuple[Selected, ...]) -> tuple[int, int, str]:
    leaves = list(_leaves(key))
    others = sum(1 for leaf in leaves if get_named_type(leaf.type).name != "ID")  # type: ignore
    return len(leaves), others, " ".join(leaf.name for leaf in leaves)


def _leaves(selected: Iterable[Selected]) -> Iterable[Selected]:
    for one in selected:
        yield from _leaves(one.children) if one.children else (one,)


def _same_shape(one: Selected, other: Selected) -> bool:
    """SameResponseShape of the GraphQL specification, section 5.3.2."""
    if one.name == "__typename" or other.name == "__typename":
        return one.name == other.name
    assert one.type is not None
    assert other.type is not None
    return _same_types(one.type, other.type) and all(
        _same_shape(mine, its)
        for mine in _flat(one.children)
        for its in _flat(other.children)
        if mine.key == its.key
    )


def _flat(children: Iterable[Selected]) -> Iterable[Selected]:
    for child in children:
        yield from _flat(child.children) if child.name.startswith("...") else (child,)


def _same_types(one: GraphQLOutputType, other: GraphQLOutputType) -> bool:
    if is_non_null_type(one) or is_non_null_type(other):
        return (
            is_non_null_type(one)
            and is_non_null_type(other)
            and _same_types(one.of_type, other.of_type)
        )
    if is_list_type(one) or is_list_type(other):
        return is_list_type(one) and is_list_type(other) and _same_types(one.of_type, other.of_type)
    if is_leaf_type(one) or is_leaf_type(other):
        return one is other
    return True
