"""The demo world's courses: who teaches them, their lessons, and who is enrolled."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from uuid import UUID

from trellis.db.seed.world import demo_id

_FIRST = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)

# fmt: off
_COURSES = (  # key, instructor, title, description, category, level, status, price, lessons
    ("python", "barbara", "Introduction to Python",
     "From the first line to small programs that read files and draw conclusions.",
     "programming", "beginner", "published", "0.00",
     ("Values and names", "Choices", "Loops", "Functions", "Files")),
    ("abstraction", "barbara", "Data Abstraction in Practice",
     "How to hide what may change behind what is promised, with examples from real programs.",
     "programming", "intermediate", "published", "49.90",
     ("Promises", "Representations", "Subtypes", "Iterators")),
    ("networks", "radia", "How Networks Find a Way",
     "Bridges, routers and the algorithms by which they agree without anybody in charge.",
     "networking", "intermediate", "published", "89.00",
     ("Bridges", "Spanning trees", "Link states", "Congestion")),
    ("proofs", "radia", "Reading Proofs Aloud",
     "A first course in following an argument to its end, for people who dislike formulas.",
     "mathematics", "beginner", "published", "0.00",
     ("Claims", "Cases", "Induction")),
    ("compilers", "barbara", "Compilers from the Inside",
     "From text to machine orders in ten weeks: still being written, see you in autumn.",
     "programming", "advanced", "draft", "120.00",
     ("Tokens", "Trees")),
    ("telegraphs", "radia", "Telegraphs for Beginners",
     "What the first networks of the world can still teach those who build the latest.",
     "networking", "beginner", "archived", "0.00",
     ("Wires", "Codes")),
)
_ENROLLED = (  # person, course, completed lessons
    ("alan", "python", 2),
    ("grace", "python", 5),
    ("hedy", "python", 0),
    ("edsger", "proofs", 1),
    ("alan", "telegraphs", 2),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class DemoLesson:
    id: UUID
    position: int
    title: str
    content: str
    minutes: int
    video_url: str | None


@dataclass(frozen=True, slots=True)
class DemoCourse:
    """``price`` is in USD."""

    id: UUID
    instructor_id: UUID
    title: str
    description: str
    category: str
    level: str
    status: str
    price: Decimal
    created_at: datetime
    lessons: tuple[DemoLesson, ...]


@dataclass(frozen=True, slots=True)
class DemoEnrollment:
    id: UUID
    course_id: UUID
    user_id: UUID
    enrolled_at: datetime
    completed_lessons: tuple[UUID, ...]
    is_complete: bool


@cache
def demo_courses() -> tuple[DemoCourse, ...]:
    """All courses, called ``demo_id("course", "python")`` and so on, the oldest first; their
    lessons ``demo_id("lesson", "python-1")``."""
    return tuple(
        DemoCourse(
            id=demo_id("course", key),
            instructor_id=demo_id("user", instructor),
            title=title,
            description=description,
            category=category,
            level=level,
            status=status,
            price=Decimal(price),
            created_at=_FIRST + timedelta(days=place),
            lessons=tuple(_lessons(key, titles)),
        )
        for place, (
            key,
            instructor,
            title,
            description,
            category,
            level,
            status,
            price,
            titles,
        ) in enumerate(_COURSES)
    )


@cache
def demo_enrollments() -> tuple[DemoEnrollment, ...]:
    """All enrolments, called ``demo_id("enrollment", "alan/python")`` and so on, the oldest first.
    All are in courses without a price."""
    courses = {course.id: course for course in demo_courses()}
    return tuple(
        DemoEnrollment(
            id=demo_id("enrollment", f"{person}/{key}"),
            course_id=demo_id("course", key),
            user_id=demo_id("user", person),
            enrolled_at=_FIRST + timedelta(days=10 + place),
            completed_lessons=tuple(demo_id("lesson", f"{key}-{n + 1}") for n in range(completed)),
            is_complete=completed == len(courses[demo_id("course", key)].lessons),
        )
        for place, (person, key, completed) in enumerate(_ENROLLED)
    )


def _lessons(key: str, titles: tuple[str, ...]) -> Iterator[DemoLesson]:
    for number, title in enumerate(titles, 1):
        yield DemoLesson(
            id=demo_id("lesson", f"{key}-{number}"),
            position=number,
            title=title,
            content=f"{title}: read the chapter, then write down three examples of your own.",
            minutes=10 + 5 * number,
            # The first lesson of each course is a film.
            video_url=f"https://films.example.com/{key}.mp4" if number == 1 else None,
        )
