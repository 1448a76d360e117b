"""Every line of the requirement documents is accounted for, and what is said of it is so."""

import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from tests.requirements.checks import faults
from tests.requirements.lines import Line, load_documents
from tests.requirements.page import PAGE, requirements_markdown
from tests.support.shared import ROOT, shared_path

DOCUMENTS = load_documents()
LINES = [line for document in DOCUMENTS for line in document.lines]
PROVED = Line(
    id="S9-DM-01",
    asks="Something.",
    state="holds",
    places=["tests/requirements/lines.py"],
    tests=["tests/requirements/test_lines.py::test_the_page_is_fresh"],
)


def test_every_line_is_there_once_in_its_document_and_numbers_run_without_a_gap():
    numbers: dict[str, list[int]] = defaultdict(list)
    for document in DOCUMENTS:
        for line in document.lines:
            prefix, kind, number = line.id.split("-")
            assert prefix == document.prefix
            numbers[f"{prefix}-{kind}"].append(int(number))

    gaps = {
        kind: found for kind, found in numbers.items() if found != list(range(1, len(found) + 1))
    }
    assert gaps == {}
    assert len(LINES) == 301


def test_the_lines_are_those_of_the_documents():
    collected = json.loads((shared_path("requirements") / "requirements.json").read_text("utf-8"))

    assert Counter(line.id for line in LINES) == Counter(entry["id"] for entry in collected)


def test_what_is_said_of_each_line_is_so():
    assert [fault for line in LINES for fault in faults(line, ROOT)] == []


def test_statements_are_short_and_fit_into_a_table():
    texts = [(line.id, text) for line in LINES for text in (line.asks, line.note)]

    assert [id for id, text in texts if "|" in text or "\n" in text] == []
    assert [line.id for line in LINES if not 2 <= len(line.asks.split()) <= 24] == []


def test_the_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == requirements_markdown(DOCUMENTS)


def test_a_line_with_all_it_needs_has_no_fault():
    assert faults(PROVED, ROOT) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tests": []}, "it holds, but no test asks for it"),
        ({"places": []}, "it holds, but nothing says where"),
        ({"waits": ["tasks"]}, "it holds, but waits for something"),
        ({"places": ["router/nothing.py"]}, "router/nothing.py does not exist"),
        ({"contract": ["S9-nothing"]}, "S9-nothing is no case of its document"),
        ({"contract": ["S0-auth-login"]}, "S0-auth-login is no case of its document"),
        ({"state": "partly"}, "nothing says what is missing"),
        ({"state": "later"}, "nothing says what it waits for"),
    ],
)
def test_a_line_that_claims_too_much_is_told(changes: dict, told: str):
    assert faults(replace(PROVED, **changes), ROOT) == [f"S9-DM-01: {told}"]


@pytest.mark.parametrize(
    "name", ["test_a.py::test_gone", "test_a.py::helper", "test_a.py", "test_b.py::test_b",
             "test_a.py::A::test_gone", "test_a.py::test_in_class"]
)  # fmt: skip
def test_a_test_that_is_not_there_is_told(tmp_path: Path, name: str):
    (tmp_path / "place.py").touch()
    written = "def helper(): ...\nclass A:\n    async def test_in_class(self): ...\n"
    (tmp_path / "test_a.py").write_text(written)
    right = replace(PROVED, places=["place.py"], tests=["test_a.py::A::test_in_class"])

    assert faults(right, tmp_path) == []
    assert faults(replace(right, tests=[name]), tmp_path) == [f"S9-DM-01: there is no test {name}"]


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ('asks = "x"\nstate = "soon"', ValueError),
        ('asks = "x"\nstate = "later"\nwhy = ""', TypeError),
    ],
)
def test_a_file_with_a_slip_is_refused_with_the_line(
    tmp_path: Path, written: str, error: type[Exception]
):
    head = 'prefix = "S9"\ntitle = "T"\nprofile = "pm"\n[[section]]\ntitle = "A"\n'
    (tmp_path / "a.toml").write_text(f"{head}[section.line.S9-DM-01]\n{written}\n")

    with pytest.raises(error, match="S9-DM-01"):
        load_documents(tmp_path)
