import pytest

from tests.support.merging import merge_of
from trellis.router.composition.post.declared import declarations, declared

MERGE = merge_of(
    """
    type T implements I { f(a: Int! = 1, b: Int @deprecated): [Int!] @shareable }
    interface I { f: [Int!] }
    input N { x: Int = 2 }
    directive @d(a: Int) on FIELD
    """,
    "type T { f(a: Int = 1): [Int] @shareable } input N @oneOf { y: Int }",
)


@pytest.mark.parametrize(
    ("coordinate", "told"),
    [
        ("T", 'type T implements I in subgraph "a", type T in subgraph "b"'),
        ("T.f", '[Int!] in subgraph "a", [Int] in subgraph "b"'),
        ("T.f(a:)", 'Int! = 1 in subgraph "a", Int = 1 in subgraph "b"'),
        ("T.f(b:)", 'Int @deprecated in subgraph "a", missing in subgraph "b"'),
        ("I.f", '[Int!] in subgraph "a"'),
        ("N", 'input N in subgraph "a", input N @oneOf in subgraph "b"'),
        ("N.x", 'Int = 2 in subgraph "a", missing in subgraph "b"'),
        ("@d", 'directive @d in subgraph "a"'),
        ("@d(a:)", 'Int in subgraph "a"'),
    ],
)
def test_each_subgraph_says_what_the_element_is(coordinate, told):
    assert declarations(MERGE, coordinate) == f"{coordinate} is {told}"


def test_elements_are_found_by_subgraph():
    found = declared(MERGE, "T.f(a:)")

    assert {index: element.name for index, element in found.items()} == {0: "a", 1: "a"}
    assert declared(MERGE, "T.other") == {}
    assert declared(MERGE, "Other.f(a:)") == {}
    assert declared(MERGE, "@other(a:)") == {}
