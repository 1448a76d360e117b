"""Programs that look for a way out of the sandbox find none."""

import pytest

from tests.subgraphs.executions.runners.attempts import (
    FOUND,
    NOTHING,
    Attempt,
    attempts,
    program_of,
    verdicts,
)
from tests.subgraphs.executions.runners.running import run
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.bubblewrap import Bubblewrap
from trellis.subgraphs.executions.runners.runner import Limits, Outcome

ALL = attempts()
ALONE = [one for one in ALL if one.is_program]
# Compilers of these start in a fraction of a second; the others are for the long run.
_QUICK = {Language.CPP, Language.RUST}


def test_the_list_is_long_and_has_every_language():
    assert len(ALL) >= 60
    assert {one.language for one in ALL} == set(Language)


@pytest.mark.parametrize("language", [Language.PYTHON, Language.JAVASCRIPT])
async def test_no_attempt_finds_anything(sandbox: Bubblewrap, language: Language):
    made = [one for one in ALL if one.language is language and not one.is_program]
    ran = await run(sandbox, language, program_of(language, made))
    assert (ran.outcome, ran.stderr) == (Outcome.COMPLETED, "")
    assert verdicts(ran.stdout) == {one.name: NOTHING for one in made}


@pytest.mark.parametrize(
    ("language", "code"),
    [(Language.PYTHON, "found = os.listdir('/usr')"), (Language.JAVASCRIPT, "return 1")],
)
async def test_an_attempt_that_succeeds_is_seen(sandbox: Bubblewrap, language: Language, code: str):
    made = [Attempt("it", language, code, is_program=False)]
    ran = await run(sandbox, language, program_of(language, made))
    assert verdicts(ran.stdout) == {"it": FOUND}


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(
            one,
            id=f"{one.language} {one.name}",
            marks=() if one.language in _QUICK else pytest.mark.long,
        )
        for one in ALONE
    ],
)
async def test_no_program_finds_anything(sandbox: Bubblewrap, attempt: Attempt):
    if sandbox.support()[attempt.language].unavailable:
        pytest.skip(f"{attempt.language} is not installed")
    ran = await run(sandbox, attempt.language, attempt.code, limits=Limits(seconds=20))
    # Compilers quote the source in their errors.
    assert FOUND not in ran.stdout
