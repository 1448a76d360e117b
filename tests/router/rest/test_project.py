"""How shapes turn the graph's data into what clients see."""

from graphql import GraphQLObjectType, GraphQLScalarType, GraphQLString

from trellis.router.rest.project import make_projection
from trellis.router.rest.shape import (
    Constant,
    Items,
    Leaf,
    Member,
    Record,
    Unwrapped,
    omitting_nulls,
    visible_members,
)

TYPE = GraphQLObjectType("Thing", {})
TEXT = Leaf(GraphQLString, is_nullable=False)
MAYBE = Leaf(GraphQLString, is_nullable=True)


def record(*members: Member, is_nullable: bool = False) -> Record:
    return Record(TYPE, members, is_nullable)


PERSON = record(Member("name", TEXT, "name"), Member("picture", MAYBE, "picture"), is_nullable=True)
THING = record(
    Member("id", TEXT, "id"),
    Member("note", MAYBE, "note"),
    Member("team_id", Unwrapped("id", TEXT, is_nullable=True), "team"),
    Member("owner", PERSON, "owner", is_spread=True),
    Member("lead", PERSON, "lead"),
    Member("count", Constant(0)),
)
FULL = {
    "id": "1",
    "note": "n",
    "team": {"id": "t"},
    "owner": {"name": "Ada", "picture": "p"},
    "lead": {"name": "Bob", "picture": None},
}
EMPTY = {"id": "1", "note": None, "team": None, "owner": None, "lead": None}


def test_nulls_stay_where_a_dialect_shows_them():
    assert make_projection(THING)(EMPTY) == {
        "id": "1",
        "note": None,
        "team_id": None,
        "name": None,
        "picture": None,
        "lead": None,
        "count": 0,
    }


def test_a_page_omits_null_items():
    node = Unwrapped("node", TEXT, is_nullable=False)
    page = [{"node": "a"}, {"node": None}, {"node": "b"}]

    assert make_projection(Items(node, False, skips_null=True))(page) == ["a", "b"]
    assert make_projection(Items(node, False))(page) == ["a", None, "b"]


def test_members_that_are_null_are_left_out_on_every_level():
    project = make_projection(omitting_nulls(Items(THING, is_nullable=False)))

    assert project([EMPTY, FULL]) == [
        {"id": "1", "count": 0},
        {
            "id": "1",
            "note": "n",
            "team_id": "t",
            "name": "Ada",
            "picture": "p",
            "lead": {"name": "Bob"},
            "count": 0,
        },
    ]


def test_an_omitted_member_is_optional_and_not_nullable():
    shape = omitting_nulls(THING)
    assert isinstance(shape, Record)

    told = {m.name: (m.is_certain, m.shape.is_nullable) for m in visible_members(shape)}

    assert told == {
        "id": (True, False),
        "note": (False, False),
        "team_id": (False, False),
        "name": (False, False),
        "picture": (False, False),
        "lead": (False, False),
        "count": (True, False),
    }


def test_exact_decimals_are_numbers():
    money = Leaf(GraphQLScalarType("Decimal"), is_nullable=True)
    shape = record(Member("price", money, "price"), Member("all", Items(money, False), "all"))
    told = make_projection(shape)({"price": "75.10", "all": ["9999999999.99", None]})
    assert told == {"price": 75.1, "all": [9999999999.99, None]}
    assert make_projection(shape)({"price": None, "all": []}) == {"price": None, "all": []}
