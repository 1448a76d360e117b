"""Field sets select existing fields, without aliases, and only what their directive allows.

``KEY_``, ``REQUIRES_`` and ``PROVIDES_`` + ``INVALID_FIELDS_TYPE``, ``INVALID_FIELDS``,
``DIRECTIVE_IN_FIELDS_ARG``, ``FIELDS_HAS_ARGS``, ``FIELDS_MISSING_EXTERNAL``;
``KEY_FIELDS_SELECT_INVALID_TYPE``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionSetNode,
    print_ast,
)

from trellis.router.composition.fieldsets import parse_field_set
from trellis.router.composition.graphql_rules.literals import literal_problem
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken
from trellis.router.composition.specs import built_in_definitions
from trellis.router.composition.subgraph import SubgraphSchema, string_value

_COMPOSITE = (TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION)


@dataclass(frozen=True, slots=True)
class FieldSetRule:
    """What the field sets of one directive may select."""

    directive: str
    allows_arguments: bool = False
    allows_own_leaves: bool = False
    allows_abstract_fields: bool = True

    @property
    def prefix(self) -> str:
        return self.directive.upper()


class _Invalid(Exception):
    """The selection is invalid; ``code`` unless it is the directive's INVALID_FIELDS."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def check_field_set(
    subgraph: SubgraphSchema,
    rule: FieldSetRule,
    parent: TypeDefinition,
    applied: AppliedDirective,
    where: str,
) -> Iterator[CompositionError]:
    """Check one application whose selection starts at ``parent``; ``where`` is the coordinate of
    the element that carries it. A selection that is not valid GraphQL gives a single error."""

    def error(code: str, problem: str) -> CompositionError:
        name = subgraph.federation_name(rule.directive)
        argument = applied.arguments.get("fields")
        written = print_ast(argument) if argument else ""
        message = f"On {where}, for @{name}(fields: {written}): {problem}"
        return broken(code, message, where, applied.place)

    text = string_value(applied.arguments.get("fields"))
    if text is None:
        yield error(f"{rule.prefix}_INVALID_FIELDS_TYPE", "the fields must be given as a string.")
        return
    check = _FieldSetCheck(subgraph, rule)
    try:
        selection = parse_field_set(text)
        check.understand(parent, selection)
    except GraphQLError as problem:
        yield error(f"{rule.prefix}_INVALID_FIELDS", problem.message)
    except _Invalid as problem:
        yield error(problem.code or f"{rule.prefix}_INVALID_FIELDS", str(problem))
    else:
        for code, message in check.problems(parent, selection, in_external=False):
            yield error(code, message)


def makes_sense(
    subgraph: SubgraphSchema,
    rule: FieldSetRule,
    parent: TypeDefinition,
    selection: SelectionSetNode,
) -> bool:
    """Whether the selection is valid GraphQL, regardless of what ``rule`` forbids."""
    try:
        _FieldSetCheck(subgraph, rule).understand(parent, selection)
    except _Invalid:
        return False
    return True


