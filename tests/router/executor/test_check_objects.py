"""What policies are told about fetched objects, and what of the answer they take away."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLObjectType, GraphQLString

from tests.support.recording import RecordingTransport, Reply
from trellis.router.answer import Answer
from trellis.router.authorization.object_checks import Guard, Position
from trellis.router.authorization.policies.registry import LocalPolicies, PolicyRegistry
from trellis.router.authorization.policies.session import PolicySession
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.errors import SubgraphUnavailable
from trellis.router.executor.check_objects import OutputGuards
from trellis.router.executor.executable import Executable
from trellis.router.executor.execute import execute
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.planner.plan import FetchStep, OutputField, Selection
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.supergraph import Supergraph
from trellis.schema.identity import Identity
from trellis.schema.policy import ObjectPolicy
from trellis.schema.request import RequestContext

THING = GraphQLObjectType("Thing", {})
CODE = "UNAUTHORIZED_FIELD_OR_TYPE"
ADA = Identity(id=UUID(int=1), username="ada")
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@policy", "@shareable", "@inaccessible"])\n'
)
SHOP = f"""{LINK}
type Query {{
  item: Item  items: [Item]  grid: [[Item]]  goods: [Goods!]  only: Item!
  shelf: Shelf  hit: Hit  met: Met
}}
interface Goods {{ id: ID!  price: Int  maker: Maker }}
type Item implements Goods @key(fields: "id") {{
  id: ID!
  owner: String
  owners: [String]
  weight: Int
  kind: Kind
  part: Part
  maker: Maker
  price: Int @policy(policies: [["may:see"]])
  code: Code
  stash: Maker @policy(policies: [["may:see"]])
  needed: Int! @policy(policies: [["may:see"]])
}}
type Book implements Goods @key(fields: "id") {{
  id: ID!  title: String  maker: Maker  price: Int @policy(policies: [["may:see"]])
}}
type Hidden @inaccessible {{ id: ID! }}
union Hit = Book | Hidden
union Met = Maker | Hidden
type Part {{ name: String!  tags: [[String]] }}
type Maker @policy(policies: [["may:meet"]]) {{ name: String  town: String }}
type Shelf {{ item: Item  label: String  inner: Shelf }}
enum Kind {{ A B }}
scalar Code @policy(policies: [["may:see"]])
"""
STOCK = f"""{LINK}
type Query {{ stock: Int }}
type Item @key(fields: "id") {{ id: ID!  count: Int  place: String }}
"""
SUPERGRAPH = compose(
    [Subgraph("shop", "http://shop", SHOP), Subgraph("stock", "http://stock", STOCK)]
)
assert SUPERGRAPH.is_ok, SUPERGRAPH.errors


class Shop:
    """The graph with fixed answers and two policies: ``may:see`` needs what a test says of items,
    ``may:meet`` the name of a maker. Both note what they are told and allow all but ``denied``."""

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        needs: str = "owner",
        stock: Reply = {"data": {}},  # noqa: B006
        errors: Sequence[Mapping[str, Any]] = (),
        denied: Sequence[Any] = (),
    ) -> None:
        self.told: list[Mapping[str, Any]] = []
        self._denied = denied
        reply = {"data": data, "errors": list(errors)} if errors else {"data": data}
        self.shop, self.stock = RecordingTransport(reply), RecordingTransport(stock)
        policies = {
            "may:see": ObjectPolicy(self._decide, needs={"Item": needs, "Book": "title"}),
            "may:meet": ObjectPolicy(self._decide, needs="name"),
        }
        self._supergraph = Supergraph.load(
            SUPERGRAPH.supergraph_sdl,
            transports={"shop": self.shop, "stock": self.stock},
            policies=[LocalPolicies("shop", policies)],
        )

    async def ask(self, query: str) -> Answer:
        return await answer(GraphQLRequest(query), RequestContext(ADA), self._supergraph)

    async def _decide(
        self, caller: Identity, objects: Sequence[Mapping[str, Any]]
    ) -> Sequence[bool]:
        self.told += objects
        return [not set(map(str, one.values())) & set(self._denied) for one in objects]


def denied(result: Answer) -> list[str]:
    """The paths of what was denied."""
    codes = {CODE}
    return [
        ".".join(map(str, error["path"]))
        for error in result.errors
        if error["extensions"]["code"] in codes
    ]


# -- objects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typename", [{}, {"__typename": None}, {"__typename": "Stranger"}])
async def test_an_object_of_unknown_type_is_null_where_one_type_is_guarded(
    typename: dict[str, Any],
):
    stranger = {**typename, "id": "1", "price": 5, "owner": "ada", "title": "x"}
    known = {"__typename": "Item", "price": 7, "owner": "ada"}
    shop = Shop({"goods": [stranger, known]})
    result = await shop.ask("{ goods { price } }")
    assert result.data == {"goods": None}
    assert denied(result) == ["goods.0"]
    assert shop.told == [{"__typename": "Item", "owner": "ada"}]


@pytest.mark.parametrize("denied", [[], ["x"]])
@pytest.mark.parametrize(
    "query", ["{ hit { ... on Book { price } } }", "{ met { ... on Maker { town } } }"]
)
async def test_an_object_of_hidden_type_is_null_without_an_error_and_nobody_is_asked(
    query: str, denied: list[str]
):
    hidden = {"__typename": "Hidden", "price": 5, "title": "x", "town": "y", "name": "x"}
    (field,) = {"hit", "met"} & set(query.split())
    shop = Shop({field: hidden}, denied=denied)
    assert (await shop.ask(query)).to_dict() == {"data": {field: None}}
    assert shop.told == []


async def test_objects_are_judged_by_the_guards_of_their_own_type():
    goods = [
        {"__typename": "Book", "id": "b", "title": "Emma", "price": 3},
        {"__typename": "Item", "id": "i", "owner": "ada", "price": 5},
        {"__typename": "Item", "id": "j", "owner": "bob", "price": 7},
    ]
    shop = Shop({"goods": goods}, denied=["Emma", "bob"])
    result = await shop.ask("{ goods { id ... on Item { price } } }")
    assert result.data == {
        "goods": [{"id": "b"}, {"id": "i", "price": 5}, {"id": "j", "price": None}]
    }
    assert denied(result) == ["goods.2.price"]
    assert shop.told == [
        {"__typename": "Item", "owner": "bob"},
        {"__typename": "Item", "owner": "ada"},
    ]


# -- what policies are told ---------------------------------------------------------------------


VALUES: dict[str, tuple[str, Any, Any]] = {
    "text": ("owner", {"owner": "ada"}, {"owner": "ada"}),
    "null": ("owner", {"owner": None}, {"owner": None}),
    "whole float": ("weight", {"weight": 5.0}, {"weight": 5}),
    "enum": ("kind", {"kind": "A"}, {"kind": "A"}),
    "number as id": ("id", {"id": 7}, {"id": "7"}),
    "list": ("owners", {"owners": ["a", None]}, {"owners": ["a", None]}),
    "empty list": ("owners", {"owners": []}, {"owners": []}),
    "object": (
        "part { name tags }",
        {"part": {"name": "p", "tags": [["x"], None]}},
        {"part": {"name": "p", "tags": [["x"], None]}},
    ),
    "another name": ("o: owner", {"owner": "ada"}, {"o": "ada"}),
    "typename": (
        "part { __typename name }",
        {"part": {"name": "p"}},
        {"part": {"__typename": "Part", "name": "p"}},
    ),
    "null object": ("part { name }", {"part": None}, {"part": None}),
}


@pytest.mark.parametrize(("needs", "answered", "told"), VALUES.values(), ids=VALUES)
async def test_policies_are_told_what_they_need_as_clients_would_be(
    needs: str, answered: dict[str, Any], told: dict[str, Any]
):
    shop = Shop({"item": {"price": 5, **answered}}, needs=needs)
    assert (await shop.ask("{ item { price } }")).to_dict() == {"data": {"item": {"price": 5}}}
    assert shop.told == [{"__typename": "Item", **told}]


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("owner", {}),
    "number for a text": ("owner", {"owner": 7}),
    "list for a text": ("owner", {"owner": ["ada"]}),
    "text for a list": ("owners", {"owners": "ada"}),
    "number in a list": ("owners", {"owners": ["ada", 7]}),
    "text for an object": ("part { name }", {"part": "p"}),
    "list for an object": ("part { name }", {"part": [{"name": "p"}]}),
    "null where none may be": ("part { name }", {"part": {"name": None}}),
    "nothing in an object": ("part { name }", {"part": {}}),
    "text in a list of lists": ("part { tags }", {"part": {"tags": ["x"]}}),
    "unknown value of an enum": ("kind", {"kind": "Z"}),
    "no whole number": ("weight", {"weight": 1.5}),
    "null id": ("id", {"id": None}),
}


@pytest.mark.parametrize(("needs", "answered"), WRONG.values(), ids=WRONG)
async def test_a_needed_value_that_its_type_does_not_allow_denies(
    needs: str, answered: dict[str, Any]
):
    shop = Shop({"item": {"price": 5, **answered}}, needs=needs)
    result = await shop.ask("{ item { price } }")
    assert result.data == {"item": {"price": None}}
    assert [error["message"] for error in result.errors] == [
        "Not authorized to access 'Item.price': it needs policies may:see, which could not be"
        " evaluated."
    ]
    assert shop.told == []


DOWN = SubgraphUnavailable("stock", "The subgraph cannot be reached.")


@pytest.mark.parametrize("needs", ["count", "count owner", "owner part { name }"])
async def test_a_needed_null_denies_while_any_subgraph_has_failed(needs: str):
    # A subgraph that answers an error may have put null where a value should be.
    data = {"item": {"id": "1", "owner": None, "part": {"name": "p"}, "price": 5}}
    query = "{ item { price place } }"
    failed = Shop(data, needs=needs, stock=DOWN)
    assert (await failed.ask(query)).data == {"item": {"price": None, "place": None}}
    assert failed.told == []
    works = Shop(data, needs=needs, stock={"data": {"_entities": [{"count": None, "place": "x"}]}})
    assert (await works.ask(query)).data == {"item": {"price": 5, "place": "x"}}
    assert len(works.told) == 1


async def test_a_needed_value_that_is_there_is_told_although_a_subgraph_has_failed():
    shop = Shop({"item": {"id": "1", "owner": "ada", "price": 5}}, stock=DOWN)
    assert (await shop.ask("{ item { price place } }")).data == {
        "item": {"price": 5, "place": None}
    }
    assert shop.told == [{"__typename": "Item", "owner": "ada"}]


async def test_equal_objects_are_told_once_and_others_each():
    items = [{"owner": who, "price": n} for n, who in enumerate(("ada", "bob", "ada"))]
    shop = Shop({"items": items, "only": items[0]}, denied=["bob"])
    result = await shop.ask("{ items { price } only { needed: price } }")
    assert result.data == {
        "items": [{"price": 0}, {"price": None}, {"price": 2}],
        "only": {"needed": 0},
    }
    assert sorted(one["owner"] for one in shop.told) == ["ada", "bob"]


# -- where the answer is null -------------------------------------------------------------------


async def test_fields_whose_type_is_guarded_are_guarded_on_every_object():
    items = [{"owner": who, "code": {"n": 1}} for who in ("ada", "bob")]
    shop = Shop({"items": items}, denied=["bob"])
    result = await shop.ask("{ items { secret: code owner } }")
    assert result.data == {
        "items": [{"secret": {"n": 1}, "owner": "ada"}, {"secret": None, "owner": "bob"}]
    }
    assert denied(result) == ["items.1.secret"]


async def test_every_place_of_a_denied_object_is_named_in_the_order_of_the_answer():
    bob = {"owner": "bob", "price": 5}
    data = {"grid": [[bob, None], None, [{"owner": "ada", "price": 6}, bob]], "item": bob}
    shop = Shop(data, denied=["bob"])
    result = await shop.ask("{ grid { a: price b: price } item { price } }")
    assert result.data == {
        "grid": [
            [{"a": None, "b": None}, None],
            None,
            [{"a": 6, "b": 6}, {"a": None, "b": None}],
        ],
        "item": {"price": None},
    }
    assert denied(result) == [
        "grid.0.0.a",
        "grid.0.0.b",
        "grid.2.1.a",
        "grid.2.1.b",
        "item.price",
    ]


async def test_what_lies_below_something_denied_is_not_named_once_more():
    maker = {"name": "bob", "town": "x"}
    items = [{"owner": "ada", "price": 1, "maker": maker}, {"maker": {"name": "eve", "town": "y"}}]
    shop = Shop({"items": items}, denied=["bob"])
    result = await shop.ask("{ items { maker { town name } } }")
    assert result.data == {"items": [{"maker": None}, {"maker": {"town": "y", "name": "eve"}}]}
    assert denied(result) == ["items.0.maker"]


async def test_of_a_denied_field_with_a_denied_object_only_the_field_is_named():
    stash = {"name": "eve", "town": "y"}
    items = [{"owner": "bob", "stash": stash}, {"owner": "ada", "stash": stash}]
    shop = Shop({"items": items}, denied=["bob", "eve"])
    result = await shop.ask("{ items { stash { town } } }")
    assert result.data == {"items": [{"stash": None}, {"stash": None}]}
    (one, other) = [error["message"] for error in result.errors]
    assert denied(result) == ["items.0.stash", "items.1.stash"]
    assert ("may:see" in one, "may:meet" in other) == (True, True)


async def test_denied_fields_that_must_not_be_null_take_their_objects_with_them():
    shop = Shop({"only": {"owner": "bob", "needed": 5}}, denied=["bob"])
    result = await shop.ask("{ only { needed } }")
    assert (result.data, denied(result)) == (None, ["only.needed"])
    shop = Shop({"item": {"owner": "bob", "needed": 5}}, denied=["bob"])
    result = await shop.ask("{ item { needed } }")
    assert (result.data, denied(result)) == ({"item": None}, ["item.needed"])


@pytest.mark.parametrize(
    "query",
    [
        "{ goods { id ... on Item { maker { town } } } }",
        "{ goods { id ... on Item { maker { town } } ... on Book { maker { town } } } }",
        "{ goods { id maker { town } ... on Item { maker { town } } } }",
    ],
)
async def test_a_way_for_some_types_only_is_guarded_like_any_other(query: str):
    maker = {"name": "bob", "town": "x"}
    shop = Shop({"goods": [{"__typename": "Item", "id": "1", "maker": maker}]}, denied=["bob"])
    result = await shop.ask(query)
    assert result.data == {"goods": [{"id": "1", "maker": None}]}
    assert denied(result) == ["goods.0.maker"]
    assert shop.told == [{"__typename": "Maker", "name": "bob"}]


async def test_objects_that_a_type_condition_leaves_out_are_not_judged():
    maker = {"name": "bob", "town": "x"}
    shop = Shop({"goods": [{"__typename": "Book", "id": "1", "maker": maker}]}, denied=["bob"])
    result = await shop.ask("{ goods { id ... on Item { maker { town } } } }")
    assert result.to_dict() == {"data": {"goods": [{"id": "1"}]}}
    assert shop.told == []


async def test_an_object_has_lost_what_it_lost_in_each_selection_by_itself():
    bob = {"owner": "bob", "price": 5, "inner": None}
    shop = Shop({"shelf": {"item": bob, "label": "top", "inner": {"item": bob}}}, denied=["bob"])
    result = await shop.ask("{ shelf { label item { owner } inner { item { owner price } } } }")
    assert result.data == {
        "shelf": {
            "label": "top",
            "item": {"owner": "bob"},
            "inner": {"item": {"owner": "bob", "price": None}},
        }
    }
    assert denied(result) == ["shelf.inner.item.price"]


async def test_objects_that_many_ways_lead_to_are_visited_once():
    """Merged data shares equal objects, so a few of them may stand for more places than anyone
    could visit."""
    levels = 200
    text = GraphQLString
    secret = OutputField("secret", "secret", text)
    typename = OutputField("?0", "__typename", text)
    needed = OutputField("?0?0?owner", "owner", text)
    output = Selection((secret, typename, needed))
    bottom = data = {"secret": 1, "owner": "bob"}
    for _ in range(levels):
        output = Selection(
            (OutputField("a", "a", THING, output), OutputField("b", "b", THING, output))
        )
        data = {"a": data, "b": data}
    condition = frozenset([frozenset(["keeper"])])
    guard = Guard("secret", "Thing.secret", frozenset(), condition, "policies keeper")
    position = Position(frozenset({"Thing"}), {"Thing": (guard,)}, (("Thing", "keeper"),))
    guards = OutputGuards(output, [position])

    asked: list[Any] = []

    async def nobody(caller: Identity, objects: Sequence[Any]) -> list[bool]:
        asked.extend(objects)
        return [False for _ in objects]

    known = PolicyRegistry([LocalPolicies("shop", {"keeper": ObjectPolicy(nobody, needs="owner")})])
    verdicts = PolicySession(await known.load(frozenset({"keeper"})), RequestContext(ADA))
    denials = await guards.check(data, verdicts, has_failures=False)

    assert asked == [{"__typename": "Thing", "owner": "bob"}]
    assert len(denials.at) == 1
    selection = guards.output
    for _ in range(levels):
        below = selection.fields[0].selection
        assert below is not None and below is selection.fields[1].selection
        selection = below
    assert [one.key for one in selection.fields] == ["secret"]
    denial = denials.of(selection, bottom)
    assert denial is not None and set(denial.fields) == {"secret"}


async def test_guarded_objects_are_never_answered_without_anybody_to_ask():
    text = GraphQLString
    output = Selection((OutputField("x", "x", text), OutputField("?0", "__typename", text)))
    plan = QueryPlan("query", (FetchStep(0, "s", "query", "{ x }"),), output)
    ready = Executable(plan, positions=[Position(frozenset({"Query"}), {}, ())])
    shop = RecordingTransport({"data": {"x": "secret"}})
    with pytest.raises(RuntimeError, match="without a policy session"):
        await execute(ready, {}, RequestContext(ADA), {"s": shop})


# -- errors of subgraphs ------------------------------------------------------------------------


async def shown(path: list[Any] | None, data: Mapping[str, Any], query: str) -> bool:
    """Whether the client reads a subgraph's error at this path, bob being denied."""
    error = {"message": "swordfish"} if path is None else {"message": "swordfish", "path": path}
    result = await Shop(data, errors=[error], denied=["bob"]).ask(query)
    assert denied(result), "something is denied"
    return "swordfish" in str(result.to_dict())


