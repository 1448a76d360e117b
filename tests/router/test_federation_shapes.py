"""Combinations of federation's features, each asked in several ways: the answer is that of one
service that has everything."""

from collections.abc import Mapping

import pytest

from tests.support.slow_subgraphs import answer_and_truth

INTERFACE_OBJECT_THAT_REQUIRES = {
    "a": """
        type Query { items: [Node] }
        interface Node @key(fields: "id") { id: ID! code: String size: Int }
        type One implements Node @key(fields: "id") { id: ID! code: String size: Int a: Int }
        type Two implements Node @key(fields: "id") { id: ID! code: String size: Int }
    """,
    "b": """
        type Query { nodes: [Node] one: Node }
        type Node @key(fields: "id") @interfaceObject {
            id: ID! code: String @external size: Int @external
            label: String @requires(fields: "code")
            tag: String @requires(fields: "size code") }
    """,
    "c": """
        type Node @key(fields: "id") @interfaceObject {
            id: ID! label: String @external
            extra(n: Int): Int @requires(fields: "label")
            other: [Node] }
    """,
}

KEYS_OF_MANY_KINDS = {
    "a": """
        type Query { as: [A] }
        type A @key(fields: "id") @key(fields: "id pair { x y }") {
            id: ID! pair: Pair! @shareable name: String }
        type Pair @shareable { x: Int! y: Int! }
    """,
    "b": """
        type A @key(fields: "pair { x y }") { pair: Pair! @shareable c: C d: String }
        type Pair @shareable { x: Int! y: Int! }
        type C @key(fields: "a { pair { x } } k") { k: ID! a: CA! }
        type CA @shareable { pair: CP! }
        type CP @shareable { x: Int! }
    """,
    "c": """
        type C @key(fields: "k a { pair { x } }") { k: ID! a: CA! title: String }
        type CA @shareable { pair: CP! }
        type CP @shareable { x: Int! }
    """,
    "d": """
        type A @key(fields: "id") {
            id: ID! extra: String pair: Pair! @external
            sum: Int @requires(fields: "pair { x y }") }
        type Pair @shareable { x: Int! y: Int! }
    """,
}

OVERRIDDEN_AND_REQUIRED = {
    "a": 'type Query { as: [A] } type A @key(fields: "id") { id: ID! n: String m: String }',
    "b": """
        type A @key(fields: "id") {
            id: ID! n: String @override(from: "a") m: String @external
            made: String @requires(fields: "m") }
    """,
    "c": """
        type Query { cs: [A] }
        type A @key(fields: "id") {
            id: ID! n: String @external made: String @external
            out: String @requires(fields: "n")
            twice: String @requires(fields: "made n") }
    """,
}

PROVIDED_ON_A_UNION = {
    "a": """
        type Query {
            media: [Media] @provides(fields: "... on Book { title } ... on Film { title }")
            one: Media plain: [Media] }
        union Media = Book | Film
        type Book @key(fields: "id") { id: ID! title: String @external }
        type Film @key(fields: "id") { id: ID! title: String @external }
    """,
    "b": """
        type Book @key(fields: "id") { id: ID! title: String @shareable pages: Int }
        type Film @key(fields: "id") { id: ID! title: String @shareable length: Int }
    """,
}

_PETS = """
    interface Pet { id: ID! name: String }
    type Cat implements Pet @shareable { id: ID! name: String claws: Int }
    type Dog implements Pet @shareable { id: ID! name: String bark: Int owner: Own }
    type Own @shareable { x: Int }
"""
REQUIRED_OF_AN_INTERFACE = {
    "a": _PETS + 'type Query { users: [User] } type User @key(fields: "id") { id: ID! pet: Pet }',
    "b": _PETS
    + """
        type User @key(fields: "id") {
            id: ID! pet: Pet @external
            sound: String @requires(
                fields: "pet { name ... on Cat { claws } ... on Dog { bark owner { x } } }")
            short: String @requires(fields: "pet { id }") }
    """,
}

REQUIRED_WITH_ARGUMENTS = {
    "a": """
        type Query { ps: [P] }
        type P @key(fields: "id") { id: ID! price(c: String): Int w(u: Int = 3): Int }
    """,
    "b": """
        type P @key(fields: "id") {
            id: ID! price(c: String): Int @external w(u: Int = 3): Int @external
            ship: Int @requires(fields: "price(c: \\"EUR\\") w(u: 2)")
            tax: Int @requires(fields: "price(c: \\"USD\\")") }
    """,
}

