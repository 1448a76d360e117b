"""Who may call a route, derived from the permission directives of its operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    AuthorizationRules,
    InputValue,
    RequirementIds,
)
from trellis.router.errors import ConfigError
from trellis.router.requirements import FREE, Requirement, all_of
from trellis.router.rest.route import Fragments, RestRoute
from trellis.router.supergraph import Supergraph


@dataclass(frozen=True, slots=True)
class Access:
    """``needed`` is required of every caller. Without ``wished``, some members of the response are
    null."""

    needed: Requirement
    wished: Requirement

    @property
    def is_public(self) -> bool:
        return self.needed == FREE


def access_of(
    route: RestRoute, schema: GraphQLSchema, rules: AuthorizationRules, *, rejects: bool = False
) -> Access:
    """The requirements on callers of a route. With ``rejects``, or for a mutation, a denied field
    refuses the operation; otherwise only those fields are needed without which the data would be
    null."""
    operation, root, fragments = route.nodes
    required = frozenset(
        node.variable.name.value
        for node in operation.variable_definitions or ()
        if isinstance(node.type, NonNullTypeNode) and node.default_value is None
    )
    walk = _Walk(schema, rules, fragments, required, refuses=rejects or route.kind == "mutation")
    walk.visit(root, operation.selection_set, path=route.root, is_vital=True)
    if not route.root:
        walk.vital |= walk.of_all(root, operation.selection_set)
    every = rules.index.requirements
    needed = all_of(every[number] for number in sorted(walk.vital))
    wished = [every[number] for number in sorted(walk.other - walk.vital)]
    return Access(needed, all_of(one for one in wished if not needed.implies(one)))


def access_to(route: RestRoute, supergraph: Supergraph) -> Requirement:
    """What every caller of a route must be or hold: without it the answer has nothing to show.
    Raises ConfigError for an anonymous route that needs a caller."""
    rejects = supergraph.options.reject
    needed = access_of(route, supergraph.schema, supergraph.rules, rejects=rejects).needed
    if route.anonymous and needed != FREE:
        raise ConfigError(f"{route.source}: @rest: a route that needs a caller is not anonymous.")
    return needed


@dataclass(slots=True)
class _Walk:
    schema: GraphQLSchema
    rules: AuthorizationRules
    fragments: Fragments
    required: frozenset[str]
    refuses: bool
    vital: set[int] = field(default_factory=set)
    other: set[int] = field(default_factory=set)

    def visit(
        self,
        owner: str,
        selection: SelectionSetNode,
        *,
        path: tuple[str, ...],
        is_vital: bool,
        is_certain: bool = True,
    ) -> None:
        """Collect the requirements of a selection. ``path`` leads to the data of the route.
        ``is_vital``: denying a non-null field here makes the data null. ``is_certain``: the
        selection is part of every call."""
        for node in selection.selections:
            selected = _is_selected(node)
            if selected is False:
                continue
            certain = is_certain and selected is True
            vital = is_vital and certain
            if isinstance(node, FieldNode):
                self._field(owner, node, path=path, is_vital=vital, is_certain=certain)
                continue
            inner, condition = owner, None
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition, below = fragment.type_condition, fragment.selection_set
            else:
                assert isinstance(node, InlineFragmentNode)
                condition, below = node.type_condition, node.selection_set
            inner = condition.name.value if condition else owner
            self.visit(inner, below, path=path, is_vital=vital, is_certain=certain)

    def of_all(self, owner: str, selection: SelectionSetNode) -> RequirementIds:
        """The requirements common to all fields, of which some may be denied and others not."""
        fields = [node for node in selection.selections if isinstance(node, FieldNode)]
        if not any(_is_selected(node) for node in fields):
            return NO_REQUIREMENTS
        return frozenset.intersection(*(self._needs(owner, node) for node in fields))

    def _field(
        self,
        owner: str,
        node: FieldNode,
        *,
        path: tuple[str, ...],
        is_vital: bool,
        is_certain: bool,
    ) -> None:
        definition = getattr(self.schema.type_map[owner], "fields", {}).get(node.name.value)
        if definition is None:
            return  # __typename
        key = (node.alias or node.name).value
        leads_to_data = bool(path) and path[0] == key
        vital = is_vital and (leads_to_data or _is_never_null(definition.type))
        needs = self._needs(owner, node)
        is_needed = vital or (self.refuses and is_certain)
        (self.vital if is_needed else self.other).update(needs)
        if node.selection_set is not None:
            self.visit(
                get_named_type(definition.type).name,
                node.selection_set,
                path=path[1:] if leads_to_data else (),
                is_vital=vital,
                is_certain=is_certain,
            )

    def _needs(self, owner: str, node: FieldNode) -> RequirementIds:
        index, needs = self.rules.index, NO_REQUIREMENTS
        for type_name in self._objects(owner):
            place = (type_name, node.name.value)
            needs |= index.fields.get(place, NO_REQUIREMENTS)
            given = {argument.name.value: argument.value for argument in node.arguments or ()}
            needs |= self._input_needs(given, index.arguments.get(place, {}))
        return needs

    def _input_needs(
        self, given: Mapping[str, ValueNode], protected: Mapping[str, InputValue]
    ) -> RequirementIds:
        """The requirements of the arguments that every call provides. Optional variables are not
        among them."""
        needs = NO_REQUIREMENTS
        for name, value in given.items():
            target = protected.get(name)
            if target is None or isinstance(value, NullValueNode):
                continue
            if not isinstance(value, VariableNode) or value.name.value in self.required:
                needs |= target.needs
            for item in value.values if isinstance(value, ListValueNode) else (value,):
                if isinstance(item, ObjectValueNode):
                    members = {member.name.value: member.value for member in item.fields}
                    inner = self.rules.index.input_fields.get(target.type, {})
                    needs |= self._input_needs(members, inner)
        return needs

    def _objects(self, owner: str) -> list[str]:
        type_ = self.schema.type_map[owner]
        if is_abstract_type(type_):
            return [possible.name for possible in self.schema.get_possible_types(type_)]
        return [owner]


def _is_never_null(type_: Any) -> bool:
    """Whether neither the field nor its items are nullable."""
    if not isinstance(type_, GraphQLNonNull):
        return False
    inner = type_.of_type
    return _is_never_null(inner.of_type) if isinstance(inner, GraphQLList) else True


def _is_selected(node: SelectionNode) -> bool | None:
    """Whether @skip and @include select the node; None if it depends on variables."""
    selected: bool | None = True
    for directive in node.directives or ():
        name = directive.name.value
        if name not in ("skip", "include"):
            continue
        [condition] = [argument.value for argument in directive.arguments or ()]
        if not isinstance(condition, BooleanValueNode):
            selected = None
        elif condition.value is (name == "skip"):
            return False
    return selected
