"""Which types, fields and arguments of a schema a caller's rights leave usable."""

from collections.abc import Collection, Iterator, Mapping

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    RequirementIds,
    RequirementIndex,
)

Composite = GraphQLObjectType | GraphQLInterfaceType


class UsableSchema:
    """Starts with what is not denied, then removes what has become unusable until nothing changes:
    a field whose type or required argument was removed, a type without fields, a field of an
    interface that an implementation lacks.
    """

    def __init__(
        self, schema: GraphQLSchema, index: RequirementIndex, unmet: RequirementIds
    ) -> None:
        self._schema = schema
        self._index = index
        self._unmet = unmet
        # type -> field -> its arguments; input types have no arguments below their fields.
        self._fields: dict[str, dict[str, set[str]]] = {}
        for kind in schema.type_map.values():
            if kind.name.startswith("__"):
                continue
            if isinstance(kind, Composite):
                self._fields[kind.name] = dict(self._open_fields(kind))
            elif isinstance(kind, GraphQLInputObjectType):
                self._fields[kind.name] = {name: set() for name in self._open_inputs(kind)}
        while self._settle():
            pass

    def has(self, name: str) -> bool:
        """Whether a position of this type is usable. Scalars and enums always are: their
        requirements count as those of the fields that have them as types."""
        kind = self._schema.type_map[name]
        if isinstance(kind, GraphQLUnionType):
            return bool(self.members(name))
        if name not in self._fields or self._fields[name]:
            return True
        return isinstance(kind, GraphQLInterfaceType) and bool(self.members(name))

    def fields(self, name: str) -> Mapping[str, Collection[str]]:
        """The remaining fields of a composite or input type, each with its remaining arguments."""
        return self._fields.get(name, {})

    def members(self, name: str) -> list[str]:
        """The remaining object types of a union or an interface."""
        kind = self._schema.type_map[name]
        assert isinstance(kind, GraphQLInterfaceType | GraphQLUnionType)
        return [t.name for t in self._schema.get_possible_types(kind) if self._fields.get(t.name)]

    def interfaces(self, name: str) -> list[str]:
        """The interfaces of a type that still have fields."""
        kind = self._schema.type_map[name]
        if not isinstance(kind, Composite) or not self._fields[name]:
            return []
        return [each.name for each in kind.interfaces if self._fields[each.name]]

    # -- what is not denied --------------------------------------------------------------------

    def _is_open(self, needs: RequirementIds) -> bool:
        return needs.isdisjoint(self._unmet)

    def _open_fields(self, kind: Composite) -> Iterator[tuple[str, set[str]]]:
        """The fields that are not denied. A field of an interface must be allowed on every possible
        object type."""
        owners = [kind.name]
        if isinstance(kind, GraphQLInterfaceType):
            owners += [each.name for each in self._schema.get_possible_types(kind)]
        for name, field in kind.fields.items():
            places = [(owner, name) for owner in owners]
            if all(
                self._is_open(self._index.fields.get(place, NO_REQUIREMENTS)) for place in places
            ):
                guarded = [self._index.arguments.get(place, {}) for place in places]
                yield (
                    name,
                    {
                        argument
                        for argument in field.args
                        if all(
                            self._is_open(each[argument].needs)
                            for each in guarded
                            if argument in each
                        )
                    },
                )

    def _open_inputs(self, kind: GraphQLInputObjectType) -> Iterator[str]:
        guarded = self._index.input_fields.get(kind.name, {})
        for name in kind.fields:
            if name not in guarded or self._is_open(guarded[name].needs):
                yield name

    # -- what can be used without the rest -----------------------------------------------------

    def _settle(self) -> bool:
        """One pass over all types; whether anything was removed."""
        before = self._size()
        for name, fields in self._fields.items():
            kind = self._schema.type_map[name]
            if isinstance(kind, Composite):
                for field_name in list(fields):
                    self._settle_field(kind, field_name)
            else:
                assert isinstance(kind, GraphQLInputObjectType)
                self._settle_input(kind)
        return self._size() != before

    def _size(self) -> int:
        """The number of fields. Arguments need not be counted: whether one stays depends only on
        its type, which an interface's argument shares with those of all implementations."""
        return sum(map(len, self._fields.values()))

    def _settle_field(self, kind: Composite, name: str) -> None:
        fields, field = self._fields[kind.name], kind.fields[name]
        fields[name] &= {key for key, arg in field.args.items() if self._is_usable(arg)}
        is_usable = self.has(get_named_type(field.type).name)
        if isinstance(kind, GraphQLInterfaceType):
            is_usable = is_usable and self._is_kept(kind, name)
        required = {key for key, arg in field.args.items() if is_required_argument(arg)}
        if not is_usable or not required <= fields[name]:
            del fields[name]

    def _is_usable(self, argument: GraphQLArgument) -> bool:
        return self.has(get_named_type(argument.type).name)

    def _is_kept(self, interface: GraphQLInterfaceType, name: str) -> bool:
        """Whether all implementations still have the field, as IsValidImplementation requires
        (section 3.6.1). An argument that one of them lacks is removed."""
        implementations = self._schema.get_implementations(interface)
        for kind in (*implementations.objects, *implementations.interfaces):
            fields = self._fields[kind.name]
            if not fields:
                continue
            if name not in fields or not self._is_sub_type(kind.fields[name], interface, name):
                return False
            self._fields[interface.name][name] &= fields[name]
        return True

    def _is_sub_type(self, field: GraphQLField, interface: GraphQLInterfaceType, name: str) -> bool:
        own = get_named_type(field.type).name
        wanted = get_named_type(interface.fields[name].type).name
        if own == wanted or wanted in self.interfaces(own):
            return True
        is_abstract = isinstance(
            self._schema.type_map[wanted], GraphQLInterfaceType | GraphQLUnionType
        )
        return is_abstract and own in self.members(wanted)

    def _settle_input(self, kind: GraphQLInputObjectType) -> None:
        fields = self._fields[kind.name]
        for name in list(fields):
            if not self.has(get_named_type(kind.fields[name].type).name):
                del fields[name]
        required = {name for name, each in kind.fields.items() if is_required_input_field(each)}
        if not required <= fields.keys():
            fields.clear()
