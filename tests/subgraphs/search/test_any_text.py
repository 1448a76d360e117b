"""Whatever somebody types, the database understands what it is asked."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.subgraphs.search.asking import SEARCH, SUGGEST
from tests.subgraphs.search.conftest import BESIDE
from tests.support.subgraphs import Running, caller, running
from trellis.db.settings import DataSettings
from trellis.subgraphs.search.graph import make_subgraph

Ask = Callable[[str], tuple[Any, Any]]

# What means something to FTS5, to tsquery or to SQL, between words that there are.
_SIGNS = st.sampled_from(
    [
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        ")",
        '"',
        '""',
        "'",
        "''",
        "*",
        ":*",
        "^",
        "-",
        "--",
        ":",
        "{title}",
        "title:",
    ]
    + [
        "&",
        "|",
        "!",
        "<->",
        "<2>",
        "\\",
        "%",
        "_",
        "?",
        "$1",
        ";",
        "\x00",
        "\ud800",
        "\u0345",
        "İ",
        "ﬁ",
        "½",
    ]
    + ["card", "the card", "Café", "検索", "🙂", "x" * 100]
)
QUERIES = st.one_of(
    st.text(max_size=60),
    st.lists(_SIGNS, max_size=12).map(" ".join),
    st.lists(_SIGNS, max_size=8).map("".join),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ask]:
    """Asks a running subgraph on a loop of its own: generated tests are no coroutines."""
    if request.param == "postgresql":
        kept = DataSettings(database_url=request.getfixturevalue("postgres_url"))
    else:
        kept = DataSettings(data_dir=Path(tmp_path_factory.mktemp("asked")))
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        search: Running = runner.run(
            stack.enter_async_context(running(make_subgraph, kept, BESIDE))
        )

        async def both(text: str) -> tuple[Any, Any]:
            ada = caller("ada")
            return await search.answer(SEARCH, ada, q=text), await search.answer(
                SUGGEST, ada, q=text
            )

        yield lambda text: runner.run(both(text))
        runner.run(stack.aclose())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(QUERIES)
def test_any_text_finds_something_or_nothing_or_is_refused(asked: Ask, text: str):
    for answer in asked(text):
        codes = {error.extensions["code"] for error in answer.errors or ()}
        assert codes <= {"BAD_USER_INPUT"}
        if not codes:
            assert answer.data is not None
