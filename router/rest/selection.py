"""Reads the selection of an operation as the shape of its response."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DirectiveLocation,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from trellis.router.rest.directives import Reading, read_directives
from trellis.router.rest.profile import Paginator, Spell
from trellis.router.rest.shape import (
    Constant,
    Items,
    Leaf,
    Member,
    Record,
    Shape,
    Unwrapped,
    visible,
    visible_members,
)
from trellis.router.rest.spelling import words_of

_CONDITIONS = frozenset({"include", "skip"})


@dataclass(frozen=True, slots=True)
class Shown:
    """The shape of the data at ``root``, and the paths of response keys to the connection that is
    paged and to the id of an event."""

    root: tuple[str, ...]
    shape: Shape
    page: tuple[str, ...] | None
    event_id: tuple[str, ...] | None = None


def read_selection(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    *,
    root: str | None,
    members: Iterable[Mapping[str, Any]] = (),
    spell_member: Spell,
    spell_enum: Spell,
    paginator: Paginator | None,
) -> Shown:
    """The shape of the data of a valid operation. ``root`` and ``members`` are those of ``@rest``
    and ``@member``. Raises GraphQLError with the location of what cannot be in a response."""
    root_type = schema.get_root_type(operation.operation)
    assert root_type is not None, "the operation has been validated"
    reader = _Reader(schema, fragments, spell_member, spell_enum, paginator)
    whole = reader.record(root_type, [operation.selection_set], (), is_nullable=False, is_top=True)
    keys = _root_keys(operation, whole, root)
    shape = _at(operation, whole, keys)
    for member in members:
        constant = Constant(member["value"], member.get("until"))
        shape = _with_constant(operation, shape, member["name"].split("."), constant)
    return Shown(keys, shape, reader.page, reader.event_id)


@dataclass(slots=True)
class _Selected:
    """A response key of one object, with all nodes that select it."""

    nodes: list[FieldNode]
    definition: GraphQLField
    is_certain: bool


@dataclass(slots=True)
class _Reader:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    spell_member: Spell
    spell_enum: Spell
    paginator: Paginator | None
    page: tuple[str, ...] | None = None
    event_id: tuple[str, ...] | None = None
    _in_list: bool = field(default=False)

    def record(
        self,
        type_: GraphQLNamedType,
        selections: Sequence[SelectionSetNode],
        path: tuple[str, ...],
        *,
        is_nullable: bool,
        is_top: bool = False,
    ) -> Record:
        found: dict[str, _Selected] = {}
        for selection in selections:
            self._collect(type_, selection, found, is_certain=True)
        members = []
        for key, selected in found.items():
            member = self._member(key, selected, (*path, key))
            if member is not None:
                members.append(member)
        record = Record(type_, tuple(members), is_nullable)
        if not is_top:
            _refuse_doubles(record, selections[0])
        return record

    def _collect(
        self,
        type_: GraphQLNamedType,
        selection: SelectionSetNode,
        found: dict[str, _Selected],
        *,
        is_certain: bool,
    ) -> None:
        for node in selection.selections:
            certain = is_certain and not _is_conditional(node)
            if isinstance(node, FieldNode):
                self._collect_field(type_, node, found, certain)
                continue
            if isinstance(node, FragmentSpreadNode):
                read_directives(node.directives, DirectiveLocation.FRAGMENT_SPREAD, node)
                fragment = self.fragments[node.name.value]
                condition, inner = fragment.type_condition, fragment.selection_set
            else:
                assert isinstance(node, InlineFragmentNode)
                read_directives(node.directives, DirectiveLocation.INLINE_FRAGMENT, node)
                condition, inner = node.type_condition, node.selection_set
            narrow = self.schema.get_type(condition.name.value) if condition else type_
            assert narrow is not None
            certain = certain and self._is_always(type_, narrow)
            self._collect(narrow, inner, found, is_certain=certain)

    def _collect_field(
        self,
        type_: GraphQLNamedType,
        node: FieldNode,
        found: dict[str, _Selected],
        is_certain: bool,
    ) -> None:
        key = (node.alias or node.name).value
        known = found.get(key)
        if known is not None:
            known.nodes.append(node)
            known.is_certain = known.is_certain or is_certain
            return
        assert is_composite_type(type_)
        definition = self.schema.get_field(type_, node.name.value)
        assert definition is not None, "the operation has been validated"
        found[key] = _Selected([node], definition, is_certain)

    def _is_always(self, type_: GraphQLNamedType, narrow: GraphQLNamedType) -> bool:
        """Whether every object of ``type_`` is also one of ``narrow``."""
        if type_ is narrow or isinstance(type_, GraphQLObjectType):
            return True
        return is_abstract_type(narrow) and self.schema.is_sub_type(narrow, type_)  # type: ignore

    def _member(self, key: str, selected: _Selected, path: tuple[str, ...]) -> Member | None:
        node = selected.nodes[0]
        reading = self._reading(selected.nodes)
        shape = self._value(selected.definition.type, selected.nodes, reading, path)
        if "eventId" in reading:
            self._take_event_id(node, shape, path)
        if "hidden" in reading:
            return None
        is_spread = "spread" in reading
        if is_spread and not isinstance(visible(shape), Record):
            raise GraphQLError("@spread needs a field that is one object.", node)
        return Member(
            self.spell_member(key),
            shape,
            key,
            is_spread=is_spread,
            is_certain=selected.is_certain,
            description=selected.definition.description,
        )

    def _take_event_id(self, node: FieldNode, shape: Shape, path: tuple[str, ...]) -> None:
        if self._in_list or self.event_id is not None or not isinstance(shape, Leaf):
            raise GraphQLError("@eventId stands on one leaf, outside of lists.", node)
        self.event_id = path

    def _reading(self, nodes: Sequence[FieldNode]) -> Reading:
        """The directives of a field; of several nodes, those of the first that has any."""
        readings = [read_directives(n.directives, DirectiveLocation.FIELD, n) for n in nodes]
        return next((reading for reading in readings if reading.given), readings[0])

    def _value(
        self,
        type_: GraphQLOutputType,
        nodes: Sequence[FieldNode],
        reading: Reading,
        path: tuple[str, ...],
    ) -> Shape:
        is_nullable = not is_non_null_type(type_)
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_list_type(type_):
            if "page" in reading:
                raise GraphQLError("@page needs a connection.", nodes[0])
            outside, self._in_list = self._in_list, True
            item = self._value(type_.of_type, nodes, reading, path)
            self._in_list = outside
            return Items(item, is_nullable)
        named = get_named_type(type_)
        selections = [node.selection_set for node in nodes if node.selection_set is not None]
        if not selections:
            self._refuse_on_leaf(nodes[0], reading)
            return Leaf(named, is_nullable, words_of(named, self.spell_enum, reading.one("spell")))
        record = self.record(named, selections, path, is_nullable=is_nullable)
        if "page" in reading:
            return self._paged(record, nodes[0], path)
        if "unwrap" in reading:
            return _unwrapped(record, nodes[0])
        return record

    def _refuse_on_leaf(self, node: FieldNode, reading: Reading) -> None:
        for name in ("unwrap", "spread", "page"):
            if name in reading:
                raise GraphQLError(f"@{name} needs a field with a selection.", node)

    def _paged(self, record: Record, node: FieldNode, path: tuple[str, ...]) -> Shape:
        """The items of a connection: ``nodes``, or the ``node`` of each edge."""
        if self.paginator is None:
            raise GraphQLError("The profile has no pagination.", node)
        if self._in_list or self.page is not None:
            raise GraphQLError("An operation pages through one connection, outside of lists.", node)
        self.page = path
        selected = {member.key: member.shape for member in record.members}
        missing = sorted(
            wanted for wanted in self.paginator.selects if not _has(record, wanted.split("."))
        )
        if missing:
            raise GraphQLError(f"The pagination needs {', '.join(missing)} of it.", node)
        items = selected.get("nodes")
        if items is not None:
            return Unwrapped("nodes", items, record.is_nullable)
        edges = selected.get("edges")
        if not isinstance(edges, Items) or not isinstance(edges.item, Record):
            raise GraphQLError("@page needs a connection with `edges { node }` or `nodes`.", node)
        edge = edges.item
        item = next((member.shape for member in edge.members if member.key == "node"), None)
        if item is None:
            raise GraphQLError("@page needs a connection with `edges { node }` or `nodes`.", node)
        # Nodes that a policy denies are null, and are not items of the page.
        node_shape = Unwrapped("node", replace(item, is_nullable=False), is_nullable=False)
        inner = Items(node_shape, edges.is_nullable, skips_null=True)
        return Unwrapped("edges", inner, record.is_nullable)


def _has(record: Record, keys: Sequence[str]) -> bool:
    for member in record.members:
        if member.key == keys[0]:
            if len(keys) == 1:
                return True
            return isinstance(member.shape, Record) and _has(member.shape, keys[1:])
    return False


def _unwrapped(record: Record, node: FieldNode) -> Unwrapped:
    if len(record.members) != 1 or record.members[0].is_spread:
        raise GraphQLError("@unwrap needs exactly one selected field that is shown.", node)
    member = record.members[0]
    assert member.key is not None
    return Unwrapped(member.key, member.shape, record.is_nullable)


def _refuse_doubles(record: Record, at: SelectionSetNode) -> None:
    names: set[str] = set()
    for member in visible_members(record):
        if member.name in names:
            raise GraphQLError(f"Two members would be called `{member.name}`: use an alias.", at)
        names.add(member.name)


def _is_conditional(node: Any) -> bool:
    return any(directive.name.value in _CONDITIONS for directive in node.directives or ())


def _root_keys(
    operation: OperationDefinitionNode, whole: Record, root: str | None
) -> tuple[str, ...]:
    if root:
        return tuple(root.split("."))
    keys = [member.key for member in whole.members if member.key is not None]
    if not keys:
        raise GraphQLError("The operation shows nothing.", operation)
    return (keys[0],) if len(keys) == 1 else ()


def _at(operation: OperationDefinitionNode, whole: Record, keys: Sequence[str]) -> Shape:
    shape: Shape = whole
    for key in keys:
        members = shape.members if isinstance(shape, Record) else ()
        found = next((member for member in members if member.key == key), None)
        if found is None:
            where = ".".join(keys)
            raise GraphQLError(f"`root: {where}` is not in the answer, or hidden.", operation)
        shape = found.shape
    if not keys:
        _refuse_doubles(whole, operation.selection_set)
    # A query whose data are null is a 404, so the data of a response are never null.
    if operation.operation.value == "query" and shape.is_nullable:
        shape = replace(shape, is_nullable=False)
    return shape


def _with_constant(
    operation: OperationDefinitionNode, shape: Shape, names: Sequence[str], constant: Constant
) -> Shape:
    """The shape with an additional member; in lists, of each item."""
    if isinstance(shape, Items):
        return replace(shape, item=_with_constant(operation, shape.item, names, constant))
    if isinstance(shape, Unwrapped):
        return replace(shape, inner=_with_constant(operation, shape.inner, names, constant))
    if not isinstance(shape, Record):
        raise GraphQLError("@member needs data that is an object or a list of objects.", operation)
    name, *rest = names
    taken = [member.name for member in visible_members(shape)]
    if not rest:
        if name in taken:
            raise GraphQLError(f"@member: there is a member `{name}` already.", operation)
        return replace(shape, members=(*shape.members, Member(name, constant)))
    if name not in [member.name for member in shape.members if not member.is_spread]:
        raise GraphQLError(f"@member: there is no member `{name}`.", operation)
    members = tuple(
        replace(member, shape=_with_constant(operation, member.shape, rest, constant))
        if member.name == name and not member.is_spread
        else member
        for member in shape.members
    )
    return replace(shape, members=members)
