"""What arguments of the payments subgraph refer to, and how its objects are reached."""

from tests.subgraphs.payments.asking import method
from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={"order": 3, "payment": 3},
    by_name={
        "orderId": "order",
        **dict.fromkeys(
            ("cardNumber", "expiryMonth", "expiryYear", "cvv", "currency", "reason"), FREE
        ),
    },
    by_coordinate={
        "Query.payment.id": "payment",
        "Mutation.refundPayment.id": "payment",
        "Subscription.paymentUpdated.orderId": "order",
        "PaymentMethodInput.token": FREE,
    },
    good_values={
        "ProcessPaymentInput.paymentMethod": method(),
        "ProcessPaymentInput.amount": "75.48",
        "ProcessPaymentInput.currency": "USD",
        "RefundPaymentInput.amount": "75.48",
    },
    entrances={"Order": 'payment(id: "$payment") { order'},
    object_streams={
        "paymentUpdated": (
            "subscription($id: ID!, $after: String) { paymentUpdated(orderId: $id, after: $after) "
            "{ id status } }",
            "order",
        )
    },
    # Who has paid what has to be known by law.
    keeps_deleted=frozenset({"payment", "order_copy", "refund"}),
)
