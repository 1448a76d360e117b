"""The lines of the requirement documents as the files in ``lines/`` have them.

One TOML file per document, its sections in the document's order, its lines by their ids::

    [[section]]
    title = "Data model"

    [section.line.S0-DM-04]
    asks = "..."        # what the line asks for, in our words
    state = "partly"    # holds, partly, later
    places = ["..."]    # files or folders that do it
    tests = ["..."]     # pytest node ids that fail when it is broken
    contract = ["..."]  # operations of the REST contract that do so
    note = "..."        # what is missing, or how the line is read
    waits = ["..."]     # domains or doors without which it cannot be whole
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

State = Literal["holds", "partly", "later"]
STATES: tuple[State, ...] = get_args(State)
FOLDER = Path(__file__).parent / "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. ``only_waits``: all that is missing belongs to a domain that does not exist."""

    id: str
    asks: str
    state: State
    places: Sequence[str] = ()
    tests: Sequence[str] = ()
    contract: Sequence[str] = ()
    note: str = ""
    waits: Sequence[str] = field(default=())

    @property
    def only_waits(self) -> bool:
        return self.state == "partly" and bool(self.waits) and not self.note


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Document:
    """One document: ``prefix`` begins the ids of its lines, ``profile`` is its REST dialect."""

    prefix: str
    title: str
    profile: str
    sections: Sequence[Section]

    @property
    def lines(self) -> Iterator[Line]:
        for section in self.sections:
            yield from section.lines


def load_documents(folder: Path = FOLDER) -> list[Document]:
    """Every document, in the order of their prefixes.

    Raises ``ValueError`` for an unknown state and ``TypeError`` for an unknown or missing member,
    both with the line's id; ``tomllib.TOMLDecodeError`` for an id that stands twice in a section.
    """
    documents = [
        _document(tomllib.loads(file.read_text("utf-8"))) for file in folder.glob("*.toml")
    ]
    return sorted(documents, key=lambda document: document.prefix)


def _document(read: Mapping[str, Any]) -> Document:
    sections = [
        Section(one["title"], [_line(id, given) for id, given in one["line"].items()])
        for one in read["section"]
    ]
    return Document(read["prefix"], read["title"], read["profile"], sections)


def _line(id: str, given: Mapping[str, Any]) -> Line:
    if given.get("state") not in STATES:
        raise ValueError(f"{id}: state {given.get('state')!r} is none of {', '.join(STATES)}")
    try:
        return Line(id=id, **given)
    except TypeError as error:
        raise TypeError(f"{id}: {error}") from None
