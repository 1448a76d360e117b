"""Members of the inputs of orders that decide who may what: what is tried with them, or why they
decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import PERSONS, Attempt
from trellis.db.seed.world import demo_id

_PRODUCT = str(demo_id("product", "mug"))

HARMLESS: Mapping[str, str] = {}
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    "OrderItemInput.price": (
        Attempt(
            "createOrder",
            "CreateOrderInput",
            {"items": [{"productId": _PRODUCT, "quantity": 1, "price": "0.01"}]},
            PERSONS,
            code="BAD_USER_INPUT",
        ),
    ),
    "CreateProductInput.price": (
        Attempt("createProduct", "CreateProductInput", {"name": "x", "price": "0.01"}, PERSONS),
    ),
    "UpdateProductInput.price": (
        Attempt("updateProduct", "UpdateProductInput", {"price": "0.01"}, PERSONS, id=_PRODUCT),
    ),
}