class _FieldSetCheck:
    def __init__(self, subgraph: SubgraphSchema, rule: FieldSetRule) -> None:
        self.subgraph = subgraph
        self.schema = subgraph.schema
        self.rule = rule

    # Is it valid GraphQL? Only the first problem is reported.

    def understand(self, parent: TypeDefinition, selection: SelectionSetNode) -> None:
        for item in selection.selections:
            for directive in item.directives or ():
                self.understand_directive(directive)
            if isinstance(item, InlineFragmentNode):
                self.understand(self.narrowed(parent, item), item.selection_set)
            elif isinstance(item, FieldNode) and item.name.value != "__typename":
                self.understand_field(parent, item)

    def understand_directive(self, directive: DirectiveNode) -> None:
        name = directive.name.value
        subgraph = self.subgraph
        is_known = (
            name in subgraph.schema.directives
            or name in subgraph.local_names.values()
            or name in built_in_definitions().directives
        )
        if not is_known:
            raise _Invalid(f'Unknown directive "@{name}".')

    def understand_field(self, parent: TypeDefinition, item: FieldNode) -> None:
        name = item.name.value
        field = parent.fields.get(name)
        if field is None:
            raise _Invalid(
                f'Cannot query field "{name}" on type "{parent.name}". If another subgraph'
                " defines the field, add it to this one with @external."
            )
        self.refuse_abstract(parent, field)
        if item.alias is not None:
            raise _Invalid(
                f'Cannot use alias "{item.alias.value}": aliases are not supported in'
                f" @{self.rule.directive}."
            )
        self.understand_arguments(parent, field, item)
        inner = self.schema.types.get(field.type.base)
        is_composite = inner is not None and inner.kind in _COMPOSITE
        if is_composite and item.selection_set is None:
            raise _Invalid(
                f'Field "{parent.name}.{name}" of type {field.type} needs a selection of its'
                " subfields."
            )
        if item.selection_set is not None:
            if inner is None or not is_composite:
                raise _Invalid(
                    f'Field "{parent.name}.{name}" of type {field.type} has no subfields.'
                )
            self.understand(inner, item.selection_set)

    def refuse_abstract(self, parent: TypeDefinition, field: FieldDefinition) -> None:
        inner = self.schema.types.get(field.type.base)
        if (
            not self.rule.allows_abstract_fields
            and inner is not None
            and inner.kind in (TypeKind.INTERFACE, TypeKind.UNION)
        ):
            raise _Invalid(
                f'field "{parent.name}.{field.name}" is of {inner.kind} type, which is not allowed'
                f" in @{self.rule.directive}.",
                f"{self.rule.prefix}_FIELDS_SELECT_INVALID_TYPE",
            )

    def understand_arguments(
        self, parent: TypeDefinition, field: FieldDefinition, item: FieldNode
    ) -> None:
        coordinate = f"{parent.name}.{field.name}"
        given = {argument.name.value: argument.value for argument in item.arguments or ()}
        for name, value in given.items():
            argument = field.arguments.get(name)
            if argument is None:
                raise _Invalid(f'Unknown argument "{name}" on field "{coordinate}".')
            problem = literal_problem(self.subgraph, value, argument.type)
            if problem is not None:
                raise _Invalid(f'Argument "{coordinate}({name}:)" {problem}.')
        for name, argument in field.arguments.items():
            if argument.type.non_null and argument.default is None and name not in given:
                raise _Invalid(f'Argument "{coordinate}({name}:)" is required.')

    def narrowed(self, parent: TypeDefinition, item: InlineFragmentNode) -> TypeDefinition:
        if item.type_condition is None:
            return parent
        name = item.type_condition.name.value
        narrowed = self.schema.types.get(name)
        if narrowed is None or narrowed.kind not in _COMPOSITE:
            raise _Invalid(f'Unknown object, interface or union type "{name}".')
        possible = self.schema.runtime_types(name)
        if narrowed is not parent and not possible & self.schema.runtime_types(parent.name):
            raise _Invalid(
                f'A fragment on "{name}" cannot be spread in "{parent.name}": no object is both.'
            )
        return narrowed

    # Does it select only what its directive allows? All problems are reported.

    def problems(
        self, parent: TypeDefinition, selection: SelectionSetNode, *, in_external: bool
    ) -> Iterator[tuple[str, str]]:
        for item in selection.selections:
            if item.directives:
                found = ", ".join(print_ast(directive) for directive in item.directives)
                yield (
                    f"{self.rule.prefix}_DIRECTIVE_IN_FIELDS_ARG",
                    f"directives cannot be applied in field sets, but found {found}.",
                )
            if isinstance(item, InlineFragmentNode):
                narrowed = self.narrowed(parent, item)
                yield from self.problems(narrowed, item.selection_set, in_external=in_external)
            elif isinstance(item, FieldNode) and item.name.value != "__typename":
                yield from self.field_problems(parent, item, in_external)

    def field_problems(
        self, parent: TypeDefinition, item: FieldNode, in_external: bool
    ) -> Iterator[tuple[str, str]]:
        field = parent.fields[item.name.value]
        coordinate = f"{parent.name}.{field.name}"
        if field.arguments and not self.rule.allows_arguments:
            yield (
                f"{self.rule.prefix}_FIELDS_HAS_ARGS",
                f'field "{coordinate}" has arguments, which is not allowed in'
                f" @{self.rule.directive}.",
            )
        is_external = self.subgraph.is_external(parent, field)
        if item.selection_set is None:
            if not (is_external or in_external or self.rule.allows_own_leaves):
                yield self.missing_external(parent, field, coordinate)
            return
        yield from self.problems(
            self.schema.types[field.type.base],
            item.selection_set,
            in_external=in_external or self.subgraph.is_external_somewhere(parent, field),
        )

    def missing_external(
        self, parent: TypeDefinition, field: FieldDefinition, coordinate: str
    ) -> tuple[str, str]:
        reason = "is not marked @external"
        if self.subgraph.is_fake_external(parent, field):
            reason = "is the key of a type extension, which counts as its own despite @external"
        return (
            f"{self.rule.prefix}_FIELDS_MISSING_EXTERNAL",
            f'field "{coordinate}" is already resolved by this subgraph: it {reason}. Mark it'
            f" @external or take it out of the @{self.rule.directive}.",
        )
