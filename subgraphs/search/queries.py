"""Every SELECT of search. What the caller may not see is neither found nor counted.

Who sees what is decided inside of each statement, by the rules of the subgraphs that own it. Scores
depend on a document and on the query alone, never on how frequent a word is elsewhere: that would
reveal something about what callers may not see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from trellis.db.paging import integer
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest, decode_cursor, encode_cursor, invalid_cursor
from trellis.subgraphs.project_scope.scope import ProjectScope
from trellis.subgraphs.search.models import (
    Course,
    Document,
    DocumentType,
    Learner,
    Membership,
    Project,
    ProjectMember,
)
from trellis.subgraphs.search.text_index import TextIndex, text_index_of
from trellis.subgraphs.search.wanted import Phrase, Term, Wanted
from trellis.subgraphs.search.words import spaced

PROJECTS = ProjectScope(Project, ProjectMember)
ISSUE_PROJECTS = ProjectScope(Project, ProjectMember, "admin:issues")

BEST_SCORE = 1_000
_IN_TITLE, _BEGINS_IN_TITLE, _IN_BODY = 900, 700, 400
_CORRECTED_IN_TITLE, _CORRECTED_IN_BODY = 500, 250

MOST_PROJECTS = 100


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """``project_id``: only what belongs to the project, which the project itself does not."""

    types: tuple[DocumentType, ...] | None = None
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """``score`` is in thousandths."""

    document: Document
    score: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many hits there are of each type, and in the projects with the most of them."""

    by_type: dict[DocumentType, int]
    by_project: Sequence[tuple[UUID, str, int]]

    @property
    def total(self) -> int:
        return sum(self.by_type.values())


def may_see(caller: Identity) -> ColumnElement[bool]:
    """The condition on ``Document`` that it exists for the caller."""
    if caller.id is None:
        return false()
    kinds: list[ColumnElement[bool]] = [false()]
    if caller.may("read:issues"):
        kinds.append(and_(_is(DocumentType.ISSUE), _in_seen_project(ISSUE_PROJECTS, caller)))
    scopes = {DocumentType.PROJECT: "read:projects", DocumentType.TASK: "read:tasks"}
    of_projects = [kind for kind, scope in scopes.items() if caller.may(scope)]
    if of_projects:
        is_one = col(Document.type).in_(of_projects)
        kinds.append(and_(is_one, _in_seen_project(PROJECTS, caller)))
    if caller.may("read:courses"):
        kinds.append(and_(_is(DocumentType.COURSE), _is_seen_course(caller)))
    if caller.kind == "user" or caller.may("read:profile"):
        kinds.append(and_(_is(DocumentType.USER), _is_colleague(caller)))
    return and_(col(Document.is_deleted).is_(False), or_(*kinds))


def _is(kind: DocumentType) -> ColumnElement[bool]:
    return col(Document.type) == kind


def _in_seen_project(projects: ProjectScope, caller: Identity) -> ColumnElement[bool]:
    seen = select(col(Project.id)).where(projects.may_see(caller))
    # Not the column itself: SQLite would begin with all documents of these projects, where the
    # words of a query leave few of them.
    return func.coalesce(col(Document.project_id), col(Document.id)).in_(seen)


def _is_colleague(caller: Identity) -> ColumnElement[bool]:
    """As accounts has it: people see themselves and who shares an organization with them."""
    if caller.is_admin:
        return true()
    mine = aliased(Membership)
    here = select(col(mine.organization_id)).where(col(mine.user_id) == caller.id)
    colleagues = select(col(Membership.user_id)).where(col(Membership.organization_id).in_(here))
    return or_(col(Document.id) == caller.id, col(Document.id).in_(colleagues))


def _is_seen_course(caller: Identity) -> ColumnElement[bool]:
    """As learning has it: published courses, and those that the caller teaches or learns in."""
    if caller.is_admin:
        return true()
    mine = select(col(Learner.course_id)).where(col(Learner.user_id) == caller.id)
    is_taught = col(Course.instructor_id) == caller.id
    seen = or_(col(Course.is_published), is_taught, col(Course.id).in_(mine))
    return col(Document.id).in_(select(col(Course.id)).where(seen))


def _matching(
    index: TextIndex, caller: Identity, wanted: Wanted, filters: SearchFilters
) -> list[ColumnElement[bool]]:
    if not wanted.terms:
        return [false()]
    return [index.contains(col(Document.number), wanted), may_see(caller), *among(filters)]


def among(filters: SearchFilters) -> list[ColumnElement[bool]]:
    """The conditions on ``Document`` that it is one of those that are searched."""
    conditions: list[ColumnElement[bool]] = []
    if filters.types is not None:
        conditions.append(col(Document.type).in_(filters.types))
    if filters.project_id is not None:
        conditions.append(col(Document.project_id) == filters.project_id)
        conditions.append(~_is(DocumentType.PROJECT))
    return conditions


async def finds_anything(
    session: AsyncSession, caller: Identity, wanted: Wanted, filters: SearchFilters
) -> bool:
    conditions = _matching(text_index_of(session), caller, wanted, filters)
    found = await session.execute(select(col(Document.number)).where(*conditions).limit(1))
    return found.first() is not None


