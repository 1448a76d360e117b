"""What a generated operation takes: a variable for each argument, and for each member of its
input object.

Clients of a route send what belongs to it side by side. So the members of the one input object
that most mutations take become variables of their own, and the path may name them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    Undefined,
    ast_from_value,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
)

from trellis.router.rest.generated.fields import RestField, refusal
from trellis.router.rest.parameters import IN_QUERY, PAGE_VARIABLES
from trellis.router.rest.path import read_template

_Input = GraphQLArgument | GraphQLInputField


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as it is declared: ``$name: type = default``, with ``@from`` if its source is
    not the default one."""

    name: str
    type: str
    default: str | None = None
    is_whole_body: bool = False

    def __str__(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        source = ' @from(body: "*")' if self.is_whole_body else ""
        return f"${self.name}: {self.type}{default}{source}"


Arguments = Mapping[str, Variable | Mapping[str, Variable]]
"""What each argument of the field is given: a variable, or an object of them."""


def read_arguments(field: RestField, *, is_paged: bool) -> Arguments:
    """The variables of a field's operation, by the arguments that take them.

    Left out is what may be absent and is deprecated or cannot be sent in a query string. Raises
    ConfigError for what must be given and cannot be sent, and for a path that names no argument.
    """
    return _Reader(field, is_paged=is_paged).arguments()


class _Reader:
    def __init__(self, field: RestField, *, is_paged: bool) -> None:
        self._field = field
        self._args: dict[str, GraphQLArgument] = field.field.args
        self._is_paged = is_paged
        self._has_body = field.method not in IN_QUERY
        try:
            self._path_names = frozenset(read_template(field.path).names)
        except ValueError as error:
            raise refusal(field.source, f"{error}.") from None

    def arguments(self) -> Arguments:
        plain = [name for name in self._args if self._is_taken(name)]
        opened = self._opened(plain)
        taken: dict[str, Variable | Mapping[str, Variable]] = {}
        for name in plain:
            if name == opened:
                taken[name] = self._members(self._args[name])
            elif name in self._path_names or self._can_be_sent(name, self._args[name]):
                taken[name] = self._variable(name, self._args[name])
        self._check_path(taken)
        return self._as_whole_body(taken)

    def _is_taken(self, name: str) -> bool:
        argument = self._args[name]
        if self._is_paged and name in PAGE_VARIABLES:
            return name in ("first", "after")
        return argument.deprecation_reason is None or _is_required(argument)

    def _opened(self, names: Collection[str]) -> str | None:
        """The argument whose members become variables: the only input object that must be given,
        unless its members are called like other arguments."""
        objects = [name for name in names if _input_object(self._args[name].type) is not None]
        if len(objects) != 1 or objects[0] in self._path_names:
            return None
        name = objects[0]
        input_object = _input_object(self._args[name].type)
        assert input_object is not None
        if not is_non_null_type(self._args[name].type) or input_object.is_one_of:
            return None
        others = set(names) - {name}
        return name if others.isdisjoint(input_object.fields) else None

    def _members(self, argument: GraphQLArgument) -> Mapping[str, Variable]:
        input_object = _input_object(argument.type)
        assert input_object is not None
        return {
            name: self._variable(name, member)
            for name, member in input_object.fields.items()
            if (member.deprecation_reason is None or _is_required(member))
            and (name in self._path_names or self._can_be_sent(name, member))
        }

    def _can_be_sent(self, name: str, given: _Input) -> bool:
        """Whether a client can send it where it belongs; what is optional may be left out."""
        if self._has_body or _fits_query(given.type):
            return True
        if not _is_required(given):
            return False
        raise refusal(
            self._field.source,
            f"`{name}` of type {given.type} cannot be sent in the query of a "
            f"{self._field.method}: use a method with a body, or write a stored operation.",
        )

    def _variable(self, name: str, given: _Input) -> Variable:
        return Variable(name, str(given.type), _default(given))

    def _check_path(self, taken: Arguments) -> None:
        known = {
            name
            for argument, value in taken.items()
            for name in ([argument] if isinstance(value, Variable) else value)
        }
        for name in sorted(self._path_names - known):
            arguments = ", ".join(sorted(known)) or "none"
            raise refusal(
                self._field.source,
                f"the path names {{{name}}}, which is no argument of the field ({arguments}).",
            )

    def _as_whole_body(self, taken: dict[str, Any]) -> Arguments:
        """An input object that is all that the body holds is the body."""
        if not self._has_body:
            return taken
        elsewhere = self._path_names | (PAGE_VARIABLES if self._is_paged else frozenset())
        in_body = [name for name in taken if name not in elsewhere]
        if len(in_body) == 1:
            name = in_body[0]
            argument = self._args[name]
            is_object = is_input_object_type(get_nullable_type(argument.type))
            if isinstance(taken[name], Variable) and is_object and is_non_null_type(argument.type):
                taken[name] = Variable(name, str(argument.type), is_whole_body=True)
        return taken


def _input_object(type_: GraphQLInputType) -> GraphQLInputObjectType | None:
    inner = get_nullable_type(type_)
    return inner if isinstance(inner, GraphQLInputObjectType) else None


def _is_required(given: _Input) -> bool:
    if isinstance(given, GraphQLArgument):
        return is_required_argument(given)
    return is_required_input_field(given)


def _default(given: _Input) -> str | None:
    if given.default is not None and given.default.literal is not None:
        return print_ast(given.default.literal)
    value = given.default.value if given.default is not None else given.default_value
    node = ast_from_value(value, given.type) if value is not Undefined else None
    return print_ast(node) if node is not None else None


def _fits_query(type_: GraphQLInputType) -> bool:
    """A leaf, or a list of leaves."""
    inner: Any = get_nullable_type(type_)
    if is_list_type(inner):
        inner = get_nullable_type(inner.of_type)
    return is_leaf_type(inner)
