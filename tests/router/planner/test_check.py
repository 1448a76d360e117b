"""The invariants of plans: what each of them catches."""

from dataclasses import replace

import pytest

from tests.support.planning import federated_graph, sound_plan
from trellis.router.planner.check import check_plan
from trellis.router.planner.plan import Need, OutputField, PathSegment, Selection
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
        (replace(PLAN, steps=(SECOND, FIRST)), "step 1 is at index 0"),
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
        (with_needs(Need("code", "code")), "step 1 needs item.code, which no earlier step fetches"),
        (replace(PLAN, steps=(FIRST,)), "the answer reads item.size, which no step fetches"),
        (
            replace(PLAN, steps=(FIRST, replace(SECOND, after=()))),
            "step 1 needs item.id, which no earlier step fetches",
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


RICH = federated_graph(
    a="""
        type Query { things: [Thing!] }
        union Thing = Item | Box
        type Item @key(fields: "id maker { id }") { id: ID! maker: Maker color: String }
        type Maker { id: ID! }
        type Box @key(fields: "id") { id: ID! item: Item }
    """,
    b="""
        type Item @key(fields: "id maker { id }") {
          id: ID!
          maker: Maker
          size: Int
          color: String @override(from: "a")
          parts: [Part]
        }
        type Maker { id: ID! }
        type Part { name: String }
        type Box @key(fields: "id") { id: ID! width: Int }
    """,
)
RICH_PLAN = sound_plan(
    RICH, "{ things { ... on Item { size parts { name } } ... on Box { width item { size } } } }"
)


@pytest.mark.parametrize(
    ("step", "text", "instead", "problems"),
    [
        # What decides where to go on, and what represents an object.
        (
            0,
            "{__typename ",
            "{",
            ["step 1 needs things.__typename, which no earlier step fetches"] * 3,
        ),
        (
            0,
            "on Item {id maker {id}}",
            "on Item {id}",
            # The item of a box still brings its own maker; that of the union's item is gone.
            [
                "step 1 needs things.maker, which no earlier step fetches",
                "step 1 needs things.maker.id, which no earlier step fetches",
            ],
        ),
        (
            0,
            "item {id maker {id}}",
            "item {id maker {code: id}}",
            ["step 1 needs things.item.maker.id, which no earlier step fetches"],
        ),
        # What the answer reads of some types only may be absent.
        (1, "parts {name}", "parts {label: name}", []),
        # What is declared, on every level and in every kind of fragment.
        (0, "on Box {id ", "on Box {id ... {size} ", ["step 0 asks a for Box.size"]),
        (0, "on Box {id ", "on Box {id ... on Item {color} ", ["step 0 asks a for Item.color"]),
        (1, "{name}", "{name length}", ["step 1 asks b for Part.length"]),
        (1, "{name}", "{name {length}}", ["step 1 asks b for ?.length"]),
        (1, "on Box {width}", "on Chest {width}", ["step 1 asks b for the unknown type Chest"]),
        (1, "{... on Box", "{id ... on Box", ["step 1 asks b for ?.id"]),
    ],
)
def test_an_operation_that_brings_or_asks_something_else_is_found(
    step: int, text: str, instead: str, problems: list[str]
) -> None:
    operation = RICH_PLAN.steps[step].operation
    assert text in operation
    changed = replace(RICH_PLAN.steps[step], operation=operation.replace(text, instead))
    steps = (*RICH_PLAN.steps[:step], changed, *RICH_PLAN.steps[step + 1 :])

    found = check_plan(replace(RICH_PLAN, steps=steps), RICH)

    assert [line.removesuffix(", which no step fetches") for line in found] == problems


def test_a_root_field_that_the_subgraph_does_not_have_is_found() -> None:
    first = replace(FIRST, operation="{item {id} items {id}}")

    assert check_plan(replace(PLAN, steps=(first, SECOND)), GRAPH) == [
        "step 0 asks a for Query.items"
    ]


def test_a_member_of_the_answer_that_needs_no_data_is_not_missed() -> None:
    [item] = PLAN.output.fields
    assert item.selection is not None
    [size] = item.selection.fields

    def read(field: OutputField) -> list[str]:
        selection = replace(item.selection or Selection(()), fields=(size, field))
        output = Selection((replace(item, selection=selection),))
        return check_plan(replace(PLAN, output=output), GRAPH)

    other = replace(size, key="other", source="other")
    assert read(other) == ["the answer reads item.other, which no step fetches"]
    assert read(replace(other, denied=True)) == []
    assert read(replace(other, typename="Item")) == []
    assert read(replace(other, source="? __schema")) == []
    assert read(replace(other, types=frozenset({"Box"}))) == []


def test_below_a_position_without_objects_nothing_is_missed() -> None:
    empty = (PathSegment("item"),)
    plan = replace(PLAN, steps=(FIRST,))

    assert check_plan(replace(plan, absent=(empty,)), GRAPH) == []
    assert check_plan(replace(plan, absent=((PathSegment("box"),),)), GRAPH) == [
        "the answer reads item.size, which no step fetches"
    ]


def test_a_step_may_read_what_steps_further_back_have_brought() -> None:
    graph = federated_graph(
        a='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        b='type Item @key(fields: "id") @key(fields: "code") { id: ID! code: ID! }',
        c='type Item @key(fields: "code") @key(fields: "id name") { id: ID! code: ID! name: ID! }',
        d='type Item @key(fields: "id name") { id: ID! name: ID! size: Int }',
    )
    plan = sound_plan(graph, "{ item { size } }")
    steps = plan.steps
    assert [(step.service, step.after) for step in steps] == [
        ("a", ()),
        ("b", (0,)),
        ("c", (1,)),
        ("d", (2,)),
    ]

    cut = replace(plan, steps=(*steps[:2], replace(steps[2], after=()), steps[3]))

    assert check_plan(cut, graph) == [
        "step 2 needs item.code, which no earlier step fetches",
        "step 3 needs item.id, which no earlier step fetches",
    ]
