"""Whether a literal fits an input type (spec 3.5 to 3.12, input coercion).

Slightly more is accepted than the specification allows, because existing schemas contain it: an
integer written as a float, a string without quotes, an enum value with quotes. ``normalize``
rewrites these.
"""

from collections.abc import Mapping
from decimal import Decimal

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    print_ast,
)

from trellis.router.composition.graphql_rules.one_of import is_one_of
from trellis.router.composition.model import TypeDefinition, TypeKind, TypeRef
from trellis.router.composition.subgraph import SubgraphSchema

_LITERALS: dict[str, tuple[type[ValueNode], ...]] = {
    "Int": (IntValueNode, FloatValueNode),
    "Float": (IntValueNode, FloatValueNode),
    "String": (StringValueNode, EnumValueNode),
    "Boolean": (BooleanValueNode,),
    "ID": (StringValueNode, EnumValueNode, IntValueNode),
}
_INT_RANGE = range(-(2**31), 2**31)


def literal_problem(
    subgraph: SubgraphSchema, value: ValueNode, expected: TypeRef, *, may_lack_fields: bool = False
) -> str | None:
    """The problem with the value, as the end of a sentence; None when it fits. Custom scalars
    accept anything, unknown types are left to another rule.

    ``may_lack_fields`` allows an input object to omit required fields: in the arguments of
    directives they were never checked before, so existing schemas may lack them.
    """
    if isinstance(value, VariableNode):
        return "cannot be a variable"
    if isinstance(value, NullValueNode):
        return f"of type {expected} cannot be null" if expected.non_null else None
    if expected.of is not None:
        items = value.values if isinstance(value, ListValueNode) else (value,)
        inner = expected.of
        problems = (
            literal_problem(subgraph, item, inner, may_lack_fields=may_lack_fields)
            for item in items
        )
        return next((problem for problem in problems if problem), None)
    if expected.base in _LITERALS:
        return _built_in_problem(value, expected)
    definition = subgraph.schema.types.get(expected.base) or subgraph.spec_types.get(expected.base)
    if definition is not None and definition.kind is TypeKind.ENUM:
        name = value.value if isinstance(value, EnumValueNode | StringValueNode) else None
        return None if name in definition.values else _mismatch(value, expected)
    if definition is not None and definition.kind is TypeKind.INPUT_OBJECT:
        return _object_problem(subgraph, value, definition, may_lack_fields)
    return None


def _built_in_problem(value: ValueNode, expected: TypeRef) -> str | None:
    if not isinstance(value, _LITERALS[expected.base]):
        return _mismatch(value, expected)
    if expected.base == "Int" and isinstance(value, IntValueNode | FloatValueNode):
        return None if is_int(value.value) else _mismatch(value, expected)
    return None


def is_int(text: str) -> bool:
    """Whether the text of a number literal is a 32-bit integer, even if written as a float."""
    try:
        number = Decimal(text)
        return number == number.to_integral_value() and int(number) in _INT_RANGE
    except ArithmeticError:
        return False


def _object_problem(
    subgraph: SubgraphSchema, value: ValueNode, definition: TypeDefinition, may_lack_fields: bool
) -> str | None:
    if not isinstance(value, ObjectValueNode):
        return _mismatch(value, TypeRef(definition.name))
    given: dict[str, ValueNode] = {}
    for member in value.fields:
        name = member.name.value
        field = definition.input_fields.get(name)
        if field is None:
            return f'has the unknown field "{name}" of "{definition.name}"'
        if name in given:
            return f'has the field "{name}" twice'
        given[name] = member.value
        problem = literal_problem(
            subgraph, member.value, field.type, may_lack_fields=may_lack_fields
        )
        if problem is not None:
            return f'in field "{name}" {problem}'
    if is_one_of(definition):
        return _one_of_problem(definition, given, may_lack_fields)
    for field in () if may_lack_fields else definition.input_fields.values():
        if field.type.non_null and field.default is None and field.name not in given:
            return f'lacks the required field "{field.name}" of "{definition.name}"'
    return None


def _one_of_problem(
    definition: TypeDefinition, given: Mapping[str, ValueNode], may_lack_fields: bool
) -> str | None:
    if len(given) == 1 and not isinstance(next(iter(given.values())), NullValueNode):
        return None
    if not given and may_lack_fields:
        return None
    return f'must give exactly one field of the @oneOf input "{definition.name}", and not null'


def _mismatch(value: ValueNode, expected: TypeRef) -> str:
    return f"of type {expected} cannot be {print_ast(value)}"
