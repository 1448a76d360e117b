"""The field cases: small inputs of the field on which routers differ, each a script of its own."""

from pathlib import Path

import pytest

from tests.conformance.field_cases_runner import CaseResult, case_scripts, run_cases
from tests.support.shared import find_shared, shared_path

pytestmark = pytest.mark.xdist_group("field cases")  # one process for all of them

FOLDER = find_shared("field_cases")
NAMES = [script.stem for script in case_scripts(FOLDER)] if FOLDER else []


@pytest.fixture(scope="module")
def results() -> dict[str, CaseResult]:
    scripts = case_scripts(shared_path("field_cases"))
    return {result.case: result for result in run_cases(scripts)}


def test_there_are_cases():
    assert case_scripts(shared_path("field_cases")) != []


@pytest.mark.parametrize("name", NAMES)
def test_the_router_answers_as_the_specifications_say(name: str, results: dict[str, CaseResult]):
    assert results[name].is_right, results[name].output


def test_a_script_that_fails_raises_or_dies_is_not_right(tmp_path: Path):
    (tmp_path / "h.py").write_text("LIMIT = 5\n")
    scripts = {
        "1-right": "from h import LIMIT\nprint(LIMIT)",
        "2-right": "import sys\nsys.exit(0)",
        "3-wrong": "import sys\nprint('what is wrong')\nsys.exit(1)",
        "4-raises": "raise ValueError('what broke')",
        "5-dies": "import os\nos.kill(os.getpid(), 9)",
    }
    for name, text in scripts.items():
        (tmp_path / f"{name}.py").write_text(text)

    found = run_cases(case_scripts(tmp_path))

    assert [(one.case, one.is_right) for one in found] == [
        (name, name.endswith("right")) for name in scripts
    ]
    assert found[2].output == "what is wrong"
    assert found[3].output.endswith("ValueError: what broke")


def test_without_their_harness_no_script_is_right(tmp_path: Path):
    (tmp_path / "1-right.py").write_text("print('PASS')")

    (found,) = run_cases(case_scripts(tmp_path))

    assert not found.is_right
    assert "No module named 'h'" in found.output
