from tests.conformance.plan_cases_runner import Report, RunResult
from tests.conformance.plan_shapes import changes, digest, shape, shapes
from tests.support.planning import federated_graph, sound_plan

GRAPH = federated_graph(
    a="""
        type Query { t: T } type Mutation { one: Int }
        type T @key(fields: "id") { id: ID! w: Int }
    """,
    b='type T @key(fields: "id") { id: ID! x: Int s: S } type S @key(fields: "id") { id: ID! }',
    c='type T @key(fields: "id") { id: ID! y: Int } type S @key(fields: "id") { id: ID! z: Int }',
)
FLAT = sound_plan(GRAPH, "{ t { w } }")
DEEP = sound_plan(GRAPH, "{ t { x y s { z } } }")


def test_a_shape_has_the_requests_of_each_round_with_the_number_of_their_fields() -> None:
    assert shape(FLAT) == "a(2)"
    assert shape(DEEP) == "a(2) > b(3) > c(2)"
    assert shape(sound_plan(GRAPH, "{ t { x y } }")) == "a(2) > b(1) c(1)"
    assert shape(sound_plan(GRAPH, "mutation { one }")) == "a(1)"


def test_runs_are_told_apart_where_their_plans_have_other_shapes() -> None:
    report = Report(
        (
            RunResult("same", plan=FLAT),
            RunResult("same", plan=FLAT),
            RunResult("differs", plan=FLAT),
            RunResult("differs", plan=DEEP),
            RunResult("refused", "PlanningError: no"),
        )
    )

    flat, deep = f"a(2) #{digest(FLAT)}", f"a(2) > b(3) > c(2) #{digest(DEEP)}"
    assert shapes(report) == {"same": flat, "differs": flat, "differs run 2": deep}


def test_a_digest_differs_where_the_shape_is_the_same() -> None:
    one, other = (sound_plan(GRAPH, f"{{ t {{ {field} }} }}") for field in "xy")

    assert digest(one) != digest(other)
    assert digest(one) == digest(sound_plan(GRAPH, "{ t { x } }"))


def test_changes_say_what_was_and_what_is() -> None:
    known = {"kept": "a(1)", "other": "a(1) > b(1)", "gone": "c(1)"}
    found = {"kept": "a(1)", "other": "a(1) b(1)", "new": "d(1)"}

    assert list(changes(known, found)) == [
        "gone\n  was c(1)\n  now not there",
        "new\n  was not there\n  now d(1)",
        "other\n  was a(1) > b(1)\n  now a(1) b(1)",
    ]
