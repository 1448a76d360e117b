"""Operations are measured with fragments expanded, and measuring is cheap."""

import time
from dataclasses import fields

import pytest
from graphql import parse

from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import GENEROUS, OperationLimits, check_limits


def codes(text: str, limits: OperationLimits | None = None) -> list[str]:
    try:
        check_limits(parse(text), limits or OperationLimits())
    except OperationRefused as refusal:
        return [error["extensions"]["code"] for error in refusal.errors]
    return []


def nested(depth: int) -> str:
    return "{" + "a{" * (depth - 1) + "a" + "}" * depth


@pytest.mark.parametrize(
    ("within", "beyond", "code"),
    [
        (nested(15), nested(16), "MAX_DEPTH_LIMIT"),
        (
            "{" + " ".join(f"x{n}: a" for n in range(20)) + "}",
            "{" + " ".join(f"x{n}: a" for n in range(21)) + "}",
            "MAX_ROOT_FIELDS_LIMIT",
        ),
        (
            "{ a {" + " ".join(f"x{n}: a" for n in range(30)) + "} }",
            "{ a {" + " ".join(f"x{n}: a" for n in range(31)) + "} }",
            "MAX_ALIASES_LIMIT",
        ),
        ("{ a {" + "b " * 199 + "} }", "{ a {" + "b " * 200 + "} }", "MAX_HEIGHT_LIMIT"),
        (
            "{ a {" + "b @skip(if: true) " * 50 + "} }",
            "{ a {" + "b @skip(if: true) " * 51 + "} }",
            "MAX_DIRECTIVES_LIMIT",
        ),
        (
            "{a} " + " ".join(f"fragment F{n} on Q {{a}}" for n in range(49)),
            "{a} " + " ".join(f"fragment F{n} on Q {{a}}" for n in range(50)),
            "MAX_DEFINITIONS_LIMIT",
        ),
        (
            "query (" + " ".join(f"$v{n}: Int" for n in range(200)) + ") {a}",
            "query (" + " ".join(f"$v{n}: Int" for n in range(201)) + ") {a}",
            "MAX_VARIABLES_LIMIT",
        ),
        (
            "{" + "...F " * 100 + "} fragment F on Q {" + "... {b} " * 49 + "}",
            "{" + "...F " * 200 + "} fragment F on Q {" + "...{...{b}} " * 50 + "}",
            "MAX_SELECTIONS_LIMIT",
        ),
    ],
)
def test_each_limit_holds_at_its_value_and_not_beyond(within: str, beyond: str, code: str) -> None:
    assert code not in codes(within)
    assert code in codes(beyond)


TIGHT = OperationLimits(
    nesting=6, depth=4, height=8, aliases=2, root_fields=3, directives=3, selections=9, variables=1
)


@pytest.mark.parametrize(
    ("within", "beyond", "code"),
    [
        # The directives of the operation itself, of introspection, of fragments and their spreads.
        ("query @a @b { x @c }", "query @a @b @d { x @c }", "MAX_DIRECTIVES_LIMIT"),
        (
            "{ x @a __schema { types { name @b @c } } }",
            "{ x @a __schema { types { name @b @c @d } } }",
            "MAX_DIRECTIVES_LIMIT",
        ),
        (
            "{ ... @a { ...F @b } } fragment F on Q { x @c }",
            "{ ... @a { ...F @b } } fragment F on Q { x @c @d }",
            "MAX_DIRECTIVES_LIMIT",
        ),
        # Selection sets in selection sets, whatever they belong to.
        (
            "{ ... { ... { ... { ... { ... { x } } } } } }",
            "{ ... { ... { ... { ... { ... { ... { x } } } } } } }",
            "PARSER_LIMIT",
        ),
        (
            "{ ... { ...F } } fragment F on Q { ... { ... { ... { x } } } }",
            "{ ... { ... { ...F } } } fragment F on Q { ... { ... { ... { x } } } }",
            "PARSER_LIMIT",
        ),
        (
            "{ __schema { a { b { c { d { e } } } } } }",
            "{ __schema { a { b { c { d { e { f } } } } } } }",
            "PARSER_LIMIT",
        ),
        # Root fields in fragments, and no fields below them.
        (
            "{ x { y z } ... { x ...F } } fragment F on Q { x }",
            "{ x { y z } ... { x ...F } } fragment F on Q { x x }",
            "MAX_ROOT_FIELDS_LIMIT",
        ),
        # The field that has a selection set counts beside what is in it.
        ("{ x { y { z { w } } } }", "{ x { y { z { ... { w { v } } } } } }", "MAX_DEPTH_LIMIT"),
        ("{ x { a b c d e f g } }", "{ x { a b c d e f g h } }", "MAX_HEIGHT_LIMIT"),
        ("{ a: x { b: y z } }", "{ a: x { b: y c: z } }", "MAX_ALIASES_LIMIT"),
        (
            "{ ... { ... { x { a b c d e f } } } }",
            "{ ... { ... { x { a b c d ... { e f } } } } }",
            "MAX_SELECTIONS_LIMIT",
        ),
    ],
)
def test_whatever_stands_anywhere_in_an_operation_counts(
    within: str, beyond: str, code: str
) -> None:
    assert codes(within, TIGHT) == []
    assert codes(beyond, TIGHT) == [code]


