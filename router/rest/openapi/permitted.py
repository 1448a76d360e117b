"""Routes as documented for callers with fewer permissions: without the members and parameters that
the caller's view of the schema (``trellis.router.authorization.view.schema_view``) lacks.

Denied members are omitted from the document. In responses they are null.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_input_type,
    parse_type,
    type_from_ast,
)

from trellis.router.rest.route import Fragments, Parameter, RestRoute
from trellis.router.rest.shape import Constant, Items, Leaf, Record, Shape, Unwrapped

_Selections = tuple[tuple[str, SelectionSetNode], ...]
"""Each with its parent type."""


def permitted_route(
    route: RestRoute, schema: GraphQLSchema, view: GraphQLSchema
) -> RestRoute | None:
    """The route restricted to ``view``, a part of ``schema``; None if it has no members left."""
    operation, root, fragments = route.nodes
    narrower = _Narrower(schema, view, fragments)
    selections: _Selections = ((root, operation.selection_set),)
    for key in route.root:
        found = narrower.below(selections, key)
        if found is None:
            return None
        selections = found
    shape = narrower.shape(route.shape, selections)
    if shape is None:
        return None
    root_fields = [node for _, node in narrower.fields(((root, operation.selection_set),))]
    reader = _Arguments(view, root, root_fields)
    parameters = (reader.permitted(route, parameter) for parameter in route.parameters)
    return replace(route, shape=shape, parameters=tuple(p for p in parameters if p is not None))


@dataclass(frozen=True, slots=True)
class _Narrower:
    schema: GraphQLSchema
    view: GraphQLSchema
    fragments: Fragments

    def shape(self, shape: Shape, selections: _Selections) -> Shape | None:
        match shape:
            case Leaf() | Constant():
                return shape
            case Items():
                item = self.shape(shape.item, selections)
                return None if item is None else replace(shape, item=item)
            case Unwrapped():
                below = self.below(selections, shape.key)
                inner = None if below is None else self.shape(shape.inner, below)
                return None if inner is None else replace(shape, inner=inner)
            case Record():
                return self._record(shape, selections)

    def _record(self, record: Record, selections: _Selections) -> Record | None:
        members = []
        for member in record.members:
            if member.key is None:
                members.append(member)
                continue
            below = self.below(selections, member.key)
            inner = None if below is None else self.shape(member.shape, below)
            if inner is not None:
                members.append(replace(member, shape=inner))
        return replace(record, members=tuple(members)) if members else None

    def below(self, selections: _Selections, key: str) -> _Selections | None:
        """The selections of the fields with this response key; None if the view has none of
        them."""
        found: list[tuple[str, SelectionSetNode]] = []
        is_there = False
        for owner, node in self.fields(selections):
            if (node.alias or node.name).value != key or not self._has(owner, node.name.value):
                continue
            is_there = True
            if node.selection_set is not None:
                field = getattr(self.schema.type_map[owner], "fields", {})[node.name.value]
                found.append((get_named_type(field.type).name, node.selection_set))
        return tuple(found) if is_there else None

    def _has(self, owner: str, name: str) -> bool:
        return name == "__typename" or name in getattr(self.view.get_type(owner), "fields", {})

    def fields(self, selections: _Selections) -> Iterator[tuple[str, FieldNode]]:
        """The selected fields, including those of fragments, each with its parent type."""
        for owner, selection_set in selections:
            for node in selection_set.selections:
                if isinstance(node, FieldNode):
                    yield owner, node
                    continue
                inner: FragmentDefinitionNode | InlineFragmentNode
                if isinstance(node, FragmentSpreadNode):
                    inner = self.fragments[node.name.value]
                else:
                    assert isinstance(node, InlineFragmentNode)
                    inner = node
                condition = inner.type_condition
                name = condition.name.value if condition else owner
                yield from self.fields(((name, inner.selection_set),))


class _Arguments:
    """Selects the parameters whose arguments and input fields are in the view."""

    def __init__(self, view: GraphQLSchema, root: str, nodes: list[FieldNode]) -> None:
        self._view = view
        known = getattr(view.get_type(root), "fields", {})
        fields = [known[node.name.value] for node in nodes if node.name.value in known]
        self._arguments = {name: a for field in fields for name, a in field.args.items()}
        self._written = {a.name.value for node in nodes for a in node.arguments or ()}

    def permitted(self, route: RestRoute, parameter: Parameter) -> Parameter | None:
        paths = [path for path, name in route.arguments.items() if name == parameter.variable]
        if not all(self._has(path.split(".")) for path in paths):
            return None
        # An input object has the members of the view: its type is the view's of the same name.
        type_ = type_from_ast(self._view, parse_type(str(parameter.type)))
        if type_ is None or not is_input_type(type_):
            return None
        narrowed: GraphQLInputType = type_
        return replace(parameter, type=narrowed)

    def _has(self, path: list[str]) -> bool:
        if path[0] not in self._written:
            return True  # of a field further down
        argument = self._arguments.get(path[0])
        if argument is None:
            return False
        kind = get_named_type(argument.type)
        for name in path[1:]:
            if name.isdigit():
                continue
            member = getattr(kind, "fields", {}).get(name)
            if member is None:
                return False
            kind = get_named_type(member.type)
        return True
