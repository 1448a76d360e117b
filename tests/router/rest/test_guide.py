"""``docs/rest.md``: what it lists is all there is, and its examples are routes."""

import dataclasses
import re
from pathlib import Path

import pytest

from tests.support.shared import ROOT
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.rest.directives import definitions
from trellis.router.rest.load import load_route
from trellis.router.rest.profile import translate
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.profiles.plain import PLAIN
from trellis.router.supergraph import Supergraph
from trellis.schema.directives import Rest

GUIDE = (ROOT / "docs" / "rest.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```graphql\n(.*?)```", GUIDE, re.S)
SDL, OPERATIONS = BLOCKS[0], BLOCKS[1:]
assert OPERATIONS, "the guide shows operations"


def rows(section: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their heads."""
    text = re.split(r"^#+ ", GUIDE.partition(f"# {section}\n")[2], maxsplit=1, flags=re.M)[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(text: str) -> set[str]:
    """What stands in code font, word by word."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", code)}


def test_every_argument_of_rest_in_python_is_described():
    described = [cells[0].strip("`") for cells in rows("Fields with `Rest`")[1:]]
    assert sorted(described) == sorted(field.name for field in dataclasses.fields(Rest))


def test_every_argument_of_the_directive_is_described():
    described = {word for cells in rows("Arguments of `@rest`")[1:] for word in words(cells[0])}
    assert described == set(definitions()["rest"].args)


@pytest.mark.parametrize("name", [name for name in definitions() if name != "rest"])
def test_every_directive_is_described_with_its_arguments(name: str):
    tables = [*rows("Variables"), *rows("Response")]
    described = [" ".join(cells[1:]) for cells in tables if cells[0] == f"`@{name}`"]
    assert described, name
    known: set[str] = set()
    for text in described:
        known |= words(text)
    # The path, the query, the header: named as places of a request.
    missing = [argument for argument in definitions()[name].args if argument not in known]
    assert missing == []


def test_every_format_and_spelling_is_named():
    named = set(re.findall(r"\w+", GUIDE))
    for directive, argument in (("rules", "format"), ("spell", "as")):
        values = getattr(definitions()[directive].args[argument].type, "values", {})
        assert values
        assert set(values) <= named


def test_every_dialect_is_listed_with_its_prefix():
    listed = {cells[0].strip("`"): cells[1].strip("`") for cells in rows("Dialects")[1:]}
    prefixes = {name: profile.prefix or "the root" for name, profile in PROFILES.items()}
    assert listed == prefixes


def test_statuses_are_those_of_the_plain_dialect():
    checked: set[int] = set()
    for cells in rows("Responses")[1:]:
        told = {int(status) for status in cells[0].split(", ")}
        codes = re.findall(r"`([A-Z_]{6,})`", cells[1])
        statuses = {translate(PLAIN, code, ())[0] for code in codes}
        assert statuses == (told if codes else set()), cells
        checked |= statuses
    assert checked == {400, 401, 403, 404, 409, 412, 415, 422, 429, 503, 504}


@pytest.mark.parametrize("text", OPERATIONS, ids=[t.partition("(")[0][-12:] for t in OPERATIONS])
def test_every_example_is_a_route(text: str):
    composition = compose([Subgraph("books", "http://books", SDL)])
    assert composition.errors == ()
    graph = Supergraph.load(composition.supergraph_sdl)
    route = load_route(text, graph, PLAIN, area="books", file=Path("a.graphql"))
    assert route.path.startswith("/books")