PROVIDED_BELOW_PROVIDED = {
    "a": """
        type Query { ps: [P] @provides(fields: "cat { id name sub { name } }") qs: [P] }
        type P @key(fields: "id") { id: ID! cat: C @external }
        type C @key(fields: "id") { id: ID! name: String @external sub: C @external }
    """,
    "b": """
        type P @key(fields: "id") { id: ID! cat: C @shareable }
        type C @key(fields: "id") {
            id: ID! name: String @shareable sub: C @shareable w: Int }
    """,
}

INTERFACE_OBJECTS_BESIDE_ENTITIES = {
    "a": """
        type Query { all: [M] }
        interface M @key(fields: "id") { id: ID! t: String }
        type B implements M @key(fields: "id") { id: ID! t: String p: Int }
        type F implements M @key(fields: "id") { id: ID! t: String l: Int }
    """,
    "b": """
        type Query { rs: [R] top: M @shareable }
        type M @key(fields: "id") @interfaceObject { id: ID! r: Int revs: [R] }
        type R { text: String on: M }
    """,
    "c": """
        type Query { top: M @shareable }
        type M @key(fields: "id") @interfaceObject { id: ID! v: Int }
    """,
    "d": 'type Query { bs: [B] } type B @key(fields: "id") { id: ID! extra: String }',
}

SELECTIONS_BELOW_AN_INTERFACE = {
    "a": """
        type Query { one: Thing all: [Thing] }
        interface Thing { id: ID! size: Size parts: [Part] }
        type Box implements Thing @key(fields: "id") { id: ID! size: Size parts: [Part] }
        type Bag implements Thing @key(fields: "id size { x }") {
            id: ID! size: Size parts: [Part] }
        type Size @shareable { x: String y: String z: Size }
        type Part { k: ID! w: Int size: Size }
    """,
    "b": """
        type Box @key(fields: "id") {
            id: ID! size: Size @external parts: [Part] @external
            area: String @requires(fields: "size { x z { y } }")
            load: String @requires(fields: "parts { w size { y } }") }
        type Part @external { w: Int size: Size }
        type Bag @key(fields: "id size { x }") { id: ID! size: Size area: String }
        type Size @shareable { x: String y: String z: Size }
    """,
}

STRICTER_ELSEWHERE = {
    "a": """
        type Query { one: Has all: [Has] own: Own }
        interface Has { x: Int own: Own }
        type A implements Has @key(fields: "id") { id: ID! x: Int own: Own }
        type Own @key(fields: "id") { id: ID! has: Has @shareable }
    """,
    "b": """
        interface Has { x: Int own: Own }
        type B implements Has { x: Int @shareable own: Own @shareable }
        type Own @key(fields: "id") {
            id: ID! has: Has @external text: String @requires(fields: "has { x own { id } }") }
    """,
    "c": """
        type Query { b: B }
        interface Has { x: Int own: Own }
        type C implements Has { x: Int own: Own }
        type B { x: Int! @shareable own: Own! @shareable }
        type Own @key(fields: "id", resolvable: false) { id: ID! }
    """,
}

# In ``a`` Mid and Two have the same fields. Low, which ``a`` does not know, could share its
# response keys with Mid but not with Two.
STRICTER_ON_A_TYPE_UNKNOWN_HERE = {
    "a": """
        type Query { some: Has all: [Has] }
        interface Has { x: Int own: Own }
        type Mid implements Has { x: Int own: Own }
        type Two implements Has { x: Int @shareable own: Own @shareable }
        type Own { id: ID @shareable }
    """,
    "c": """
        type Query { zero: Low two: Two }
        interface Has { x: Int own: Own }
        type Low implements Has { x: Int! @shareable own: Own! @shareable }
        type Two implements Has { x: Int @shareable own: Own @shareable }
        type Own { id: ID @shareable }
    """,
    "d": """
        type Query { low: Low }
        type Low { x: Int @shareable own: Own @shareable }
        type Own { id: ID @shareable }
    """,
}

