"""The invariants of plans: what each of them catches."""

from dataclasses import replace

import pytest

from tests.support.planning import federated_graph, sound_plan
from trellis.router.planner.check import check_plan
from trellis.router.planner.plan import Need
from trellis.router.planner.query_plan import QueryPlan

GRAPH = federated_graph(
    a="""
        type Query { item: Item }
        type Mutation { one: Int three: Int }
        type Item @key(fields: "id") { id: ID! }
    """,
    b='type Mutation { two: Int } type Item @key(fields: "id") { id: ID! size: Int }',
)
PLAN = sound_plan(GRAPH, "{ item { size } }")
FIRST, SECOND = PLAN.steps
CALL = SECOND.entities[0]


def with_needs(*needs: Need) -> QueryPlan:
    target = replace(CALL.targets[0], needs=needs)
    step = replace(SECOND, entities=(replace(CALL, targets=(target,)),))
    return replace(PLAN, steps=(FIRST, step))


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (replace(PLAN, steps=(SECOND, FIRST)), "step 1 is at place 0"),
        (
            replace(PLAN, steps=(replace(FIRST, after=(1,)), SECOND)),
            "step 0 waits for step 1, which comes later",
        ),
        (
            replace(PLAN, steps=(replace(FIRST, operation="{item {id size}}"), SECOND)),
            "step 0 asks a for Item.size",
        ),
        (
            replace(PLAN, steps=(replace(FIRST, operation="{item {... on Box {id}}}"), SECOND)),
            "step 0 asks a for the unknown type Box",
        ),
        (with_needs(Need("code", "code")), "step 1 needs item.code, which nothing before brings"),
        (replace(PLAN, steps=(FIRST,)), "the answer reads item.size, which no step brings"),
        (
            replace(PLAN, steps=(FIRST, replace(SECOND, after=()))),
            "step 1 needs item.id, which nothing before brings",
        ),
    ],
)
def test_a_broken_plan_is_told(plan: QueryPlan, problem: str) -> None:
    assert problem in check_plan(plan, GRAPH)


def test_mutation_steps_must_follow_one_another() -> None:
    plan = sound_plan(GRAPH, "mutation { one two three }")
    steps = (*plan.steps[:2], replace(plan.steps[2], after=(0,)))

    assert [step.service for step in plan.steps] == ["a", "b", "a"]
    assert check_plan(replace(plan, steps=steps), GRAPH) == [
        "mutation step 2 does not wait for step 1"
    ]
