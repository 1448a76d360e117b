from graphql import print_ast

from trellis.router.composition.model import SourceLocation, TypeKind
from trellis.router.composition.parse import parse_schema


def messages(sdl: str) -> list[str]:
    return [error.message for error in parse_schema("a", sdl)[1]]


def test_extensions_are_folded_into_their_type():
    schema, errors = parse_schema(
        "a",
        """
        type T implements I @one { x: Int }
        extend type T implements J @two { y: Int @three }
        """,
    )

    definition = schema.types["T"]
    assert errors == []
    assert definition.interfaces == ["I", "J"]
    assert list(definition.fields) == ["x", "y"]
    assert [(a.name, a.on_extension) for a in definition.applied] == [("one", False), ("two", True)]
    assert definition.fields["y"].on_extension
    assert definition.fields["y"].applied[0].on_extension
    assert definition.has_definition
    assert definition.has_extension


def test_an_extension_alone_is_no_definition():
    schema, errors = parse_schema("a", "extend type T { x: Int }")

    assert errors == []
    assert not schema.types["T"].has_definition


def test_declarations_are_counted_in_the_order_written():
    schema, _ = parse_schema(
        "a", "extend type T @d { x: Int } type T @d { y: Int } extend type T @d { z: Int }"
    )

    assert [a.declaration for a in schema.types["T"].applied] == [1, 0, 2]
    assert [f.declaration for f in schema.types["T"].fields.values()] == [1, 0, 2]


def test_every_kind_of_type_is_read():
    schema, errors = parse_schema(
        "a",
        """
        scalar S
        type O { f(a: [Int!]! = [1]): S! }
        interface I { f: S }
        union U = O
        enum E { A B }
        input N { f: E = A }
        directive @d(x: N) repeatable on FIELD | OBJECT
        """,
    )

    assert errors == []
    assert {name: t.kind for name, t in schema.types.items()} == {
        "S": TypeKind.SCALAR,
        "O": TypeKind.OBJECT,
        "I": TypeKind.INTERFACE,
        "U": TypeKind.UNION,
        "E": TypeKind.ENUM,
        "N": TypeKind.INPUT_OBJECT,
    }
    assert str(schema.types["O"].fields["f"].arguments["a"].type) == "[Int!]!"
    assert schema.types["U"].members == ["O"]
    assert list(schema.types["E"].values) == ["A", "B"]
    assert schema.directives["d"].locations == ["FIELD", "OBJECT"]
    assert schema.directives["d"].is_repeatable


def test_places_are_lines_and_columns_of_the_sdl():
    schema, _ = parse_schema("shop", "type T {\n  x: Int\n}")

    assert schema.types["T"].place == SourceLocation("shop", 1, 1)
    assert schema.types["T"].fields["x"].place == SourceLocation("shop", 2, 3)


def test_types_with_default_names_are_the_roots():
    schema, _ = parse_schema("a", "type Query { x: Int } type Mutation { y: Int }")

    assert schema.roots == {"query": "Query", "mutation": "Mutation"}


def test_a_schema_definition_names_all_roots():
    schema, _ = parse_schema("a", "schema { query: Q } type Q { x: Int } type Mutation { y: Int }")

    assert schema.roots == {"query": "Q"}


def test_a_schema_extension_leaves_the_default_roots():
    schema, _ = parse_schema("a", 'extend schema @link(url: "x") type Query { x: Int }')

    assert schema.roots == {"query": "Query"}
    assert [a.name for a in schema.applied] == ["link"]


def test_a_syntax_error_says_where():
    _, errors = parse_schema("a", "type T {\n  x Int\n}")

    assert [(e.code, e.message) for e in errors] == [
        ("INVALID_GRAPHQL", "Syntax Error: Expected ':', found Name 'Int'.")
    ]
    assert errors[0].places == (SourceLocation("a", 2, 5),)


def test_nothing_may_be_defined_twice():
    assert messages("type T { x: Int } type T { y: Int }") == [
        'There can be only one type named "T".'
    ]
    assert messages("type T { x: Int x: Int }") == ['Field "T.x" can only be defined once.']
    assert messages("type T { x: Int } extend type T { x: Int }") == [
        'Field "T.x" can only be defined once.'
    ]
    assert messages("type T { x(a: Int, a: Int): Int }") == [
        'Argument "T.x(a:)" can only be defined once.'
    ]
    assert messages("input N { x: Int x: Int }") == ['Field "N.x" can only be defined once.']
    assert messages("enum E { A A }") == ['Enum value "E.A" can only be defined once.']
    assert messages("union U = T | T") == ['Union type "U" can only include "T" once.']
    assert messages("type T implements I & I { x: Int }") == [
        'Type "T" can only implement "I" once.'
    ]
    assert messages("directive @d on FIELD directive @d on FIELD") == [
        'There can be only one directive named "@d".'
    ]
    assert messages("schema { query: Q } schema { query: Q }")[0] == (
        'There can be only one "schema" definition.'
    )
    assert messages("schema { query: Q query: R }") == [
        'There can be only one query type; "R" is a second one.'
    ]
    assert messages("type T { x: Int @d(a: 1, a: 2) }") == [
        'Argument "a" of "@d" is given more than once.'
    ]


def test_an_extension_of_another_kind_is_refused():
    assert messages("type T { x: Int } extend interface T { y: Int }") == [
        '"T" is defined both as object and as interface.'
    ]


def test_operations_are_no_schema():
    assert messages("type T { x: Int } query { x }") == [
        "A subgraph schema holds type system definitions only; remove the operation or fragment."
    ]


def test_bottomless_nesting_is_no_crash():
    lists = "[" * 200 + "Int" + "]" * 200

    assert messages(f"type T {{ x: {lists} }}") == ["Syntax Error: this is nested too deeply."]
    assert messages("type T { x(a: Int = " + "[" * 9000 + "]" * 9000 + "): Int }") == [
        "Syntax Error: Document is nested too deeply. Parsing aborted."
    ]


def test_strings_mean_what_the_specification_says():
    schema, errors = parse_schema(
        "a",
        '''
        """
          two
            lines \\"""
        """
        type T { "caf\\u00e9 \\"x\\"" x: Int }
        ''',
    )

    assert errors == []
    assert schema.types["T"].description == 'two\n  lines """'
    assert schema.types["T"].fields["x"].description == 'café "x"'


def test_values_are_kept_as_written():
    schema, errors = parse_schema(
        "a", 'type T { x: Int @d(a: [1, -2.5e3, "s", true, null, E, {f: $}]) }'.replace("$", "{}")
    )

    assert errors == []
    assert print_ast(schema.types["T"].fields["x"].applied[0].arguments["a"]) == (
        '[1, -2.5e3, "s", true, null, E, { f: {  } }]'
    )


def test_variables_are_no_constants():
    assert messages("type T { x: Int @d(a: $b) }") == [
        "Syntax Error: Unexpected variable '$b' in constant value."
    ]
