import pytest

from tests.support.composing import codes, codes_of, load, load_one

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'
TYPES = '\ntype Query { t: T } type T @key(fields: "id") { id: ID! }'


@pytest.mark.parametrize(
    "definition",
    [
        "directive @key(fields: federation__FieldSet!, resolvable: Boolean = true)"
        " repeatable on OBJECT | INTERFACE scalar federation__FieldSet",
        "directive @key(fields: federation__FieldSet!) on OBJECT",
        "directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT",
        "directive @key(fields: String!, resolvable: Boolean!) repeatable on INTERFACE | OBJECT",
    ],
)
def test_compatible_definitions_are_accepted(definition):
    # The last one makes "resolvable" mandatory, so the key has to give it.
    types = TYPES.replace('"id"', '"id", resolvable: true') if "Boolean!" in definition else TYPES
    assert codes(LINK + definition + types) == []


@pytest.mark.parametrize(
    "definition",
    [
        "directive @key(fields: String, resolvable: Boolean = true) on OBJECT",
        "directive @key(fields: Other!, resolvable: Boolean = true) on OBJECT scalar Other",
        "directive @key(fields: String!, resolvable: Boolean = false) on OBJECT",
        "directive @key(fields: String!, resolvable: String = true) on OBJECT",
        "directive @key(fields: String!, more: Int) on OBJECT",
        "directive @key(fields: String!) on OBJECT | ENUM",
        "directive @key on OBJECT",
    ],
)
def test_other_definitions_are_refused(definition):
    assert codes(LINK + definition + TYPES) == ["DIRECTIVE_DEFINITION_INVALID"]


def test_a_directive_that_repeats_no_more_than_specified():
    definition = "directive @federation__external(reason: String) repeatable on FIELD_DEFINITION"

    assert codes(LINK + definition + TYPES) == ["DIRECTIVE_DEFINITION_INVALID"]


def test_the_own_narrower_definition_binds():
    definition = "directive @key(fields: String!) on OBJECT\n"
    twice = 'type Query { t: T } type T @key(fields: "a") @key(fields: "b") { a: ID! b: ID! }'
    more = 'type Query { t: T } type T @key(fields: "a", resolvable: false) { a: ID! }'

    assert codes(LINK + twice) == []
    assert codes(LINK + definition + twice) == ["INVALID_GRAPHQL"]
    assert codes(LINK + definition + more) == ["INVALID_GRAPHQL"]


@pytest.mark.parametrize(
    "definition",
    [
        "type federation__FieldSet { x: Int }",
        "enum link__Purpose { EXECUTION OTHER }",
        "scalar link__Purpose",
        "type _Any { x: Int }",
        "scalar _Entity",
        "type _Service { other: String }",
        "type _Service { sdl: Int }",
        "enum Int { A }",
    ],
)
def test_specified_types_cannot_be_something_else(definition):
    assert codes(LINK + definition + TYPES) == ["TYPE_DEFINITION_INVALID"]


def test_built_in_directives_cannot_be_redefined_differently():
    assert codes_of(
        "directive @deprecated(reason: String) on ENUM_VALUE type Query { q: Int }"
    ) == ["DIRECTIVE_DEFINITION_INVALID"]
    assert (
        codes_of(
            'directive @deprecated(reason: String = "No longer supported") on ENUM_VALUE'
            " type Query { q: Int }"
        )
        == []
    )


def test_specified_definitions_are_not_part_of_the_schema():
    subgraph = load_one(
        LINK
        + """
        directive @key(fields: federation__FieldSet!) repeatable on OBJECT
        directive @mine on FIELD_DEFINITION
        scalar federation__FieldSet
        scalar _Any
        scalar String
        union _Entity = T
        type _Service { sdl: String! }
        type __Type { x: Int }
        type Query {
          t: T
          _service: _Service!
          _entities(representations: [_Any!]!): [_Entity]!
        }
        type T @key(fields: "id") { id: ID! }
        """
    )

    assert list(subgraph.schema.types) == ["Query", "T"]
    assert list(subgraph.schema.types["Query"].fields) == ["t"]
    assert list(subgraph.schema.directives) == ["mine"]


@pytest.mark.parametrize(
    "definition",
    [
        "directive @key(fields: String) on OBJECT",
        "directive @key(fields: [String!]) on OBJECT",
        "directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE scalar _FieldSet",
        "directive @key(fields: FieldSet!) on OBJECT scalar FieldSet",
        "directive @key on OBJECT",
    ],
)
def test_federation_1_did_not_look_at_the_type_of_fields(definition):
    assert codes(definition + TYPES) == []


