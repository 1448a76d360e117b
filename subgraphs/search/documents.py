"""Keeps documents and everything that finds them in step, inside one transaction.

All writers hold one lock, so that what a word is counted for and what is left of a deleted project
cannot differ by who was first. On SQLite they take turns anyway.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from trellis.db.locks import hold
from trellis.subgraphs.search.models import Document, DocumentType, Project, Spelling, TitleWord
from trellis.subgraphs.search.text_index import MAX_BODY_WORDS, Text, text_index_of
from trellis.subgraphs.search.words import spaced, spellings_of, words_of

# How many values one statement carries: SQLite takes 32,766.
_AT_ONCE = 500
_AFTER_TITLE = 1_000  # places of words that no word of the title is a neighbour of


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What can be found: the state of something as of ``version``."""

    id: UUID
    type: DocumentType
    version: int
    title: str
    body: str | None = None
    key: str | None = None
    project_id: UUID | None = None


async def store(session: AsyncSession, states: Sequence[Found]) -> None:
    """Keep these states, at most one of each thing, unless newer ones are here or the thing or its
    project is known to be gone. Repeated and late states do no harm."""
    for start in range(0, len(states), _AT_ONCE):
        await _store(session, states[start : start + _AT_ONCE])


async def _store(session: AsyncSession, states: Sequence[Found]) -> None:
    await _hold(session)
    ids = [state.id for state in states]
    known = {row.id: row for row in await session.scalars(select(Document).where(_is_one_of(ids)))}
    gone = await _deleted_projects(session, {state.project_id for state in states} - {None})
    fresh, changed = [], []
    for state in states:
        row = known.get(state.id)
        if state.project_id in gone or (row and (row.is_deleted or row.version > state.version)):
            continue
        if row is None:
            fresh.append(state)
        elif _says_the_same(row, state):
            row.version = state.version
        else:
            changed.append((row, state))
    await _remove_words(session, [row.number for row, _ in changed])
    for row, state in changed:
        for name, value in _columns(state).items():
            setattr(row, name, value)
    await session.flush()
    made = await _insert(session, fresh)
    await _add_words(session, [*made, *((row.number, state) for row, state in changed)])


async def forget(session: AsyncSession, kind: DocumentType, id: UUID, version: int) -> None:
    """Remove a thing that was deleted and everything that it said."""
    await _hold(session)
    row = (await session.scalars(select(Document).where(_is_one_of([id])))).one_or_none()
    if row is None:
        state = Found(id=id, type=kind, version=version, title="")
        await _insert(session, [state], is_deleted=True)
        return
    await _remove_words(session, [row.number])
    empty = _columns(Found(id=id, type=kind, version=max(version, row.version), title=""))
    for name, value in empty.items():
        setattr(row, name, value)
    row.is_deleted = True
    await session.flush()


async def forget_project(session: AsyncSession, project_id: UUID) -> None:
    """Remove a deleted project with what was in it. The copy of the project, which stays, keeps
    late news of all that from coming back."""
    await _hold(session)
    of_it = col(Document.project_id) == project_id
    numbers = list(await session.scalars(select(col(Document.number)).where(of_it)))
    await _remove_words(session, numbers)
    await session.execute(delete(Document).where(of_it))


async def add_words_of(session: AsyncSession, rows: Sequence[Document]) -> None:
    """Make documents findable again whose words were removed all together."""
    await _add_words(session, [(row.number, _state_of(row)) for row in rows])


async def remove_all_words(session: AsyncSession) -> None:
    """Leave nothing but the documents, for ``add_words_of``."""
    await _hold(session)
    await text_index_of(session).clear(session)
    await session.execute(delete(TitleWord))
    await session.execute(delete(Spelling))


async def _hold(session: AsyncSession) -> None:
    await hold(session, "index")


async def _deleted_projects(session: AsyncSession, ids: Iterable[UUID | None]) -> set[UUID]:
    is_gone = col(Project.id).in_(list(ids)), col(Project.is_deleted).is_(True)
    return set(await session.scalars(select(col(Project.id)).where(*is_gone)))


async def _insert(
    session: AsyncSession, states: Sequence[Found], *, is_deleted: bool = False
) -> Sequence[tuple[int, Found]]:
    """Rows for things that have none, with their numbers."""
    if not states:
        return []
    last = (await session.execute(select(func.max(col(Document.number))))).scalar_one() or 0
    numbered = list(enumerate(states, last + 1))
    rows = [
        {"number": number, "is_deleted": is_deleted, **_columns(state)}
        for number, state in numbered
    ]
    await session.execute(insert(Document), rows)
    return numbered


async def _add_words(session: AsyncSession, documents: Sequence[tuple[int, Found]]) -> None:
    texts = [
        Text(
            number=number,
            title=[*words_of(state.key or ""), *words_of(state.title)],
            body=words_of(state.body or "", most=MAX_BODY_WORDS),
        )
        for number, state in documents
    ]
    await text_index_of(session).add(session, texts)
    rows = [
        {"number": number, "place": place, "word": word}
        for number, state in documents
        for place, word in _title_words(state)
    ]
    if rows:
        await session.execute(insert(TitleWord), rows)
        await _add_spellings(session, sorted({row["word"] for row in rows}))


def _title_words(state: Found) -> Iterable[tuple[int, str]]:
    """The words that are completed and corrected. People are known by their usernames, too."""
    yield from enumerate(words_of(state.title))
    if state.type is DocumentType.USER:
        yield from enumerate(words_of(state.key or ""), _AFTER_TITLE)


async def _add_spellings(session: AsyncSession, words: Sequence[str]) -> None:
    missing = set(words)
    for start in range(0, len(words), _AT_ONCE):
        known = col(Spelling.word).in_(words[start : start + _AT_ONCE])
        missing -= set(await session.scalars(select(col(Spelling.word)).where(known).distinct()))
    rows = [{"rest": rest, "word": word} for word in sorted(missing) for rest in spellings_of(word)]
    if rows:
        await session.execute(insert(Spelling), rows)


async def _remove_words(session: AsyncSession, numbers: Sequence[int]) -> None:
    """Everything by which these documents are found, and spellings that no title needs now."""
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        await text_index_of(session).remove(session, some)
        theirs = col(TitleWord.number).in_(some)
        words = list(await session.scalars(select(col(TitleWord.word)).where(theirs).distinct()))
        await session.execute(delete(TitleWord).where(theirs))
        for first in range(0, len(words), _AT_ONCE):
            lost = col(Spelling.word).in_(words[first : first + _AT_ONCE])
            used = exists().where(col(TitleWord.word) == col(Spelling.word))
            await session.execute(
                delete(Spelling).where(lost, ~used),
                execution_options={"synchronize_session": False},
            )


def _columns(state: Found) -> dict[str, object]:
    key_words, title_words = words_of(state.key or ""), words_of(state.title)
    return {
        "id": state.id,
        "type": state.type,
        "project_id": state.project_id,
        "key": state.key,
        "key_words": " ".join(key_words),
        "title": state.title,
        "title_length": len(title_words),
        "title_words": spaced([*key_words, *title_words]),
        "body": state.body,
        "version": state.version,
    }


def _state_of(row: Document) -> Found:
    return Found(
        id=row.id,
        type=row.type,
        version=row.version,
        title=row.title,
        body=row.body,
        key=row.key,
        project_id=row.project_id,
    )


def _says_the_same(row: Document, state: Found) -> bool:
    said = row.type, row.project_id, row.key, row.title, row.body
    return said == (state.type, state.project_id, state.key, state.title, state.body)


def _is_one_of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    return col(Document.id).in_(ids)
