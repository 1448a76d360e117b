"""The index of words: FTS5 on SQLite, tsvector on PostgreSQL, behind one Protocol.

Both are given words as ``words.py`` makes them and know no language of their own, so they find the
same documents. What they are asked is made of quoted words alone: there is no text that they could
take for syntax.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    String,
    bindparam,
    cast,
    column,
    delete,
    insert,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.subgraphs.search.wanted import Phrase, Wanted

MAX_BODY_WORDS = 10_000
"""PostgreSQL counts places up to 16,383."""

_GAP = 2  # no phrase leads from the title into the body


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one document; those of its key are part of the title."""

    number: int
    title: Sequence[str]
    body: Sequence[str]


class TextIndex(Protocol):
    """Conditions are on the number of a document, a column or an expression."""

    async def add(self, session: AsyncSession, texts: Sequence[Text]) -> None:
        """Of documents that are not in it."""
        ...

    async def remove(self, session: AsyncSession, numbers: Iterable[int]) -> None: ...

    async def clear(self, session: AsyncSession) -> None: ...

    def contains(self, number: Any, wanted: Wanted) -> ColumnElement[bool]:
        """That the document has all that is wanted, and nothing that is excluded."""
        ...


class Fts5:
    """A virtual table; the tokenizer ``ascii`` takes our words, parted by spaces, as they are."""

    _TEXT = table("document_text", column("rowid"), column("title"), column("body"))

    async def add(self, session: AsyncSession, texts: Sequence[Text]) -> None:
        rows = [
            {"rowid": text.number, "title": " ".join(text.title), "body": " ".join(text.body)}
            for text in texts
        ]
        if rows:
            await session.execute(insert(self._TEXT), rows)

    async def remove(self, session: AsyncSession, numbers: Iterable[int]) -> None:
        gone = self._TEXT.c.rowid.in_(list(numbers))
        await session.execute(delete(self._TEXT).where(gone))

    async def clear(self, session: AsyncSession) -> None:
        await session.execute(delete(self._TEXT))

    def contains(self, number: Any, wanted: Wanted) -> ColumnElement[bool]:
        every = " AND ".join(_any_fts5(term.phrases) for term in wanted.terms)
        none = "".join(f" NOT ({_fts5(phrase)})" for phrase in wanted.excluded)
        matches = column("document_text").op("MATCH")(literal(f"({every}){none}", String))
        found = select(self._TEXT.c.rowid).where(matches)
        return number.in_(found)


def _any_fts5(phrases: Sequence[Phrase]) -> str:
    return f"({' OR '.join(_fts5(phrase) for phrase in phrases)})"


def _fts5(phrase: Phrase) -> str:
    # Words are letters and digits: nothing in them ends the quotation.
    return f'"{" ".join(phrase.words)}"' + (" *" if phrase.is_open else "")


class TsVector:
    """A table with a vector for each document, in a GIN index."""

    _TEXT = table("document_text", column("number"), column("words", TSVECTOR))

    async def add(self, session: AsyncSession, texts: Sequence[Text]) -> None:
        if not texts:
            return
        words = cast(bindparam("words", type_=String), TSVECTOR)
        statement = insert(self._TEXT).values(number=bindparam("number"), words=words)
        rows = [{"number": text.number, "words": _vector_of(text)} for text in texts]
        await session.execute(statement, rows)

    async def remove(self, session: AsyncSession, numbers: Iterable[int]) -> None:
        gone = self._TEXT.c.number.in_(list(numbers))
        await session.execute(delete(self._TEXT).where(gone))

    async def clear(self, session: AsyncSession) -> None:
        await session.execute(delete(self._TEXT))

    def contains(self, number: Any, wanted: Wanted) -> ColumnElement[bool]:
        every = [_any_tsquery(term.phrases) for term in wanted.terms]
        none = [f"!({_tsquery(phrase)})" for phrase in wanted.excluded]
        query = cast(literal(" & ".join([*every, *none]), String), TSQUERY)
        found = select(self._TEXT.c.number).where(self._TEXT.c.words.op("@@")(query))
        return number.in_(found)


def _vector_of(text: Text) -> str:
    """The words with their places, as PostgreSQL reads vectors."""
    places: dict[str, list[int]] = {}
    for words, start in ((text.title, 1), (text.body, len(text.title) + _GAP)):
        for place, word in enumerate(words, start):
            places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, where))}" for word, where in places.items())


def _any_tsquery(phrases: Sequence[Phrase]) -> str:
    return f"({' | '.join(f'({_tsquery(phrase)})' for phrase in phrases)})"


def _tsquery(phrase: Phrase) -> str:
    return " <-> ".join(f"'{word}'" for word in phrase.words) + (":*" if phrase.is_open else "")


_FTS5, _TSVECTOR = Fts5(), TsVector()


def text_index_of(session: AsyncSession) -> TextIndex:
    """The index of the database that the session is of."""
    return _TSVECTOR if session.get_bind().dialect.name == "postgresql" else _FTS5
