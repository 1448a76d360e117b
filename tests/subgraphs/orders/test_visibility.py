"""Who sees which orders and products, and lists of them."""

from tests.subgraphs.orders.asking import (
    ADA,
    ALAN,
    CARDS,
    CREATE_PRODUCT,
    GET,
    GRACE,
    MUG,
    UPDATE_PRODUCT,
    codes,
    create,
    events,
    item,
    order_id,
    row,
    stock,
)
from tests.support.subgraphs import Running
from trellis.db.seed.world import demo_id

LIST = """query($u: ID, $s: OrderStatus, $first: Int, $skip: Int) {
  orders(userId: $u, status: $s, first: $first, skip: $skip) { totalCount edges { node {
    id } } } }"""
OF_USER = """... on User { orders(first: 2, skip: 1) { totalCount edges { node { id } } }
  cancelled: orders(status: CANCELLED) { edges { node { id } } } }"""


def ids(connection: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


def of(name: str, *numbers: int) -> list[str]:
    return [order_id(f"{name}-{number}") for number in numbers]


async def test_people_list_their_own_orders_newest_first(shop: Running):
    mine = str(ALAN.id)
    for given in ({}, {"u": mine}):
        found = (await shop.ask(LIST, ALAN, **given))["orders"]
        assert (found["totalCount"], ids(found)) == (3, of("alan", 3, 2, 1))
    assert ids((await shop.ask(LIST, ALAN, u=mine, first=1, skip=1))["orders"]) == of("alan", 2)
    assert ids((await shop.ask(LIST, ALAN, s="CANCELLED"))["orders"]) == of("alan", 2)
    assert ids((await shop.ask(LIST, ALAN, s="PENDING"))["orders"]) == []


async def test_administrators_list_the_orders_of_anybody(shop: Running):
    found = (await shop.ask(LIST, ADA, u=str(ALAN.id), s="CONFIRMED"))["orders"]
    assert ids(found) == of("alan", 3, 1)
    assert (await shop.ask(LIST, ADA))["orders"]["totalCount"] == 36


async def test_orders_of_others_are_refused(shop: Running):
    for nobody in (str(ALAN.id), str(demo_id("user", "nobody"))):
        assert (await shop.refusal(LIST, GRACE, u=nobody))["code"] == "FORBIDDEN"
    for who, invalid in ((GRACE, "alan"), (ADA, "alan"), (ADA, str(demo_id("user", "nobody")))):
        assert (await shop.refusal(LIST, who, u=invalid))["reason"] == "INVALID_USER"
    for who in (ALAN, ADA):
        assert (await shop.ask(GET, who, id=order_id("alan-1")))["order"]["status"] == "CONFIRMED"
    assert (await shop.ask(GET, GRACE, id=order_id("alan-1")))["order"] is None


async def test_people_have_orders_as_far_as_the_caller_sees_them(shop: Running):
    refs = [{"__typename": "User", "id": str(one.id)} for one in (ALAN, GRACE)]
    mine, theirs = await shop.entities(ALAN, OF_USER, *refs)
    assert (ids(mine["orders"]), mine["orders"]["totalCount"]) == (of("alan", 2, 1), 3)
    assert ids(mine["cancelled"]) == of("alan", 2)
    assert (ids(theirs["orders"]), theirs["orders"]["totalCount"]) == ([], 0)
    _, theirs = await shop.entities(ADA, OF_USER, *refs)
    assert ids(theirs["orders"]) == of("grace", 2, 1)


async def test_orders_and_products_are_entities(shop: Running):
    refs = [
        {"__typename": "Order", "id": order_id("alan-1")},
        {"__typename": "Order", "id": order_id("grace-1")},
        {"__typename": "Order", "id": "order-1"},
        {"__typename": "Product", "id": MUG},
    ]
    selection = "... on Order { status items { product { name } } } ... on Product { name stock }"
    found = await shop.entities(ALAN, selection, *refs)
    names = [
        {"product": {"name": name}} for name in ("Mug with a loom", "Punched cards, a hundred")
    ]
    assert found[0] == {"status": "CONFIRMED", "items": names}
    assert found[1:] == [None, None, {"name": "Mug with a loom", "stock": 40}]


async def test_products_for_sale_are_listed_by_name(shop: Running):
    query = """query($a: String) { products(first: 2, after: $a) { totalCount
      pageInfo { endCursor hasNextPage } edges { node { name } } } }"""
    page = (await shop.ask(query, GRACE))["products"]
    names = [edge["node"]["name"] for edge in page["edges"]]
    while page["pageInfo"]["hasNextPage"]:
        page = (await shop.ask(query, GRACE, a=page["pageInfo"]["endCursor"]))["products"]
        names += [edge["node"]["name"] for edge in page["edges"]]
    assert (len(names), names) == (page["totalCount"], sorted(names))
    assert page["totalCount"] == 7
    await shop.ask(UPDATE_PRODUCT, ADA, id=MUG, i={"isForSale": False})
    assert (await shop.ask(query, GRACE))["products"]["totalCount"] == 6


async def test_only_administrators_change_products(shop: Running):
    tea = {"name": " Tea ", "price": "3.5", "currency": "GBP", "stock": 4}
    assert (await shop.refusal(CREATE_PRODUCT, GRACE, i=tea))["code"] == "FORBIDDEN"
    refusal = await shop.refusal(UPDATE_PRODUCT, GRACE, id=MUG, i={"price": "0.01"})
    assert refusal["code"] == "FORBIDDEN"
    assert await events(shop) == []

    made = (await shop.ask(CREATE_PRODUCT, ADA, i=tea))["createProduct"]["product"]
    told = {"name": "Tea", "price": "3.50", "currency": "GBP", "stock": 4, "isForSale": True}
    assert made == told | {"id": made["id"], "version": 1}
    given = {"price": "4.00", "stock": None, "version": 1}
    changed = (await shop.ask(UPDATE_PRODUCT, ADA, id=made["id"], i=given))["updateProduct"]
    assert changed["product"] == made | {"price": "4.00", "stock": None, "version": 2}
    refusal = await shop.refusal(UPDATE_PRODUCT, ADA, id=made["id"], i=given)
    assert (refusal["code"], refusal["currentVersion"]) == ("CONFLICT", 2)
    [first, second] = await events(shop, made["id"])
    assert (first.payload["stock"], second.payload["stock"]) == (4, None)
    missing = str(demo_id("product", "no"))
    refusal = await shop.refusal(UPDATE_PRODUCT, ADA, id=missing, i={"stock": 1})
    assert refusal["code"] == "NOT_FOUND"


async def test_a_product_has_a_price_and_a_name(shop: Running):
    wrong = {"name": " ", "price": "1.005", "currency": "XXX", "stock": -1}
    refusal = await shop.refusal(CREATE_PRODUCT, ADA, i=wrong)
    assert [field for field, _ in codes(refusal)] == ["price", "currency", "stock", "name"]
    for given in ({"price": "0"}, {"price": None}, {"stock": -1}, {"name": ""}):
        refusal = await shop.refusal(UPDATE_PRODUCT, ADA, id=MUG, i=given)
        assert [field for field, _ in codes(refusal)] == list(given)


async def test_orders_do_not_change_the_version_of_a_product(shop: Running):
    """Or administrators would lose races against buyers."""
    await create(shop, item(CARDS, 50))
    query = "query($id: ID!) { product(id: $id) { version stock } }"
    assert (await shop.ask(query, ADA, id=CARDS))["product"] == {"version": 1, "stock": 200}
    assert await stock(shop, CARDS) == 200


async def test_an_export_has_the_orders_of_the_person(shop: Running):
    made = await create(shop)
    ref = {"__typename": "PersonalData", "userId": str(ALAN.id)}
    [found] = await shop.entities(ALAN, "... on PersonalData { orders }", ref)
    rows = found["orders"]["order"]
    assert len(rows) == 4
    assert rows[0]["id"] == made["id"]
    assert rows[0]["total"] == str((await row(shop, made["id"])).total)
