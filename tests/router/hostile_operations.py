"""Hostile operations as data: what each asks, with which variables, and the code that it is refused
with; None for those that are legal, and answered."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Attack(NamedTuple):
    document: str
    code: str | None
    variables: Mapping[str, Any] = {}


def times(text: str, count: int) -> str:
    return " ".join(text.format(n=n) for n in range(count))


BOOKS = "query ($i: [ID!], $n: Int) { books(ids: $i, first: $n) { id } }"
LOOP = "fragment {0} on Query {{ ...{1} }}"

SYNTAX = {
    "nothing": Attack("", "GRAPHQL_PARSE_FAILED"),
    "blanks only": Attack(" \n" * 40_000, "GRAPHQL_PARSE_FAILED"),
    "comments only": Attack("#\n" * 40_000, "PARSER_LIMIT"),
    "a byte order mark in the middle": Attack(
        "{ books \ufeff { id } }\x00", "GRAPHQL_PARSE_FAILED"
    ),
    "a control character": Attack("{ books { \x01id } }", "GRAPHQL_PARSE_FAILED"),
    "a lone surrogate escape": Attack('{ books(ids: ["\\uD800"]) { id } }', "GRAPHQL_PARSE_FAILED"),
    "an unknown escape": Attack('{ books(ids: ["\\x41"]) { id } }', "GRAPHQL_PARSE_FAILED"),
    "an unclosed string": Attack('{ books(ids: ["', "GRAPHQL_PARSE_FAILED"),
    "an unclosed block string": Attack('{ books(ids: ["""' + "x" * 90_000, "GRAPHQL_PARSE_FAILED"),
    "an unclosed list": Attack("{ books(ids: " + "[" * 150, "GRAPHQL_PARSE_FAILED"),
    "a number that ends in a letter": Attack("{ books(first: 1x) { id } }", "GRAPHQL_PARSE_FAILED"),
    "a number with leading zeros": Attack("{ books(first: 007) { id } }", "GRAPHQL_PARSE_FAILED"),
    "an exponent without digits": Attack("{ books(first: 1e) { id } }", "GRAPHQL_PARSE_FAILED"),
    "a digit as a name": Attack("{ 1books { id } }", "GRAPHQL_PARSE_FAILED"),
    "an empty selection": Attack("{ books { } }", "GRAPHQL_PARSE_FAILED"),
    "an empty argument list": Attack("{ books() { id } }", "GRAPHQL_PARSE_FAILED"),
    "a fragment called on": Attack(
        "fragment on on Query { books { id } } { ...on }", "GRAPHQL_PARSE_FAILED"
    ),
    "two documents in one": Attack("{ books { id } } }", "GRAPHQL_PARSE_FAILED"),
    "a type definition": Attack("type Query { a: Int }", "GRAPHQL_VALIDATION_FAILED"),
    "a schema extension": Attack("extend schema @a { books { id } }", "GRAPHQL_PARSE_FAILED"),
}
SIZE = {
    "a document of a megabyte": Attack("{ books { id } }" + " " * 1_000_000, "DOCUMENT_TOO_LARGE"),
    "a name of ninety thousand letters": Attack(
        "{ " + "a" * 90_000 + " }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "brackets within brackets": Attack(
        "{ books(ids: " + "[" * 300 + "]" * 300 + ") { id } }", "PARSER_LIMIT"
    ),
    "objects within objects": Attack(
        "{ books(ids: " + "{a: " * 250 + "1" + "}" * 250 + ") { id } }", "PARSER_LIMIT"
    ),
    "lists of lists in a variable's type": Attack(
        "query ($v: " + "[" * 300 + "ID" + "]" * 300 + ") { books { id } }", "PARSER_LIMIT"
    ),
    "five thousand tokens": Attack("{ books { " + "id " * 5_000 + "} }", "PARSER_LIMIT"),
    "fields within fields": Attack(
        "{ books { " + "readers { " * 20 + "name" + " }" * 22, "MAX_DEPTH_LIMIT"
    ),
    "many fields": Attack("{ books { " + "id title genre " * 80 + "} }", "MAX_HEIGHT_LIMIT"),
    "many aliases": Attack("{ books { " + times("a{n}: id", 60) + " } }", "MAX_ALIASES_LIMIT"),
    "many root fields": Attack("{ " + times("books {{ id }}", 30) + " }", "MAX_ROOT_FIELDS_LIMIT"),
    "many directives": Attack(
        "{ books { " + "id @include(if: true) " * 60 + "} }", "MAX_DIRECTIVES_LIMIT"
    ),
    "many directives at one field": Attack(
        "{ books { id " + "@skip(if: false) " * 60 + "} }", "MAX_DIRECTIVES_LIMIT"
    ),
    "many definitions": Attack(
        times("query A{n} {{ books {{ id }} }}", 60), "MAX_DEFINITIONS_LIMIT"
    ),
    "many fragments": Attack(
        "{ books { id } } " + times("fragment A{n} on Book {{ id }}", 60), "MAX_DEFINITIONS_LIMIT"
    ),
    "many variables": Attack(
        "query (" + times("$v{n}: Int", 300) + ") { books { id } }", "MAX_VARIABLES_LIMIT"
    ),
    "many arguments": Attack(
        "{ books(" + times("a{n}: 1", 900) + ") { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "the same argument many times": Attack(
        "{ books(" + "first: 1 " * 900 + ") { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "many members of one object": Attack(
        "{ books(ids: {" + times("a{n}: 1", 900) + "}) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "introspection within introspection": Attack(
        "{ __schema { types { " + "ofType { " * 14 + "name" + " }" * 17, None
    ),
    "inline fragments within one another": Attack(
        "{ " + "... on Query { " * 180 + "books { id }" + " }" * 181, None
    ),
}
MEANING = {
    "a fragment that spreads itself": Attack(
        "{ ...A } " + LOOP.format("A", "A"), "GRAPHQL_VALIDATION_FAILED"
    ),
    "two fragments that spread each other": Attack(
        "{ ...A } " + LOOP.format("A", "B") + LOOP.format("B", "A"), "GRAPHQL_VALIDATION_FAILED"
    ),
    "a loop behind a long chain": Attack(
        "{ ...F0 } "
        + times("fragment F{n} on Query {{ ...F{n}x }} fragment F{n}x on Query {{ ...F0 }}", 20),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "an unused fragment that spreads itself": Attack(
        "{ books { id } } " + LOOP.format("A", "A"), "GRAPHQL_VALIDATION_FAILED"
    ),
    "a fragment that is not there": Attack("{ ...A }", "GRAPHQL_VALIDATION_FAILED"),
    "a fragment on a scalar": Attack(
        "{ books { id { ...A } } } fragment A on ID { x }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a fragment on a type that is not there": Attack(
        "{ ... on Nobody { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "two fragments of one name": Attack(
        "{ ...A } fragment A on Query { books { id } } fragment A on Query { books { id } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "an operation that is not there twice": Attack(
        "query A { books { id } } query A { books { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a hidden field": Attack("{ books { cost } }", "GRAPHQL_VALIDATION_FAILED"),
    "a hidden value": Attack(
        "query ($g: Genre = SECRET) { books { genre } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a field of an internal schema": Attack(
        "{ _entities(representations: []) { __typename } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "the service field": Attack("{ _service { sdl } }", "GRAPHQL_VALIDATION_FAILED"),
    "a field with a reserved name": Attack("{ __proto__ }", "GRAPHQL_VALIDATION_FAILED"),
    "an attribute of Python": Attack(
        "{ __class__ { __init__ { __globals__ } } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a leaf with a selection": Attack("{ books { id { x } } }", "GRAPHQL_VALIDATION_FAILED"),
    "an object without one": Attack("{ books }", "GRAPHQL_VALIDATION_FAILED"),
    "an unknown directive": Attack(
        "{ books @drop(table: true) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a directive in the wrong place": Attack(
        "query @skip(if: true) { books { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "defer": Attack("{ ... @defer { books { id } } }", None),
    "an argument of another type": Attack(
        '{ books(first: "1; DROP TABLE books") { id } }', "GRAPHQL_VALIDATION_FAILED"
    ),
    "an integer of a thousand digits": Attack(
        "{ books(first: " + "9" * 1_000 + ") { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a float of great exponent": Attack(
        "{ books(first: 1e999) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a variable of an output type": Attack(
        "query ($v: Book) { books { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a variable that is not declared": Attack(
        "{ books(first: $n) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a variable of another type": Attack(
        "query ($v: String) { books(first: $v) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "fields that cannot be merged": Attack(
        "{ books { x: id x: title } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "an argument that is not there": Attack(
        "{ books(limit: 1000000) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a directive twice": Attack(
        "{ books { id @skip(if: true) @skip(if: true) } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "an operation without a name beside another": Attack(
        "{ books { id } } query A { books { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a default of another type": Attack(
        'query ($n: Int = "x") { books(first: $n) { id } }', "GRAPHQL_VALIDATION_FAILED"
    ),
    "a variable declared twice": Attack(
        "query ($n: Int, $n: Int) { books(first: $n) { id } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "conflicts deep below": Attack(
        "{ books { readers { x: name } readers { x: __typename } } }", "GRAPHQL_VALIDATION_FAILED"
    ),
}
VALUES = {
    "a word for a number": Attack(BOOKS, "BAD_USER_INPUT", {"n": "many"}),
    "a number beyond 32 bits": Attack(BOOKS, "BAD_USER_INPUT", {"n": 2**31}),
    "a number of four thousand digits": Attack(BOOKS, "BAD_USER_INPUT", {"n": 10**4_000}),
    "no number": Attack(BOOKS, "BAD_USER_INPUT", {"n": float("nan")}),
    "infinity": Attack(BOOKS, "BAD_USER_INPUT", {"n": float("inf")}),
    "a truth value for a number": Attack(BOOKS, "BAD_USER_INPUT", {"n": True}),
    "an object for a list": Attack(BOOKS, "BAD_USER_INPUT", {"i": {"length": 1}}),
    "null in a list of values": Attack(BOOKS, "BAD_USER_INPUT", {"i": [None]}),
    "lists within lists": Attack(BOOKS, "BAD_USER_INPUT", {"i": [[["1"]]]}),
    "a list of thirty thousand values": Attack(
        BOOKS, "MAX_VARIABLE_VALUES_LIMIT", {"i": ["1"] * 30_000}
    ),
    "a member for each letter": Attack(
        BOOKS, "MAX_VARIABLE_VALUES_LIMIT", {"i": [dict.fromkeys("abcdefgh", 1)] * 4_000}
    ),
}
ATTACKS = {**SYNTAX, **SIZE, **MEANING, **VALUES}