async def page_of_hits(
    session: AsyncSession,
    caller: Identity,
    wanted: Wanted,
    filters: SearchFilters,
    page: PageRequest,
) -> Page[Hit]:
    """The best first; of equal ones those with the shorter title. Raises ``BadUserInput``."""
    index = text_index_of(session)
    scored = (
        select(
            col(Document.number),
            col(Document.id),
            col(Document.title_length),
            _score(wanted).label("score"),
        )
        .where(*_matching(index, caller, wanted, filters))
        .subquery()
    )
    # What is shown is read for the page alone: sorted are only numbers.
    best = (
        select(scored)
        .where(*_after(scored, page))
        .order_by(*_best_first(scored))
        .offset(page.skip or None)
        .limit(page.size + 1)
        .subquery()
    )
    found = select(Document, best.c.score).join(best, best.c.number == col(Document.number))
    statement = found.order_by(*_best_first(best))
    hits = [Hit(row, score) for row, score in await session.execute(statement)]
    shown = hits[: page.size]
    return Page(
        rows=shown,
        cursors=[_cursor_of(hit) for hit in shown],
        has_next=len(hits) > page.size,
        has_previous=page.after is not None or page.skip > 0,
    )


def _best_first(scored: Subquery) -> tuple[ColumnElement[Any], ...]:
    return scored.c.score.desc(), scored.c.title_length.asc(), scored.c.id.asc()


def _score(wanted: Wanted) -> ColumnElement[int]:
    """The mean of what the terms are worth where they were found; all for the document whose key
    was asked for."""
    if not wanted.terms:
        return literal(0, Integer)
    worth = sum(map(_worth, wanted.terms), start=literal(0, Integer))
    mean: ColumnElement[int] = worth // literal(len(wanted.terms), Integer)
    if any(term.is_corrected for term in wanted.terms):
        return mean
    return case((col(Document.key_words) == " ".join(wanted.words), BEST_SCORE), else_=mean)


def title_has(phrase: Phrase) -> ColumnElement[bool]:
    """The condition on ``Document`` that the phrase is in its title or key."""
    words = spaced(phrase.words)
    return col(Document.title_words).contains(words.rstrip() if phrase.is_open else words)


def _worth(term: Term) -> ColumnElement[int]:
    if term.is_corrected:
        in_title = or_(*map(title_has, term.phrases))
        return case((in_title, _CORRECTED_IN_TITLE), else_=_CORRECTED_IN_BODY)
    [phrase] = term.phrases
    whole = title_has(Phrase(phrase.words)), _IN_TITLE
    if not phrase.is_open:
        return case(whole, else_=_IN_BODY)
    return case(whole, (title_has(phrase), _BEGINS_IN_TITLE), else_=_IN_BODY)


def _after(scored: Subquery, page: PageRequest) -> list[ColumnElement[bool]]:
    if page.after is None:
        return []
    values = decode_cursor(page.after, 3)
    try:
        score, length = (integer(value) for value in values[:2])
        id = UUID(values[2])
    except (ValueError, TypeError, AttributeError) as broken:
        raise invalid_cursor() from broken
    at = scored.c
    return [
        or_(
            at.score < score,
            and_(at.score == score, at.title_length > length),
            and_(at.score == score, at.title_length == length, at.id > id),
        )
    ]


def _cursor_of(hit: Hit) -> str:
    return encode_cursor([hit.score, hit.document.title_length, hit.document.id])


async def count_hits(
    session: AsyncSession, caller: Identity, wanted: Wanted, filters: SearchFilters
) -> Counted:
    """All hits, on whatever page. Those in projects are what belongs to them: not the projects
    themselves."""
    conditions = _matching(text_index_of(session), caller, wanted, filters)
    amount = func.count().label("amount")
    kinds = col(Document.type), col(Document.project_id)
    grouped = select(*kinds, amount).where(*conditions).group_by(*kinds).subquery()
    statement = select(grouped.c.type, grouped.c.project_id, col(Project.key), grouped.c.amount)
    keys = statement.outerjoin(Project, col(Project.id) == grouped.c.project_id)
    by_type = dict.fromkeys(DocumentType, 0)
    projects: dict[tuple[UUID, str], int] = {}
    for kind, project_id, key, count in await session.execute(keys):
        by_type[DocumentType(kind)] += count
        if project_id is not None and kind != DocumentType.PROJECT:
            place = project_id, key
            projects[place] = projects.get(place, 0) + count
    ordered = sorted(projects.items(), key=lambda item: (-item[1], item[0][1]))
    return Counted(by_type, [(id, key, count) for (id, key), count in ordered[:MOST_PROJECTS]])


async def document_by_id(session: AsyncSession, id: UUID) -> Document | None:
    """What is kept of something, for news, which have no caller."""
    return (await session.scalars(select(Document).where(col(Document.id) == id))).one_or_none()


async def known_ids(session: AsyncSession) -> set[UUID]:
    """Everything that events have announced, deleted or not."""
    return set(await session.scalars(select(col(Document.id))))


async def documents_after(session: AsyncSession, number: int, limit: int) -> Sequence[Document]:
    """Everything that can be found, part by part, to index it anew."""
    there = col(Document.number) > number, col(Document.is_deleted).is_(False)
    statement = select(Document).where(*there).order_by(col(Document.number)).limit(limit)
    return (await session.scalars(statement)).all()


async def count_documents(session: AsyncSession) -> int:
    alive = select(func.count()).where(col(Document.is_deleted).is_(False))
    return (await session.execute(alive.select_from(Document))).scalar_one()