PROVIDED_BELOW_SOME_TYPES = {
    "a": """
        type Query { some: Has @provides(fields: "... on One { to { x } } ... on Two { y }")
            all: [Has] @provides(fields: "... on One { to { x } } ... on Two { to { y } }") }
        interface Has { to: Two }
        type One implements Has { to: Two }
        type Two implements Has @key(fields: "id") {
            id: ID! x: Int @external y: Int @external to: Two }
    """,
    "b": 'type Two @key(fields: "id") { id: ID! x: Int @shareable }',
    "c": 'type Two @key(fields: "id") { id: ID! y: Int @shareable }',
}

SHAPES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "interface object that requires": (
        INTERFACE_OBJECT_THAT_REQUIRES,
        [
            "{ nodes { label } }",
            "{ items { label tag } }",
            "{ nodes { id extra label } one { extra tag __typename } }",
            "{ nodes { ... on One { label a } ... on Two { tag } } }",
            "{ items { other { extra label other { tag ... on One { a extra } } } } }",
            "{ nodes { __typename ... on Two { extra } } items { ... on One { label } extra } }",
        ],
    ),
    "keys of many kinds": (
        KEYS_OF_MANY_KINDS,
        [
            "{ as { d extra c { title a { pair { x } } } } }",
            "{ as { sum d c { k title } } }",
            "{ as { sum } }",
        ],
    ),
    "overridden and required": (
        OVERRIDDEN_AND_REQUIRED,
        ["{ as { n made out twice } }", "{ cs { twice } }", "{ cs { out n m } as { m } }"],
    ),
    "provided on a union": (
        PROVIDED_ON_A_UNION,
        [
            "{ media { ... on Book { title pages } ... on Film { title } } plain { __typename } }",
            "{ one { ... on Film { title length } } plain { ... on Book { title } } }",
        ],
    ),
    "required of an interface": (
        REQUIRED_OF_AN_INTERFACE,
        [
            "{ users { sound } }",
            "{ users { short pet { ... on Cat { id } } } }",
            "{ users { sound short pet { __typename ... on Dog { bark } } } }",
        ],
    ),
    "required with arguments": (
        REQUIRED_WITH_ARGUMENTS,
        [
            '{ ps { price(c: "GBP") ship tax } }',
            '{ ps { price(c: "USD") x: price(c: "EUR") ship w } }',
            "{ ps { price ship w(u: 2) y: w(u: 1) } }",
        ],
    ),
    "provided below provided": (
        PROVIDED_BELOW_PROVIDED,
        ["{ ps { cat { name sub { name w } } } qs { cat { name sub { id sub { name } } } } }"],
    ),
    "selections below an interface": (
        SELECTIONS_BELOW_AN_INTERFACE,
        [
            "{ one { size { x } ... on Box { area } } }",
            "{ all { size { y z { x } } ... on Box { area load } ... on Bag { area } } }",
            "{ all { parts { k } ... on Box { load } ... on Bag { size { y } area } } }",
            "{ all { ... on Box { size { y } load } ... on Thing { parts { size { x } } } } }",
            "{ all { ... on Box { s: size { z { z { x } } } area } size { z { y } } } }",
        ],
    ),
    "stricter elsewhere": (
        STRICTER_ELSEWHERE,
        [
            "{ one { x } all { own { id } } }",
            "{ one { ... on A { x } x } b { x } }",
            "{ one { own { text has { x own { id } } } } }",
            "{ own { text } }",
        ],
    ),
    "stricter on a type unknown here": (
        STRICTER_ON_A_TYPE_UNKNOWN_HERE,
        [
            "{ some { x } all { own { id } } }",
            "{ all { ... on Mid { x } x } zero { own { id } } }",
        ],
    ),
    "provided below some types": (
        PROVIDED_BELOW_SOME_TYPES,
        [
            "{ some { to { x } } }",
            "{ all { to { x y } } }",
            "{ all { to { to { x } y } } some { to { y x } } }",
        ],
    ),
    "interface objects beside entities": (
        INTERFACE_OBJECTS_BESIDE_ENTITIES,
        [
            "{ rs { on { t ... on B { extra p r v } ... on F { l revs { on { v } } } } } }",
            "{ top { r v t __typename } }",
            "{ bs { r v p } all { ... on B { extra v } revs { on { ... on F { v } } } } }",
            "{ top { ... on B { extra } v } }",
        ],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
async def test_every_way_of_asking_gives_the_answer_of_one_service(name: str) -> None:
    parts, texts = SHAPES[name]
    for text in texts:
        for last in ("", *parts):
            got, right = await answer_and_truth(parts, text, last)
            assert got == right, (text, last)
