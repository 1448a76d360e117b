"""The tables of search. ``document_text``, which the migrations make, belongs to ``text_index``."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String
from sqlmodel import Field, SQLModel

from trellis.db.models import enum_column, new_metadata
from trellis.db.personal_data import PersonId
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

# Compared byte by byte, so that the words with one beginning stand together on both databases.
_WORD = String(64).with_variant(String(64, collation="C"), "postgresql")


class DocumentType(StrEnum):
    ISSUE = "issue"
    PROJECT = "project"
    USER = "user"
    TASK = "task"
    COURSE = "course"


class Base(SQLModel):
    metadata = new_metadata()


Base.metadata.info["beside_models"] = ("document_text",)


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Membership(Base, table=True):
    """Who is in which organization, from the events of accounts."""

    __tablename__ = "membership"  # type: ignore[assignment]

    user_id: PersonId = Field(primary_key=True)
    organization_id: UUID = Field(primary_key=True, index=True)


class Course(Base, table=True):
    """Who sees a course, kept up to date by events of learning. A deleted one is nobody's."""

    __tablename__ = "course"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    instructor_id: PersonId | None = None
    is_published: bool
    version: int


class Learner(Base, table=True):
    """Who is enrolled in a course, kept up to date by events of learning; ``id`` is that of the
    enrolment."""

    __tablename__ = "learner"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    course_id: UUID = Field(index=True)
    user_id: PersonId = Field(index=True)


class Document(Base, table=True):
    """Something that can be found. ``project_id`` is what it belongs to; a project to itself.
    ``title_words`` are those of key and title, each between spaces.

    What was deleted stays as a row without texts, so that a late event cannot revive it. No foreign
    key to the project: its reader may be behind the one that has brought the document.
    """

    __tablename__ = "document"  # type: ignore[assignment]

    number: int = Field(primary_key=True)
    id: UUID = Field(unique=True)
    type: DocumentType = Field(sa_type=enum_column(DocumentType))  # type: ignore[arg-type]
    project_id: UUID | None = Field(default=None)
    key: str | None = Field(default=None, max_length=64)
    key_words: str = Field(default="", max_length=128)
    title: str = Field(default="")
    title_length: int = 0
    title_words: str = ""
    body: str | None = None
    version: int
    is_deleted: bool = False

    __table_args__ = (Index("ix_document_project_id", "project_id", "number"),)


class TitleWord(Base, table=True):
    """A word of a title, to complete and to correct what is typed."""

    __tablename__ = "title_word"  # type: ignore[assignment]

    number: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    word: str = Field(sa_type=_WORD)  # type: ignore[arg-type]

    __table_args__ = (Index("ix_title_word_word", "word", "number", "place"),)


class Spelling(Base, table=True):
    """A word of some title, by what is left of it without one of its letters."""

    __tablename__ = "spelling"  # type: ignore[assignment]

    rest: str = Field(primary_key=True, sa_type=_WORD)  # type: ignore[arg-type]
    word: str = Field(primary_key=True, index=True, sa_type=_WORD)  # type: ignore[arg-type]
