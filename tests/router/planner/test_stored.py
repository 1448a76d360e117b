"""Plans that were written down and read again are the same plans."""

import json
from dataclasses import replace

import orjson
import pytest
from graphql import build_schema, get_named_type

from tests.support.planning import composed
from tests.support.shared import shared_path
from trellis.router.errors import PlanningError
from trellis.router.operation.limits import GENEROUS
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.stored import plan_from_json, plan_to_json
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.errors import TrellisError

SUPERGRAPH = composed(
    a="""
        type Query { shops: [Shop] all: [Has] }
        interface Has { id: ID! }
        type Shop implements Has @key(fields: "id") @context(name: "shop") {
            id: ID! locale: String items: [[Item!]] }
        type Other implements Has @key(fields: "id") { id: ID! note: String }
        type Item @key(fields: "id") {
            id: ID! size: Int
            price(in: String @fromContext(field: "$shop { locale }")): String }
    """,
    b="""
        type Item @key(fields: "id") {
            id: ID! size: Int @external weight: Float @requires(fields: "size") }
        type Other @key(fields: "id") { id: ID! rank: Int }
    """,
)
TEXT = """
    query ($on: Boolean!) {
        shops { items { price weight kind: __typename } }
        more: shops { items { price weight kind: __typename } }
        all { ... on Other { note rank } ... on Shop @include(if: $on) { locale } }
    }
"""


def again(supergraph: Supergraph, plan: QueryPlan) -> QueryPlan:
    """The plan after it was text."""
    return plan_from_json(orjson.loads(orjson.dumps(plan_to_json(plan))), supergraph.schema)


def assert_same(supergraph: Supergraph, plan: QueryPlan) -> None:
    read = again(supergraph, plan)
    assert plan_to_json(read) == plan_to_json(plan)
    assert replace(read, output=plan.output) == plan
    assert read.explain() == plan.explain()


def test_the_orders_of_runtime_types_come_back() -> None:
    supergraph = Supergraph.load(SUPERGRAPH)
    plan = supergraph.plan(
        "{ all { ... on Shop { id __typename } ... on Other { __typename id } } }"
    )
    (field,) = plan.output.fields
    (read,) = again(supergraph, plan).output.fields

    assert field.selection is not None and read.selection is not None
    assert read.selection.orders == field.selection.orders
    assert read.selection.orders[0] == (frozenset({"Other"}), ("__typename", "id"))


def test_all_of_a_plan_comes_back() -> None:
    supergraph = Supergraph.load(SUPERGRAPH)
    plan = supergraph.plan(TEXT, {"on": True}, labels=["x"])
    read = again(supergraph, plan)

    assert_same(supergraph, plan)
    first, second, _ = read.output.fields
    assert first.selection is second.selection
    assert get_named_type(first.type) is supergraph.schema.type_map["Shop"]


@pytest.mark.parametrize(
    ("subgraphs", "document"),
    [
        (
            {
                "a": "type Query { x: Int } type Mutation { do: Done } type Done { query: Query }",
                "b": "type Query { y: Int }",
            },
            "mutation { do { query { y } } }",
        ),
        (
            {
                "a": 'type Query { a: Node } interface Node @key(fields: "id") { id: ID! }',
                "b": """
                    type Query { b: Node }
                    type Node @key(fields: "id", resolvable: false) @interfaceObject {
                      id: ID! field: Int }
                """,
            },
            "{ a { field } }",
        ),
    ],
    ids=["a root type below a mutation", "objects that no subgraph implements"],
)
def test_where_a_request_belongs_and_what_must_be_absent_come_back(
    subgraphs: dict[str, str], document: str
) -> None:
    supergraph = Supergraph.load(composed(**subgraphs))
    plan = supergraph.plan(document)

    assert plan.absent or any(step.path for step in plan.steps)
    assert_same(supergraph, plan)


def test_plans_of_every_shared_case_come_back() -> None:
    folder = shared_path("plan_cases")
    seen = 0
    for path in sorted(folder.glob("*.json"))[::3]:
        suite = json.loads(path.read_text(encoding="utf-8"))
        options = SupergraphOptions(limits=GENEROUS)
        supergraph = Supergraph.load(suite["supergraph"], options=options)
        for case in suite["cases"]:
            try:
                plan = supergraph.plan(case["operation"], case["runs"][0].get("variables"))
            except TrellisError:
                continue
            assert_same(supergraph, plan)
            seen += 1
    assert seen > 50


@pytest.mark.parametrize(
    "change", [{"format": "other"}, {"selections": []}, {"steps": [{}]}, {"output": None}]
)
def test_what_is_no_plan_is_refused(change) -> None:
    supergraph = Supergraph.load(SUPERGRAPH)
    data = plan_to_json(supergraph.plan("{ shops { locale } }"))

    with pytest.raises(PlanningError, match="Plan the operation again"):
        plan_from_json({**data, **change}, supergraph.schema)


def test_a_plan_for_another_schema_is_refused() -> None:
    data = plan_to_json(Supergraph.load(SUPERGRAPH).plan("{ shops { locale } }"))

    with pytest.raises(PlanningError, match="does not fit the supergraph"):
        plan_from_json(data, build_schema("type Query { a: Int }"))
