"""Reads the variables of an operation as the parameters of its route."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    SKIP,
    ArgumentNode,
    DirectiveLocation,
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    VisitorAction,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    type_from_ast,
    value_from_ast_untyped,
    visit,
)

from trellis.router.rest.directives import Reading, read_directives
from trellis.router.rest.input_values import Decoders
from trellis.router.rest.profile import Problem, Profile
from trellis.router.rest.route import WHOLE_BODY, Constraints, Method, Parameter, Place, Rules
from trellis.router.rest.spelling import words_of

PAGE_VARIABLES = frozenset({"first", "after", "last", "before", "skip"})

_PLACES: tuple[Place, ...] = ("path", "query", "body", "header")
IN_QUERY = frozenset({"GET", "DELETE"})


def read_parameters(
    schema: GraphQLSchema,
    variables: Sequence[VariableDefinitionNode],
    *,
    method: Method,
    path_names: Sequence[str],
    profile: Profile,
    area: str,
    is_paged: bool,
    takes_files: bool,
    rules: Mapping[str, Rules],
    constraints: Constraints,
) -> tuple[Parameter, ...]:
    """One parameter for each variable, except for those that the paginator provides.

    ``takes_files``: bodies may be multipart, so variables of the type ``Upload`` have a source.
    ``rules`` are the constraints of variables, which ``@rules`` may replace; ``constraints`` those
    of members of input objects.

    Raises GraphQLError with the location of a variable that no request could provide, and for a
    path parameter without a variable.
    """
    reader = _Reader(
        schema,
        method,
        frozenset(path_names),
        profile,
        profile.member_speller(area),
        rules,
        constraints,
        takes_files=takes_files,
    )
    parameters = [
        reader.parameter(node)
        for node in variables
        if not (is_paged and node.variable.name.value in PAGE_VARIABLES)
    ]
    _refuse_doubles(parameters, variables, profile, is_paged=is_paged)
    filled = {parameter.name for parameter in parameters if parameter.place == "path"}
    for name in path_names:
        if name not in filled:
            raise GraphQLError(f"No variable takes the path parameter {{{name}}}.")
    return tuple(parameters)


def argument_paths(document: DocumentNode) -> dict[str, str]:
    """The variables by the paths of arguments they are passed to: ``input.color`` -> ``color``."""
    finder = _ArgumentFinder()
    visit(document, finder)
    return finder.found


class _ArgumentFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def enter_directive(self, *_args: Any) -> VisitorAction:
        return SKIP

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> VisitorAction:
        for path, variable in _variables_in(node.value, node.name.value):
            self.found.setdefault(path, variable)
        return SKIP


def _variables_in(value: ValueNode, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, VariableNode):
        yield path, value.name.value
    elif isinstance(value, ObjectValueNode):
        for member in value.fields:
            yield from _variables_in(member.value, f"{path}.{member.name.value}")
    elif isinstance(value, ListValueNode):
        for index, item in enumerate(value.values):
            yield from _variables_in(item, f"{path}.{index}")


class _Reader:
    def __init__(
        self,
        schema: GraphQLSchema,
        method: Method,
        path_names: frozenset[str],
        profile: Profile,
        spell: Any,
        rules: Mapping[str, Rules],
        constraints: Constraints,
        *,
        takes_files: bool,
    ) -> None:
        self._takes_files = takes_files
        self._schema = schema
        self._method = method
        self._path_names = path_names
        self._profile = profile
        self._spell = spell
        self._rules = rules
        self._constraints = constraints

    def parameter(self, node: VariableDefinitionNode) -> Parameter:
        reading = read_directives(node.directives, DirectiveLocation.VARIABLE_DEFINITION, node)
        type_ = type_from_ast(self._schema, node.type)
        if type_ is None or not is_input_type(type_):
            raise GraphQLError(f"There is no input type {node.type}.", node)
        variable = node.variable.name.value
        source = reading.one("from")
        place, name, also = self._place(node, variable, source)
        self._check_place(node, place, name, type_)
        has_default = node.default_value is not None
        parameter = Parameter(
            name=name,
            place=place,
            variable=variable,
            type=type_,
            is_required=isinstance(type_, GraphQLNonNull) and not has_default,
            rules=_own_rules(node, reading, self._declared(variable, place)),
            spelling=words_of(
                get_named_type(type_), self._profile.spell_enum, reading.one("spell")
            ),
            has_default=has_default,
            or_bearer=place == "body" and bool(source and source.get("bearer")),
            default=value_from_ast_untyped(node.default_value) if node.default_value else None,
            examples=_examples(reading),
            member_rules=_member_rules(node, reading, type_),
            also=also,
        )
        if parameter.is_file and not self._takes_files:
            message = "A file comes in a multipart body: @rest(accepts: [MULTIPART])."
            raise GraphQLError(message, node)
        self._check_examples(parameter, node)
        return parameter

    def _declared(self, variable: str, place: Place) -> Rules:
        """The constraints of a variable in the graph. They do not apply to path parameters: an
        invalid value there is the id of nothing, which is 404."""
        return self._rules.get(variable, Rules()) if place != "path" else Rules()

    def _check_examples(self, parameter: Parameter, node: VariableDefinitionNode) -> None:
        """Examples in the documentation must be valid."""
        if not parameter.examples:
            return
        is_strict = self._profile.refuses_unknown_members
        decoders = Decoders(
            self._spell,
            self._profile.spell_enum,
            refuses_unknown=is_strict,
            constraints=self._constraints,
        )
        decode = decoders.of(parameter, is_json=parameter.place == "body")
        problems: list[Problem] = []
        for example in parameter.examples:
            decode(example, parameter.name, problems)
        if problems:
            raise GraphQLError(f"@example: {problems[0].message}", node)

    def _place(
        self, node: VariableDefinitionNode, variable: str, given: dict[str, Any] | None
    ) -> tuple[Place, str, tuple[str, ...]]:
        own = self._spell(variable)
        if given is not None:
            places: list[Place] = [place for place in _PLACES if place in given]
            bearer = given.get("bearer") is True
            if bearer and not places:
                return "bearer", "authorization", ()
            if len(places) != 1 or (bearer and places != ["body"]):
                raise GraphQLError("@from names one place, or the body and the bearer.", node)
            place: Place = places[0]
            if place == "body":
                name, *also = [str(one) for one in given[place]]
                if not self._takes_files and (also or "." in name):
                    message = "Only multipart bodies have other names, and members of parts."
                    raise GraphQLError(message, node)
                return place, name, tuple(also)
            name = str(given[place])
            return place, name.lower() if place == "header" else name, ()
        if own in self._path_names:
            return "path", own, ()
        return ("query" if self._method in IN_QUERY else "body"), own, ()

    def _check_place(
        self, node: VariableDefinitionNode, place: Place, name: str, type_: GraphQLInputType
    ) -> None:
        if place == "path" and name not in self._path_names:
            raise GraphQLError(f"The path has no parameter {{{name}}}.", node)
        if place == "body":
            if self._method == "GET":
                raise GraphQLError("A GET request has no body.", node)
            return
        inner = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(inner) and place == "query":
            inner = inner.of_type.of_type if is_non_null_type(inner.of_type) else inner.of_type
        if not isinstance(inner, GraphQLScalarType | GraphQLEnumType):
            message = f"A value of type {type_} cannot be sent in the {place}: use the body."
            raise GraphQLError(message, node)


def _own_rules(node: VariableDefinitionNode, reading: Reading, declared: Rules) -> Rules:
    given = [one for one in reading.all("rules") if one.get("member") is None]
    if len(given) > 1:
        raise GraphQLError("@rules is written twice.", node)
    return _rules(node, given[0], declared) if given else declared


def _member_rules(
    node: VariableDefinitionNode, reading: Reading, type_: GraphQLInputType
) -> tuple[tuple[str, Rules], ...]:
    given = [one for one in reading.all("rules") if one.get("member") is not None]
    if given and not is_input_object_type(get_nullable_type(type_)):
        raise GraphQLError("@rules: only input objects have members.", node)
    return tuple((one["member"], _rules(node, one, Rules())) for one in given)


def _rules(node: VariableDefinitionNode, given: dict[str, Any], declared: Rules) -> Rules:
    """The rules of a directive, which replace the constraints of the same names."""
    pattern = given.get("pattern")
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise GraphQLError(f"@rules: the pattern is none: {error}.", node) from None
    return Rules(
        min=given.get("min", declared.min),
        max=given.get("max", declared.max),
        min_length=given.get("minLength", declared.min_length),
        max_length=given.get("maxLength", declared.max_length),
        pattern=given.get("pattern", declared.pattern),
        format=given.get("format", declared.format),
        enum=tuple(given.get("enum") or ()),
        not_null=bool(given.get("notNull", declared.not_null)),
        not_blank=bool(given.get("notBlank", declared.not_blank)),
        const=given.get("const"),
    )


def _examples(reading: Reading) -> tuple[Any, ...]:
    given = reading.one("example")
    return (given["value"],) if given else ()


def _refuse_doubles(
    parameters: Sequence[Parameter],
    variables: Sequence[VariableDefinitionNode],
    profile: Profile,
    *,
    is_paged: bool,
) -> None:
    nodes = {node.variable.name.value: node for node in variables}
    taken = set(_of_paginator(profile)) if is_paged else set()
    for parameter in parameters:
        node = nodes[parameter.variable]
        if (parameter.place, parameter.name) in taken:
            where = "the pagination" if is_paged else "another variable"
            message = f"`{parameter.name}` in the {parameter.place} belongs to {where} already."
            raise GraphQLError(message, node)
        taken.add((parameter.place, parameter.name))
    bodies = [parameter for parameter in parameters if parameter.place == "body"]
    if len(bodies) > 1 and any(parameter.name == WHOLE_BODY for parameter in bodies):
        raise GraphQLError("Beside a variable for the whole body there can be no other.")


def _of_paginator(profile: Profile) -> Iterator[tuple[Place, str]]:
    if profile.paginator is not None:
        for parameter in profile.paginator.parameters:
            yield "query", parameter.name
