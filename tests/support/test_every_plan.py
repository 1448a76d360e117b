from tests.support.every_plan import EveryPlan, cost_of
from tests.support.small_graph import LocalField, LocalType, SmallGraph

LEAF = LocalField()

# E.u is in b and c; E.v is in c and requires E.w; E.w is in d, which takes a key that b has.
GRAPH = SmallGraph(
    {
        "a": {
            "Query": LocalType({"e": LocalField("E")}),
            "E": LocalType({"id": LEAF}, (("id",),)),
        },
        "b": {"E": LocalType({"id": LEAF, "u": LEAF, "code": LEAF}, (("id",),))},
        "c": {
            "E": LocalType(
                {"id": LEAF, "u": LEAF, "v": LocalField(requires=("w",))}, (("id",), ("code",))
            )
        },
        "d": {"E": LocalType({"code": LEAF, "w": LEAF}, (("code",),))},
    }
)


def every(**selected: object) -> EveryPlan:
    return EveryPlan.of(GRAPH, {"e": {name: {} for name in selected}})


def test_later_rounds_cost_more_than_requests_at_once() -> None:
    assert cost_of([(0, "a"), (0, "b")]) == 2
    assert cost_of([(0, "a"), (1, "b"), (1, "c")]) == 201
    assert cost_of([(0, "a"), (1, "b"), (2, "c")]) == 301


def test_the_cheapest_requests_are_found() -> None:
    assert every(id=1).cheapest_below(2) == ((0, "a"),)
    assert every(id=1).cheapest_below(1) is None
    assert every(u=1).cheapest_below(1000) in (((0, "a"), (1, "b")), ((0, "a"), (1, "c")))
    assert every(u=1).cheapest_below(101) is None


def test_keys_and_required_fields_are_known_a_round_before() -> None:
    requests = ((0, "a"), (1, "b"), (2, "d"), (3, "c"))

    assert every(v=1).cheapest_below(1000) == requests
    assert every(v=1, u=1).cheapest_below(1000) == requests
    assert every(v=1).is_answered_by(requests)
    assert not every(v=1).is_answered_by(((0, "a"), (1, "b"), (2, "d"), (2, "c")))
    assert not every(v=1).is_answered_by(((0, "a"), (1, "c"), (2, "d"), (3, "c")))


def test_objects_are_those_that_fields_are_selected_of() -> None:
    plan = EveryPlan.of(GRAPH, {"e": {"u": {}, "toE": {"u": {}}}, "f": {"u": {}}})

    assert plan.objects == 3
    assert plan.depth == 3
