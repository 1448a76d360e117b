"""Whatever text is given as a subgraph, composition answers with errors and never raises."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.composing import federation_2
from trellis.router.composition.compose import compose
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.subgraph import Subgraph

SEEDS = (
    federation_2(
        """
        schema @composeDirective(name: "@own") { query: Root mutation: M }
        directive @own(a: N = {x: 1}) repeatable on FIELD_DEFINITION | OBJECT
        type Root { t(a: [Int!] = [1]): T @provides(fields: "e") i: [I!]! }
        type M { make(n: N!): U @override(from: "b", label: "percent(5)") }
        type T implements I @key(fields: "id o { x }") @context(name: "ctx") @tag(name: "t") {
          id: ID! o: O e: E @external r: Int @requires(fields: "e ... on T { e }") u: V
        }
        interface I @key(fields: "id o { x }") { id: ID! o: O }
        type O @shareable { x: Int @inaccessible }
        type V @key(fields: "id") {
          id: ID! f(a: String @fromContext(field: "$ctx { id }"), n: Int = 1): [O]
            @listSize(slicingArguments: ["n"]) @cost(weight: 3)
        }
        union U = T | O
        enum E { A B @deprecated(reason: "no") }
        input N { x: Int! = 1 n: N l: [E!] = [A] }
        scalar S @specifiedBy(url: "https://x.dev")
        type P @interfaceObject @key(fields: "id") @authenticated { id: ID! s: S @own }
        """
    ),
    """
    type Query { t: T @provides(fields: "o { x }") }
    extend type T @key(fields: "id") { id: ID! @external e: E @external @tag(name: "t") o: O
      r: Int @requires(fields: "e") }
    type O @extends { x: Int @external }
    enum E { A }
    interface I @key(fields: "id") { id: ID! }
    type Mutation { m(a: [[Int]]): I }
    type Subscription { s: Int }
    """,
    federation_2(
        """
        type Query { t: T s: Int @shareable }
        type T @key(fields: "id") { id: ID! e: E y: Y r: Int @shareable }
        union Y = T
        enum E { A B C }
        interface I @key(fields: "id") { id: ID! extra: Int }
        """
    ),
)
PARTS = re.compile(r"\w+|\"[^\"]*\"|\.\.\.|[^\s\w]")
CHARACTERS = '{}()[]!:=|&@$"\\#. \n\tabtype1-é\ufeff\x00"""'
WORDS = tuple(sorted({word for seed in SEEDS for word in PARTS.findall(seed)}))


@st.composite
def changed(draw: st.DrawFn, seed: str) -> str:
    """The seed with a few words replaced, removed or repeated."""
    words = PARTS.findall(seed)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(words) - 1))
        words[at] = draw(st.sampled_from(("", words[at] + " " + words[at], *WORDS)))
    return " ".join(words)


@settings(max_examples=150, deadline=None)
@given(st.tuples(*(changed(seed) for seed in SEEDS)))
def test_changed_subgraphs_compose_or_give_errors(sdls):
    subgraphs = [
        Subgraph(name, f"http://{name}", sdl) for name, sdl in zip("abc", sdls, strict=True)
    ]

    composition = compose(subgraphs)

    assert composition.is_ok == bool(composition.supergraph_sdl)


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.sampled_from('{}()[]!:=|&@$"\\#. \n\tabtype1-é\ufeff\x00"""'), max_size=60)
)
def test_any_text_is_read_or_refused(text):
    schema, errors = parse_schema("a", text)

    assert errors or schema.types or schema.directives or schema.applied or schema.roots
