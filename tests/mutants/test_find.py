"""All faults of a file: what is passed over, and what a fault is known by."""

from tests.mutants.find import Mutant, changes_program, find_mutants
from tests.mutants.source import Source

CODE = """
def f(a):
    if a > 1:
        return 2
    return 3
"""


def mutants(text: str) -> list[Mutant]:
    source = Source("m.py", text)
    return [mutant for mutant in find_mutants(source) if changes_program(source, mutant.edit)]


def test_logging_annotations_types_and_names_to_export_are_passed_over():
    assert (
        mutants('''
"""A module."""

__all__ = ["a", "b"]
Path = tuple[str, ...]
Either = A | None
T = TypeVar("T", bound=int)

if TYPE_CHECKING:
    from x import Y

def f(a: Annotated[int, 5] | None) -> Literal[1, 2]:
    logger.info("seen", extra={"a": 1})
    self._log.warning("seen %s", a)
    assert a > 1
    x: Annotated[int, 7]

def __repr__(self):
    return 1
''')
        == []
    )


def test_sizes_of_caches_and_strictness_of_zip_are_passed_over():
    text = """
@lru_cache(maxsize=8)
def f(a, b):
    return dict(zip(a, b, strict=True))

f = lru_cache(maxsize=8)(f)
"""
    assert [m.after.strip() for m in mutants(text)] == ["return None"]


def test_constants_and_defaults_outside_functions_are_faults_that_run_while_importing():
    found = mutants("LIMIT = 5\n\nclass A:\n    size: int = 0\n\n    def f(self, n=1): ...\n")

    assert [(m.function, m.is_in_function, m.after.strip()) for m in found] == [
        ("", False, "LIMIT = 6"),
        ("", False, "LIMIT = 4"),
        ("A", False, "size: int = 1"),
        ("A", False, "def f(self, n=2): ..."),
        ("A", False, "def f(self, n=0): ..."),
    ]


def test_a_fault_keeps_its_name_when_the_code_around_it_moves_or_is_laid_out_anew():
    moved = "import os\n\n\n" + CODE.replace("return 3", "return  3")

    assert {m.id for m in mutants(CODE)} == {m.id for m in mutants(moved)}
    assert [m.line for m in mutants(CODE)] != [m.line for m in mutants(moved)]


def test_equal_lines_of_a_function_have_names_of_their_own():
    twice = "def f(a):\n    a(1)\n    a(1)\n"

    found = [m for m in mutants(twice) if m.edit.operator == "statement deleted"]

    assert len({m.id for m in found}) == 2
    assert {m.id for m in found[:1]} == {
        m.id for m in mutants("def f(a):\n    a(1)\n") if m.edit.operator == "statement deleted"
    }


def test_a_fault_in_a_long_statement_has_the_lines_of_the_whole_statement():
    text = "def f(a):\n    if a(\n        1,\n    ):\n        return a(\n            2\n        )\n"

    lines = {(m.after.strip(), m.first_line, m.last_line) for m in mutants(text)}

    assert ("2,", 2, 4) in lines
    assert ("3", 5, 7) in lines


def test_positions_are_right_behind_letters_of_several_bytes():
    assert [m.after for m in mutants("A = 'ü', 1\n")] == [
        "A = (1,)",
        "A = ('ü',)",
        "A = 'ü', 2",
        "A = 'ü', 0",
    ]
