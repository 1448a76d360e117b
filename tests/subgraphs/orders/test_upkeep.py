"""What time and other domains do to orders and products."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from tests.subgraphs.orders.asking import (
    ADA,
    ALAN,
    CREATE,
    GRACE,
    MUG,
    UPDATE_PRODUCT,
    completed,
    create,
    events,
    get,
    item,
    row,
    stock,
    take,
    topics,
)
from tests.support.leaving import user_deleted
from tests.support.subgraphs import Running
from trellis.db.seed.world import demo_id
from trellis.schema.events.learning import (
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CourseState,
    CourseUpdated,
)
from trellis.subgraphs.orders.models import PAID_WITHIN, Person
from trellis.subgraphs.orders.use_cases import upkeep
from trellis.subgraphs.people_scope.people import people_replica

PRODUCT = "query($id: ID!) { product(id: $id) { name price currency stock isForSale } }"


async def test_what_is_not_paid_in_time_is_cancelled(shop: Running):
    storage = shop.context().storage
    made, paid = await create(shop, item(MUG, 3)), await create(shop, item(MUG, 2))
    await take(shop, completed(paid))
    created = (await row(shop, made["id"])).created_at

    await upkeep.expire_orders(storage, now=created + PAID_WITHIN - timedelta(seconds=1))
    assert (await get(shop, made["id"]))["status"] == "PENDING"
    for _ in range(2):
        await upkeep.expire_orders(storage, now=created + PAID_WITHIN + timedelta(minutes=1))

    ended = await get(shop, made["id"])
    assert (ended["status"], ended["cancellationReason"]) == ("CANCELLED", "EXPIRED")
    assert (await get(shop, paid["id"]))["status"] == "CONFIRMED"
    assert await topics(shop, made["id"]) == ["order.created", "order.cancelled"]
    assert await stock(shop) == 38


async def test_a_key_can_be_used_anew_after_a_day(shop: Running):
    storage = shop.context().storage
    first = await create(shop, idempotencyKey="key 1")
    before = await row(shop, first["id"])

    await upkeep.forget_keys(storage, now=before.created_at + timedelta(hours=23))
    assert (await create(shop, idempotencyKey="key 1"))["id"] == first["id"]
    await upkeep.forget_keys(storage, now=before.created_at + timedelta(hours=25))

    assert (await create(shop, idempotencyKey="key 1"))["id"] != first["id"]
    after = await row(shop, first["id"])
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


async def test_unpaid_orders_of_a_deleted_account_are_cancelled(shop: Running):
    unpaid, paid = await create(shop, item(MUG, 3)), await create(shop, item(MUG, 2))
    other = await create(shop, who=GRACE)
    await take(shop, completed(paid))
    gone = user_deleted(ALAN.id)
    replica = people_replica(Person, deleted=upkeep.forget_person)
    async with shop.context().storage.begin() as uow:
        await replica._take(uow, gone)

    ends = [await get(shop, one["id"]) for one in (unpaid, paid, other)]
    assert [one["cancellationReason"] for one in ends] == ["USER_DELETED", None, None]
    assert await stock(shop) == 37
    given = {"items": [item()], "userId": str(ALAN.id)}
    assert (await shop.refusal(CREATE, ADA, i=given))["reason"] == "INVALID_USER"


def state(**members: object) -> CourseState:
    given: dict[str, object] = {
        "title": "Weaving",
        "description": "",
        "category": "crafts",
        "level": "beginner",
        "status": "published",
        "price": Decimal("49.90"),
        "currency": "EUR",
        "instructor_id": None,
        "thumbnail_file_id": None,
    }
    return CourseState(**(given | members))  # type: ignore[arg-type]


async def apply_course(shop: Running, event: CourseEvent) -> None:
    async with shop.context().storage.begin() as uow:
        await upkeep.keep_course(uow, event)


async def test_a_course_with_a_price_is_a_product_as_long_as_it_is_published(shop: Running):
    id = uuid4()

    async def update(version: int, **members: object) -> dict[str, object] | None:
        about = {"course_id": id, "version": version, "state": state(**members)}
        await apply_course(shop, CourseUpdated(**about, changed=()))  # type: ignore[arg-type]
        return (await shop.ask(PRODUCT, GRACE, id=str(id)))["product"]

    draft = CourseCreated(course_id=id, version=1, state=state(status="draft"))
    await apply_course(shop, draft)
    assert (await shop.ask(PRODUCT, ADA, id=str(id)))["product"] is None
    for_sale = {
        "name": "Weaving",
        "price": "49.90",
        "currency": "EUR",
        "stock": None,
        "isForSale": True,
    }
    assert await update(3) == for_sale
    assert await update(2, title="late") == for_sale
    assert await update(4, price=Decimal("39.00")) == for_sale | {"price": "39.00"}
    made = await create(shop, item(str(id), price="39.00"))
    assert (made["total"], made["currency"]) == ("39.00", "EUR")

    assert await update(5, price=Decimal(0)) is None
    await apply_course(shop, CourseDeleted(course_id=id, version=6, state=state()))
    # Whoever has ordered it sees it still.
    bought = (await shop.ask(PRODUCT, ALAN, id=str(id)))["product"]
    assert bought == for_sale | {"price": "39.00", "isForSale": False}
    refusal = await shop.refusal(CREATE, ALAN, i={"items": [item(str(id))]})
    assert refusal["code"] == "BAD_USER_INPUT"
    changed = [event for event in await events(shop, str(id)) if event.topic == "product.changed"]
    assert [event.payload["is_for_sale"] for event in changed] == [True, True, False, False]


async def test_the_demo_courses_with_a_price_can_be_ordered(shop: Running):
    course = str(demo_id("course", "networks"))
    made = await create(shop, item(course, price="89.00"))
    assert made["items"][0]["name"] == "How Networks Find a Way"
    for free in ("python", "compilers"):
        given = {"items": [item(str(demo_id("course", free)))]}
        assert (await shop.refusal(CREATE, ALAN, i=given))["code"] == "BAD_USER_INPUT"
    # The events about it go on from there.
    renamed = CourseUpdated(
        course_id=UUID(course), version=2, state=state(title="Ways"), changed=("title",)
    )
    await apply_course(shop, renamed)
    assert (await shop.ask(PRODUCT, GRACE, id=course))["product"]["name"] == "Ways"


async def test_what_a_course_decides_is_changed_in_the_course_only(shop: Running):
    id = uuid4()
    await apply_course(shop, CourseCreated(course_id=id, version=1, state=state()))
    for given in ({"price": "1.00"}, {"name": "Mine"}, {"isForSale": False}):
        refusal = await shop.refusal(UPDATE_PRODUCT, ADA, id=str(id), i=given)
        assert refusal["code"] == "CONFLICT"
    found = (await shop.ask(UPDATE_PRODUCT, ADA, id=str(id), i={"stock": 5}))["updateProduct"]
    assert (found["product"]["price"], found["product"]["stock"]) == ("49.90", 5)


async def test_the_demo_orders_are_in_order(shop: Running):
    query = """{ orders(first: 100) { totalCount edges { node {
      status total paymentId user { id } items { quantity price } } } } }"""
    found = (await shop.ask(query, ADA))["orders"]
    nodes = [edge["node"] for edge in found["edges"]]
    assert (found["totalCount"], len({node["user"]["id"] for node in nodes})) == (36, 12)
    for node in nodes:
        items = node["items"]
        assert sum(Decimal(one["price"]) * one["quantity"] for one in items) == Decimal(
            node["total"]
        )
        assert (node["status"] == "CONFIRMED") == (node["paymentId"] is not None)
    assert {node["status"] for node in nodes} == {"CONFIRMED", "CANCELLED"}