LARGE = {
    "PARSER_LIMIT": "query L { ... { ... { ... { ... { ... { ... { x } } } } } } }",
    "MAX_VARIABLES_LIMIT": "query L ($a: Int, $b: Int) { x }",
    "MAX_DEPTH_LIMIT": "query L { x { x { x { x { x } } } } }",
    "MAX_HEIGHT_LIMIT": "query L { x { a b c d e f g h } }",
    "MAX_ALIASES_LIMIT": "query L { x { a: x b: x c: x } }",
    "MAX_ROOT_FIELDS_LIMIT": "query L { a b c d }",
    "MAX_DIRECTIVES_LIMIT": "query L { x @a @b @c @d }",
    "MAX_SELECTIONS_LIMIT": "query L { x { ...F ...F ...F } }",
}


@pytest.mark.parametrize("code", LARGE)
def test_each_operation_counts_wherever_it_stands_in_its_document(code: str) -> None:
    fragment = "fragment F on Q { ... { ... { __typename } } }"
    others = ["query S { x }", "mutation T { x }", fragment]
    assert codes(" ".join(others), TIGHT) == []
    for place in range(4):
        document = [*others[:place], LARGE[code], *others[place:]]
        assert codes(" ".join(document), TIGHT) == [code]


def test_what_is_forbidden_altogether_is_not_counted_where_there_is_none() -> None:
    none = OperationLimits(aliases=0, directives=0, variables=0)
    assert codes("{ a { b } } fragment F on Q { c }", none) == []
    assert codes("query ($v: Int) { x: a @b }", none) == [
        "MAX_VARIABLES_LIMIT",
        "MAX_ALIASES_LIMIT",
        "MAX_DIRECTIVES_LIMIT",
    ]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
@pytest.mark.parametrize("around", ["x {{ ...{} }}", "... {{ ...{} }}", "... on Q {{ ...{} }}"])
def test_fragments_count_in_whatever_order_they_are_written(order: list[int], around: str) -> None:
    fragments = [
        f"fragment F on Q {{ {around.format('G')} }}",
        f"fragment G on Q {{ {around.format('H')} }}",
        "fragment H on Q { a: y b: y c: y }",
    ]
    text = " ".join(["{ x { ...F } }", *(fragments[n] for n in order)])
    assert codes(text, OperationLimits(aliases=2)) == ["MAX_ALIASES_LIMIT"]
    assert codes(text, OperationLimits(aliases=3)) == []


def test_fragments_count_where_they_are_spread() -> None:
    text = "{ ...F a { ...F } } fragment F on Q { x: a { b } }"
    exact = OperationLimits(depth=3, height=5, aliases=2, root_fields=2, selections=7)

    assert codes(text, exact) == []
    assert codes(text, OperationLimits(depth=2)) == ["MAX_DEPTH_LIMIT"]
    assert codes(text, OperationLimits(height=4)) == ["MAX_HEIGHT_LIMIT"]
    assert codes(text, OperationLimits(aliases=1)) == ["MAX_ALIASES_LIMIT"]
    assert codes(text, OperationLimits(root_fields=1)) == ["MAX_ROOT_FIELDS_LIMIT"]
    assert codes(text, OperationLimits(selections=6)) == ["MAX_SELECTIONS_LIMIT"]


def chained(links: int) -> str:
    """Each fragment spreads the next one twice: it expands to 2 to the power of ``links``."""
    fragments = (f"fragment F{n} on Q {{ ...F{n + 1} a {{ ...F{n + 1} }} }}" for n in range(links))
    return " ".join(["{ ...F0 }", *fragments, f"fragment F{links} on Q {{ b }}"])


def test_chained_fragments_are_measured_in_linear_time() -> None:
    def seconds(links: int) -> float:
        document = parse(chained(links))
        started = time.process_time()
        for _ in range(50):
            with pytest.raises(OperationRefused):
                check_limits(document, OperationLimits())
        return time.process_time() - started

    assert seconds(60) < 3 * max(seconds(14) * 60 / 14, 0.01)


def test_what_is_trusted_is_bounded_too() -> None:
    def of_definitions(count: int) -> str:
        return "{a} " + " ".join(f"fragment F{n} on Q {{a}}" for n in range(count - 1))

    assert codes(nested(100), GENEROUS) == []
    assert codes(nested(101), GENEROUS) == ["MAX_DEPTH_LIMIT"]
    assert codes(of_definitions(1_000), GENEROUS) == []
    assert codes(of_definitions(1_001), GENEROUS) == ["MAX_DEFINITIONS_LIMIT"]
    for limit in fields(OperationLimits):
        trusted, others = getattr(GENEROUS, limit.name), getattr(OperationLimits(), limit.name)
        assert trusted > others or limit.name == "nesting"


def test_fragments_that_are_not_there_count_nothing() -> None:
    assert codes("{ ...F } fragment F on Q { ...Unknown a }") == []
    deep = "a{" * 15 + "a" + "}" * 15
    assert codes(f"{{ ...F }} fragment F on Q {{ ...Unknown {deep} }}") == ["MAX_DEPTH_LIMIT"]


def test_fragments_that_lead_in_a_circle_are_left_to_validation() -> None:
    assert codes("{ ...F } fragment F on Q { a ...G } fragment G on Q { b ...F }") == []


def test_a_long_chain_of_deep_fragments_does_not_exhaust_the_stack() -> None:
    inner = "... {" * 90
    fragments = (f"fragment F{n} on Q {{ {inner} ...F{n + 1} {'}' * 90} }}" for n in range(40))
    text = " ".join(["{ ...F0 }", *fragments, "fragment F40 on Q { b }"])

    assert codes(text) == ["PARSER_LIMIT"]


def test_introspection_queries_of_tools_are_not_too_deep() -> None:
    text = "{ __schema { types { fields { args { type " + "{ ofType" * 12 + " { name }" + "}" * 17

    assert codes(text) == []
