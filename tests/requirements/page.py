"""Writes ``docs/requirements.md``: each line, its state, where it is and which tests ask for it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.requirements.lines import STATES, Document, Line, Section
from tests.support.shared import ROOT

PAGE = ROOT / "docs" / "requirements.md"

_INTRO = """# Requirements

Each line of the five requirement documents, in our words, under the id that it has in their
collection; S0 to S4 are the documents, each with a REST dialect of its own.

- **holds**: all of it is there, and the tests named beside it fail when it breaks.
- **partly**: something is missing; the line says what.
- **later**: it belongs to a domain or a door that does not exist yet; the line names it.

*contract* names operations that the contract runner asks of a real server and compares with the
document's examples, statuses and codes (`make contract`, `tests/conformance/rest/`).

This page is generated: change `tests/requirements/lines/*.toml`, then `make requirements`.
"""
_TABLE = "| line | asks for | state | where | asked by |\n|---|---|---|---|---|"
_CASES = "tests/conformance/rest/cases/{}.py"


def requirements_markdown(documents: Sequence[Document]) -> str:
    """The whole page: what the states mean, counts, then a table for every section."""
    return "\n".join([_INTRO, _counts(documents), *map(_document, documents)])


def _counts(documents: Sequence[Document]) -> str:
    rows = [_count_row(f"{one.prefix} {one.title}", list(one.lines)) for one in documents]
    total = _count_row("**all**", [line for one in documents for line in one.lines])
    head = f"| document | {' | '.join(STATES)} | all |\n|---|{'---|' * (len(STATES) + 1)}"
    return "\n".join([head, *rows, total, "", _waiting(documents), ""])


def _count_row(title: str, lines: Sequence[Line]) -> str:
    counts = [sum(line.state == state for line in lines) for state in STATES]
    return f"| {title} | {' | '.join(map(str, counts))} | {len(lines)} |"


def _waiting(documents: Sequence[Document]) -> str:
    partly = [line for one in documents for line in one.lines if line.state == "partly"]
    waiting = sum(line.only_waits for line in partly)
    return f"Of the {len(partly)} that hold partly, {waiting} miss only what a later domain brings."


def _document(document: Document) -> str:
    sections = (_section(section, document.profile) for section in document.sections)
    return "\n".join(
        [f"## {document.prefix}: {document.title} (`/{document.profile}`)\n", *sections]
    )


def _section(section: Section, profile: str) -> str:
    rows = "\n".join(_row(line, profile) for line in section.lines)
    return f"### {section.title}\n\n{_TABLE}\n{rows}\n"


def _row(line: Line, profile: str) -> str:
    tests = [_link(_sentence(test), test.partition("::")[0]) for test in line.tests]
    if line.contract:
        operations = ", ".join(line.contract)
        tests.insert(0, _link(f"contract: {operations}", _CASES.format(profile)))
    places = [_link(f"`{place}`", place) for place in line.places]
    cells = (line.id, line.asks, _state(line), _stacked(places), _stacked(tests))
    return f"| {' | '.join(cells)} |"


def _state(line: Line) -> str:
    waits = f"waits for {', '.join(line.waits)}" if line.waits else ""
    said = "; ".join(part for part in (line.note, waits) if part)
    return f"**{line.state}**: {said}" if said else f"**{line.state}**"


def _sentence(node_id: str) -> str:
    """The name of a test as the sentence that it is."""
    return node_id.rpartition("::")[2].removeprefix("test_").replace("_", " ")


def _link(text: str, path: str) -> str:
    """A link from the page to a file of the repository."""
    return f"[{text}](../{path})"


def _stacked(parts: Iterable[str]) -> str:
    return "<br>".join(parts)


def write_page(documents: Sequence[Document], page: Path = PAGE) -> None:
    page.write_text(requirements_markdown(documents), encoding="utf-8")
