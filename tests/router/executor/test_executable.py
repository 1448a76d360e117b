"""What is worked out once per plan: the schedule, and whether an answer can be handed on."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema

from tests.support.output import output_of
from trellis.router.executor.complete import Hidden
from trellis.router.executor.executable import Executable
from trellis.router.planner.plan import FetchStep, OutputField, PathSegment, Selection
from trellis.router.planner.query_plan import QueryPlan

SCHEMA = build_schema("""
    type Query { a: Item b: Item n: Int }
    type Item { id: ID n: Int item: Item }
""")


def executable(query: str, *operations: str, **plan: Any) -> Executable:
    steps = tuple(FetchStep(n, "s", "query", text) for n, text in enumerate(operations))
    return Executable(QueryPlan("query", steps, output_of(SCHEMA, query), **plan))


def test_each_step_knows_what_waits_for_it_and_what_is_done_before_it():
    step = FetchStep(7, "s", "query", "{ a { id } }")
    first, left, right = step, replace(step, id=3, after=(7,)), replace(step, id=5, after=(7,))
    last, alone = replace(step, id=1, after=(3, 5)), replace(step, id=2)
    plan = QueryPlan("query", (first, left, right, last, alone), Selection(()))
    ready = Executable(plan)
    assert ready.waits == (0, 1, 1, 2, 0)
    assert ready.dependents == ((1, 2), (3,), (3,), (), ())
    assert ready.ancestors == (set(), {7}, {7}, {3, 5, 7}, set())


@pytest.mark.parametrize(
    ("query", "operation", "is_identity"),
    [
        ("{ a { id n } n }", "{ a { id n } n }", True),
        ("{ x: a { y: id } }", "{ x: a { y: id } }", True),
        ("{ a { id n } }", "{ a { n id } }", False),
        ("{ a { id } }", "{ a { id n } }", False),
        ("{ a { id n } }", "{ a { id } }", False),
        ("{ a { id } }", "{ b { id } }", False),
        ("{ a { id } }", "{ a { ... { id } } }", False),
        ("{ a { id } }", "{ a { id @include(if: true) } }", False),
        ("{ a { id } }", "{ a { ...F } } fragment F on Item { id }", False),
        ("{ a { id } }", "{ a }", False),
        ("{ n }", "{ n { id } }", False),
    ],
)
def test_an_answer_is_handed_on_only_when_it_is_the_clients_member_by_member(
    query: str, operation: str, is_identity: bool
):
    assert executable(query, operation).is_identity is is_identity


@pytest.mark.parametrize(
    ("change", "is_identity"),
    [
        ({}, True),
        ({"key": "other"}, False),
        ({"source": "other"}, False),
        ({"key": "other", "source": "other"}, False),
        ({"types": frozenset({"Query"})}, False),
        ({"denied": True}, False),
        ({"typename": "Query"}, False),
    ],
)
def test_a_field_that_is_not_read_as_it_comes_keeps_an_answer_from_being_handed_on(
    change: dict[str, Any], is_identity: bool
):
    (field,) = output_of(SCHEMA, "{ n }").fields
    output = Selection((replace(field, **change),))
    step = FetchStep(0, "s", "query", "{ n }")
    assert Executable(QueryPlan("query", (step,), output)).is_identity is is_identity


def test_mutations_several_steps_hidden_values_and_nested_data_are_shaped():
    step = FetchStep(0, "s", "query", "{ n }")
    plan = QueryPlan("query", (step,), output_of(SCHEMA, "{ n }"))
    assert Executable(plan).is_identity
    assert not Executable(replace(plan, kind="mutation")).is_identity
    assert not Executable(replace(plan, steps=(step, replace(step, id=1)))).is_identity
    below = replace(step, path=(PathSegment("a"),))
    assert not Executable(replace(plan, steps=(below,))).is_identity
    assert not Executable(plan, hidden=Hidden(frozenset({"Secret"}))).is_identity
    checked = replace(plan, output=replace(plan.output, possible=frozenset({"Query"})))
    assert not Executable(checked).is_identity


def test_shared_objects_are_shaped_once_where_some_may_be_shared():
    item = {"id": "1", "n": 2}
    ready = executable("{ a { id n } b { id n } }", "{ a { id } }", "{ b { id } }")
    shared = ready.project_shared({"a": item, "b": item})
    assert shared["a"] is not item
    tree = ready.project_tree({"a": item, "b": item})
    assert shared == tree == {"a": item, "b": item}

    again = OutputField("again", "a", ready.plan.output.fields[0].type, None)
    field = replace(again, selection=ready.plan.output.fields[0].selection)
    output = Selection((ready.plan.output.fields[0], field))
    both = Executable(replace(ready.plan, output=output))
    shaped = both.project_shared({"a": item})
    assert shaped["a"] is shaped["again"]
    apart = both.project_tree({"a": item})
    assert apart["a"] is not apart["again"]
