"""Members composed, errors led back to Python, SDL files kept up to date."""

import inspect
from pathlib import Path

import pytest
import strawberry

from tests.support import shop
from trellis.router.composition.source import python_sources
from trellis.router.loading.composed import CompositionFailed, compose_members, write_schemas
from trellis.router.loading.members import Member
from trellis.schema.federation import TrellisSchema
from trellis.schema.subgraph import Subgraph

HERE = "tests/router/loading/test_composed.py"


def member(subgraph: Subgraph) -> Member:
    return Member(subgraph.name, subgraph.schema.as_str(), local=subgraph)


SHOP = [member(shop.catalog), member(shop.stock)]


def line_of(text: str, module: object) -> int:
    lines = inspect.getsource(module).splitlines()  # pyright: ignore[reportArgumentType]
    return 1 + next(number for number, line in enumerate(lines) if line.strip() == text)


@strawberry.federation.type(keys=["sku"], name="Product")
class PricedProduct:
    sku: strawberry.ID
    title: str

    @strawberry.field
    def size(self) -> int:
        return 1


@strawberry.type
class Query:
    @strawberry.field
    def currency(self) -> str:
        return "EUR"


PRICES = Subgraph("prices", TrellisSchema(query=Query, types=[PricedProduct]), lambda c: c)


def test_the_shop_composes():
    composition = compose_members(SHOP)
    assert "join__Graph" in composition.supergraph_sdl
    assert "stock: Int!" in composition.api_sdl


def test_a_contradiction_names_type_field_subgraphs_and_python_lines():
    with pytest.raises(CompositionFailed) as caught:
        compose_members([*SHOP, member(PRICES)])
    message = caught.value.message
    assert "Product.size" in message
    assert "catalog" in message
    assert "prices" in message
    attribute = line_of("size: Size = Size.SMALL", shop)
    resolver = line_of("def size(self) -> int:", inspect.getmodule(PricedProduct)) - 1
    assert f"    at tests/support/shop.py:{attribute} Product.size" in message
    assert f"    at {HERE}:{resolver} Product.size" in message


@pytest.mark.parametrize(
    ("coordinate", "text"),
    [
        ("Product", "class Product:"),
        ("Product.title", "title: str"),
        ("Query.product", "def product(self, sku: strawberry.ID) -> Product | None:"),
        ("Query.product(sku:)", "def product(self, sku: strawberry.ID) -> Product | None:"),
        ("Size", "class Size(Enum):"),
        ("Size.LARGE", 'LARGE = "large"'),
    ],
)
def test_a_coordinate_is_found_in_python(coordinate: str, text: str):
    (found,) = python_sources(shop.catalog.schema, coordinate)
    place, _, shown = found.partition(" ")
    assert shown == coordinate
    file, _, number = place.partition(":")
    assert file == "tests/support/shop.py"
    expected = line_of(text, shop)
    assert int(number) in (expected, expected - 1)


@pytest.mark.parametrize("coordinate", ["", "Nothing", "Nothing.at", "String"])
def test_a_coordinate_without_python_gives_nothing(coordinate: str):
    assert python_sources(shop.catalog.schema, coordinate) == []


def test_schema_files_are_written_once_and_forgotten_with_their_subgraph(tmp_path: Path):
    composition = compose_members(SHOP)
    names = {"supergraph.graphql", "catalog.graphql", "stock.graphql"}
    assert {p.name for p in write_schemas(SHOP, composition, tmp_path, dry_run=True)} == names
    assert list(tmp_path.iterdir()) == []
    assert {p.name for p in write_schemas(SHOP, composition, tmp_path)} == names
    assert write_schemas(SHOP, composition, tmp_path) == []
    written = (tmp_path / "supergraph.graphql").read_text(encoding="utf-8")
    assert composition.supergraph_sdl.strip() in written
    alone = compose_members(SHOP[:1])
    changed = {p.name for p in write_schemas(SHOP[:1], alone, tmp_path)}
    assert changed == {"supergraph.graphql", "stock.graphql"}
    assert not (tmp_path / "subgraphs" / "stock.graphql").exists()