BOB, EVE = {"owner": "bob", "price": 5}, {"owner": "eve", "price": 6}
ITEMS = {"items": [BOB, EVE, None], "shelf": {"label": None, "item": BOB}}
MAKERS = {
    "items": [{"maker": {"name": "bob", "town": None}}, {"maker": {"name": "eve", "town": None}}]
}
ITEMS_QUERY = "{ items { cost: price owner } shelf { label item { price } } }"
MAKERS_QUERY = "{ items { maker { town } } }"


@pytest.mark.parametrize(
    ("path", "data", "query", "is_shown"),
    [
        (["items", 0, "price"], ITEMS, ITEMS_QUERY, False),
        (["items", 0, "owner"], ITEMS, ITEMS_QUERY, True),
        (["items", 1, "price"], ITEMS, ITEMS_QUERY, True),
        (["items", 2], ITEMS, ITEMS_QUERY, True),
        (["items", 2, "price"], ITEMS, ITEMS_QUERY, True),
        (["items", 7, "price"], ITEMS, ITEMS_QUERY, True),
        (["items"], ITEMS, ITEMS_QUERY, True),
        (["shelf", "label"], ITEMS, ITEMS_QUERY, True),
        (["shelf", "item", "price"], ITEMS, ITEMS_QUERY, False),
        (["shelf", "item"], ITEMS, ITEMS_QUERY, True),
        (["elsewhere"], ITEMS, ITEMS_QUERY, True),
        (None, ITEMS, ITEMS_QUERY, True),
        (["items", 0, "maker", "town"], MAKERS, MAKERS_QUERY, False),
        (["items", 0, "maker"], MAKERS, MAKERS_QUERY, False),
        (["items", 0], MAKERS, MAKERS_QUERY, True),
        (["items", 1, "maker", "town"], MAKERS, MAKERS_QUERY, True),
        (["items", "maker", "town"], MAKERS, MAKERS_QUERY, False),
        (["items", "price"], ITEMS, ITEMS_QUERY, False),
    ],
)
async def test_errors_about_what_is_denied_are_kept_and_the_others_are_shown(
    path: list[Any] | None, data: dict[str, Any], query: str, is_shown: bool
):
    assert await shown(path, data, query) is is_shown
