"""The SELECTs of words: what a misspelt one may have been, and what one that is typed may become.

Only what the caller sees is looked at.
"""

from dataclasses import dataclass

from sqlalchemy import Select, and_, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from trellis.schema.identity import Identity
from trellis.subgraphs.search.models import Document, DocumentType, Spelling, TitleWord
from trellis.subgraphs.search.queries import (
    SearchFilters,
    among,
    finds_anything,
    may_see,
    title_has,
)
from trellis.subgraphs.search.wanted import Beginning, Phrase, Term, Wanted
from trellis.subgraphs.search.words import is_one_mistake, spellings_of

_MOST_CORRECTIONS = 8
_MOST_CANDIDATES = 200
_END_OF_BEGINNING = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    type: DocumentType
    count: int


async def corrected(
    session: AsyncSession, caller: Identity, wanted: Wanted, filters: SearchFilters
) -> Wanted | None:
    """The query with words that titles have in place of those that occur nowhere and are one
    mistake away from them; None if there are none. Only what the caller sees is looked at."""
    terms: list[Term] = []
    for term in wanted.terms:
        others = await _corrections_of(session, caller, term, filters)
        terms.append(Term(others, is_corrected=True) if others else term)
    better = Wanted(tuple(terms), wanted.excluded)
    return better if better != wanted else None


async def _corrections_of(
    session: AsyncSession, caller: Identity, term: Term, filters: SearchFilters
) -> tuple[Phrase, ...]:
    [phrase] = term.phrases
    if len(phrase.words) != 1 or not phrase.is_open:
        return ()
    [word] = phrase.words
    rests = spellings_of(word)
    if not rests or await finds_anything(session, caller, Wanted((term,)), filters):
        return ()
    frequency = func.count(distinct(col(TitleWord.number)))
    statement = (
        select(col(Spelling.word))
        .join(TitleWord, col(TitleWord.word) == col(Spelling.word))
        .join(Document, col(Document.number) == col(TitleWord.number))
        .where(col(Spelling.rest).in_(rests), may_see(caller), *among(filters))
        .group_by(col(Spelling.word))
        .order_by(frequency.desc(), col(Spelling.word))
        .limit(_MOST_CANDIDATES)
    )
    near = [other for other in await session.scalars(statement) if is_one_mistake(word, other)]
    return tuple(Phrase((other,)) for other in near[:_MOST_CORRECTIONS])


async def suggestions(
    session: AsyncSession,
    caller: Identity,
    beginning: Beginning,
    types: tuple[DocumentType, ...] | None,
    most: int,
) -> list[Suggestion]:
    """Words of titles that the last one may become, and words that follow it there. Counted are
    the titles, by type; the most frequent first."""
    completed = _suggested(session, caller, beginning, types, follows=False).limit(most)
    following = _suggested(session, caller, beginning, types, follows=True).limit(most)
    found = [
        Suggestion(" ".join((*beginning.whole, word)), DocumentType(kind), count)
        for word, kind, count in await session.execute(completed)
    ] + [
        Suggestion(" ".join((*beginning.whole, beginning.last, word)), DocumentType(kind), count)
        for word, kind, count in await session.execute(following)
    ]
    return sorted(found, key=lambda one: (-one.count, one.text, one.type))[:most]


def _suggested(
    session: AsyncSession,
    caller: Identity,
    beginning: Beginning,
    types: tuple[DocumentType, ...] | None,
    *,
    follows: bool,
) -> Select[str, DocumentType, int]:
    number = col(Document.number)
    whole = [title_has(Phrase((word,))) for word in beginning.whole]
    typed, shown = aliased(TitleWord), aliased(TitleWord)
    place = col(typed.place) + (1 if follows else 0)
    last = beginning.last
    begins = and_(col(typed.word) >= last, col(typed.word) < last + _END_OF_BEGINNING)
    amount = func.count(distinct(col(typed.number)))
    return (
        select(col(shown.word), col(Document.type), amount)
        .join(typed, and_(col(typed.number) == col(shown.number), place == col(shown.place)))
        .join(Document, number == col(typed.number))
        .where(col(typed.word) == last if follows else begins, *whole, may_see(caller))
        .where(*among(SearchFilters(types)))
        .group_by(col(shown.word), col(Document.type))
        .order_by(amount.desc(), col(shown.word), col(Document.type))
    )
