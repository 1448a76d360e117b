import pytest

from tests.support.composing import codes, codes_of, federation_2, load, messages_of

START = """
type Query { q: Int }
directive @own(n: Int!, e: E = A, o: N, one: One) on OBJECT | FIELD_DEFINITION
directive @many repeatable on OBJECT
enum E { A }
input N { x: Int! }
input One @oneOf { x: Int y: Int }
"""


@pytest.mark.parametrize(
    "sdl",
    [
        "type T @own(n: 1, e: A, o: {x: 1}) @many @many { x: Int }",
        # Nobody has ever looked for missing fields here, not even graphql-core.
        "type T @own(n: 1, o: {}, one: {}) { x: Int }",
        "type T @own(n: 1, one: {y: 1}) { x: Int }",
        "type T { x: Int @deprecated(reason: null) }",
        'scalar S @specifiedBy(url: "https://x.dev")',
    ],
)
def test_good_applications_pass(sdl):
    assert codes_of(START + sdl) == []


@pytest.mark.parametrize(
    "sdl",
    [
        "type T @unknown { x: Int }",
        "enum F @own(n: 1) { A }",
        "type T @own(n: 1) @own(n: 2) { x: Int }",
        "type T @own(n: 1) { x: Int } extend type T @own(n: 2)",
        "type T @own { x: Int }",
        "type T @own(n: null) { x: Int }",
        'type T @own(n: "1") { x: Int }',
        "type T @own(n: 1, e: B) { x: Int }",
        "type T @own(n: 1, o: {x: 1, y: 2}) { x: Int }",
        "type T @own(n: 1, o: {x: 1, x: 2}) { x: Int }",
        "type T @own(n: 1, one: {x: 1, y: 1}) { x: Int }",
        "type T @own(n: 1, one: {x: null}) { x: Int }",
        "type T @own(n: 1, more: 2) { x: Int }",
        "type T @own(n: 1.5) { x: Int }",
        "type T @own(n: 3000000000) { x: Int }",
        "type T @tag(name: 1) { x: Int }",
        "type T @key { x: Int }",
        'type T @key(fields: "x", resolvable: "no") { x: Int }',
        "extend schema @unknown",
        "extend schema @many",
    ],
)
def test_bad_applications_are_refused(sdl):
    assert codes_of(START + sdl) == ["INVALID_GRAPHQL"]


def test_a_directive_stands_only_where_its_version_allows():
    sdl = 'extend schema @tag(name: "x") type Query { q: Int }'

    assert codes_of(sdl, "2.2") == ["INVALID_GRAPHQL"]
    assert codes_of(sdl, "2.3") == []


def test_shareable_repeats_since_2_2():
    sdl = "type Query { t: T } type T @shareable { x: Int } extend type T @shareable { y: Int }"

    assert codes_of(sdl, "2.1") == ["INVALID_GRAPHQL"]
    assert codes_of(sdl, "2.2") == []


def test_override_labels_came_with_2_7():
    sdl = 'type Query { q: Int @override(from: "b", label: "percent(1)") }'

    assert codes_of(sdl, "2.6") == ["INVALID_GRAPHQL"]
    assert codes_of(sdl, "2.7") == []


def test_a_missing_federation_directive_gets_advice():
    fed_1 = load("type Query { q: Int @shareable }")[1][0].message
    not_imported = federation_2("type Query { q: Int @shareable }").replace('"@shareable", ', "")
    fed_2 = load(not_imported.replace(', "@shareable"', ""))[1][0].message

    assert "federation 1 schema" in fed_1
    assert 'Add "@shareable" to the imports' in fed_2


def test_federation_1_has_no_later_directives():
    assert codes('type Query { q: Int @override(from: "b") }') == ["INVALID_GRAPHQL"]


def test_the_message_says_what_and_where():
    assert messages_of('type Query { q: Int } input N @tag(nam: "x") { x: Int }') == [
        '[a] Directive "@tag" on N: unknown argument "nam".',
        '[a] Directive "@tag" on N: argument "name" of type String! is required.',
    ]
