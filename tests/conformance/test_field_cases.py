"""The field cases: small inputs of the field on which routers differ, each a script of its own."""

from pathlib import Path

import pytest

from tests.conformance.field_cases_runner import case_scripts, run_case
from tests.support.shared import find_shared, shared_path

FOLDER = find_shared("field_cases")
SCRIPTS = case_scripts(FOLDER) if FOLDER else []


def test_there_are_cases():
    assert case_scripts(shared_path("field_cases")) != []


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_the_router_answers_as_the_specifications_say(script: Path):
    result = run_case(script)

    assert result.is_right, result.output
