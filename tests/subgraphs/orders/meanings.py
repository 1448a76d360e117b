"""What arguments of the orders subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings
from trellis.db.seed.world import demo_id

_PRODUCTS = tuple(str(demo_id("product", name)) for name in ("manual", "cards"))

MEANINGS = Meanings(
    counts={"order": 3},
    by_name={"productId": "product", "idempotencyKey": FREE},
    by_coordinate={
        "Query.order.id": "order",
        "Query.product.id": "product",
        "Mutation.cancelOrder.id": "order",
        "Mutation.updateOrderStatus.id": "order",
        "Mutation.updateOrderStatus.paymentId": "paying",
        "Mutation.updateProduct.id": "product",
        "Subscription.orderUpdated.id": "order",
    },
    good_values={
        "CreateOrderInput.items": [{"productId": _PRODUCTS[0], "quantity": 1}],
        # Nobody makes an order pending again.
        "Mutation.updateOrderStatus.status": "CANCELLED",
    },
    values={
        "product": lambda _: _PRODUCTS,
        "paying": lambda tenant: (str(tenant.id("payment")),),
    },
    object_streams={
        "orderUpdated": (
            "subscription($id: ID!, $after: String) { orderUpdated(id: $id, after: $after) "
            "{ id status } }",
            "order",
        )
    },
    makes_no_difference=dict.fromkeys(
        ("Query.product.id", "Mutation.updateProduct.id", "OrderItemInput.productId"),
        "products belong to nobody",
    ),
    # Who has bought what; that there was such a person.
    keeps_deleted=frozenset({"order", "person"}),
)
