"""What a subgraph calls federation's directives makes no difference to what is composed."""

import re

import pytest

from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

NAMES = (
    "key", "external", "requires", "provides", "shareable", "override", "inaccessible", "tag",
)  # fmt: skip
URL = "https://specs.apollo.dev/federation/v2.7"
PRODUCTS = """
type Query { product(id: ID!): Product any: Any secret: Hidden @inaccessible }
type Product @key(fields: "id") {
  id: ID! @tag(name: "id")
  name: String @shareable
  weight: Float
  price: Int
  hidden: Hidden @inaccessible
}
type Hidden @inaccessible { x: Int }
union Any = Product | Hidden
"""
SHIPPING = """
type Query { parcel: Parcel }
type Parcel @key(fields: "code") { code: ID! product: Product @provides(fields: "name") }
type Product @key(fields: "id") {
  id: ID!
  name: String @external
  weight: Float @external
  price: Int @override(from: "products")
  fee: Int @requires(fields: "weight")
}
"""


def linked(sdl: str, called: dict[str, str], imports: str) -> str:
    """The SDL with its directives under other names."""
    used = re.sub(r"@(\w+)", lambda match: "@" + called[match[1]], sdl)
    return f'extend schema @link(url: "{URL}"{imports})\n{used}'


PLAIN = ({name: name for name in NAMES}, ", import: [" + ", ".join(f'"@{n}"' for n in NAMES) + "]")
ALIASED = (
    {name: f"my_{name}" for name in NAMES},
    ", import: [" + ", ".join(f'{{name: "@{n}", as: "@my_{n}"}}' for n in NAMES) + "]",
)
PREFIXED = ({name: f"federation__{name}" for name in NAMES}, "")
NAMESPACED = ({name: f"fed__{name}" for name in NAMES}, ', as: "fed"')


def composed(called: dict[str, str], imports: str):
    return compose(
        [
            Subgraph("products", "http://products", linked(PRODUCTS, called, imports)),
            Subgraph("shipping", "http://shipping", linked(SHIPPING, called, imports)),
        ]
    )


@pytest.mark.parametrize("naming", [ALIASED, PREFIXED, NAMESPACED], ids=["as", "prefix", "space"])
def test_other_names_compose_to_the_same_api(naming):
    expected, found = composed(*PLAIN), composed(*naming)

    assert expected.errors == ()
    assert found.errors == ()
    assert found.api_sdl == expected.api_sdl
