"""The table at the end and the exit status."""

from tests.mutants.report import misses, ratio, survivors, table
from tests.mutants.results import Result, State
from tests.mutants.settings import Group

GROUPS = {"a.py": Group("a", ("a.py",), 0.5), "b.py": Group("b", ("b.py",), 0.9)}


def result(file: str, state: State, line: int = 1) -> Result:
    id = f"{file}{state}{line}"
    return Result(id, file, line, "f", "comparison", "  a > 1", "  a >= 1", state, asked=3, known=5)


def test_equivalents_do_not_count_for_the_ratio():
    found = [result("a.py", "killed"), result("a.py", "survived"), result("a.py", "equivalent")]

    assert ratio(found) == 0.5
    assert ratio([result("a.py", "equivalent")]) == 1.0


def test_groups_below_their_share_are_named():
    found = [
        *(result("a.py", "killed"), result("a.py", "survived")),
        *(result("b.py", "killed"), result("b.py", "no tests")),
    ]

    assert misses(found, GROUPS) == ["b"]


def test_the_table_counts_by_group_and_in_all():
    found = [result("a.py", "killed"), result("b.py", "no tests"), result("b.py", "equivalent")]

    assert [line.split() for line in table(found, GROUPS)][1:] == [
        ["a", "1", "1", "0", "0", "100.0%", "50%"],
        ["b", "2", "0", "1", "1", "0.0%", "90%"],
        ["all", "3", "1", "1", "1", "50.0%"],
    ]


def test_survivors_are_shown_with_the_lines_that_change():
    found = [result("a.py", "killed"), result("a.py", "survived", 7)]

    assert list(survivors(found, GROUPS)) == [
        "\n## a",
        "",
        "a.py:7 f [comparison; 3 of 5 tests]",
        "  - a > 1",
        "  + a >= 1",
    ]