@pytest.mark.parametrize(
    "definition",
    [
        "directive @key(fields: String!, more: Int) on OBJECT",
        # Who knows "resolvable" has seen federation 2.
        "directive @key(fields: FieldSet!, resolvable: Boolean = true) on OBJECT scalar FieldSet",
        "directive @key(fields: String, resolvable: Boolean = true) on OBJECT",
        "directive @key(fields: Int) on OBJECT",
    ],
)
def test_other_definitions_of_federation_1_are_refused(definition):
    assert codes(definition + TYPES) == ["DIRECTIVE_DEFINITION_INVALID"]


@pytest.mark.parametrize(
    ("sdl", "type_name"),
    [
        ("directive @key(fields: _FieldSet!) on OBJECT" + TYPES, "_FieldSet"),
        (LINK + "directive @key(fields: FieldSet!) on OBJECT" + TYPES, "FieldSet"),
        (LINK + "directive @link(url: Other) on SCHEMA" + TYPES, "Other"),
    ],
)
def test_the_types_in_a_specified_definition_exist(sdl, type_name):
    ((code, message),) = ((error.code, error.message) for error in load(sdl)[1])

    assert code == "INVALID_GRAPHQL"
    assert message.startswith(f'[a] Unknown type "{type_name}" of "@')


def test_a_federation_1_subgraph_may_define_later_directives():
    subgraph = load_one(
        """
        directive @inaccessible on FIELD_DEFINITION
        type Query { q: Int @inaccessible }
        """
    )

    assert subgraph.has(subgraph.schema.types["Query"].fields["q"], "inaccessible")


@pytest.mark.parametrize(
    "definition",
    [
        "directive @override on FIELD_DEFINITION",
        "directive @inaccessible(why: String) on FIELD_DEFINITION",
        "directive @shareable on ENUM",
        "directive @interfaceObject on INTERFACE",
    ],
)
def test_later_directives_of_federation_1_are_defined_as_specified(definition):
    assert codes(definition + " type Query { q: Int }") == ["DIRECTIVE_DEFINITION_INVALID"]


def test_printed_definitions_of_all_directives_are_accepted():
    # As the subgraph libraries print them, in federation v2.12.
    anywhere = (
        "ARGUMENT_DEFINITION | ENUM | ENUM_VALUE | FIELD_DEFINITION | INPUT_FIELD_DEFINITION"
        " | INPUT_OBJECT | INTERFACE | OBJECT | SCALAR | SCHEMA | UNION"
    )
    protected = "ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR"
    sdl = f"""
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")
    directive @link(url: String, as: String, for: link__Purpose, import: [link__Import])
      repeatable on SCHEMA
    directive @federation__key(fields: federation__FieldSet!, resolvable: Boolean = true)
      repeatable on INTERFACE | OBJECT
    directive @federation__requires(fields: federation__FieldSet!) on FIELD_DEFINITION
    directive @federation__provides(fields: federation__FieldSet!) on FIELD_DEFINITION
    directive @federation__external(reason: String) on FIELD_DEFINITION | OBJECT
    directive @federation__tag(name: String!) repeatable on {anywhere}
    directive @federation__extends on INTERFACE | OBJECT
    directive @federation__shareable repeatable on FIELD_DEFINITION | OBJECT
    directive @federation__inaccessible on {anywhere.replace("| SCHEMA ", "")}
    directive @federation__override(from: String!, label: String) on FIELD_DEFINITION
    directive @federation__composeDirective(name: String) repeatable on SCHEMA
    directive @federation__interfaceObject on OBJECT
    directive @federation__authenticated on {protected}
    directive @federation__requiresScopes(scopes: [[federation__Scope!]!]!) on {protected}
    directive @federation__policy(policies: [[federation__Policy!]!]!) on {protected}
    directive @federation__context(name: String!) repeatable on INTERFACE | OBJECT | UNION
    directive @federation__fromContext(field: federation__ContextFieldValue)
      on ARGUMENT_DEFINITION
    directive @federation__cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION
      | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
    directive @federation__listSize(assumedSize: Int, slicingArguments: [String!],
      sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
    directive @federation__cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT
    scalar link__Import
    enum link__Purpose {{ SECURITY EXECUTION }}
    scalar federation__FieldSet
    scalar federation__Scope
    scalar federation__Policy
    scalar federation__ContextFieldValue
    type Query {{ q: Int }}
    """

    assert codes(sdl) == []
    assert list(load_one(sdl).schema.directives) == []
