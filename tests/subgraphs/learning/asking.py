"""Operations of courses that many tests run, and what they are about."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.support.subgraphs import Running, caller
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed, OrderItemState, OrderState
from trellis.schema.identity import Identity
from trellis.subgraphs.learning.models import Course
from trellis.subgraphs.learning.use_cases import upkeep

ADA, BARBARA, RADIA = caller("ada"), caller("barbara"), caller("radia")
ALAN, GRACE, HEDY = caller("alan"), caller("grace"), caller("hedy")
SUBSCRIBER = replace(ALAN, tier="pro")
SOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

COURSE = """id title description category level status price currency thumbnailUrl
  thumbnail { id } instructor { id } lessonCount enrollmentCount version"""
LESSON = "id title position content durationMinutes hasVideo version course { id lessonCount }"
ENROLLMENT = """id basis progress completedLessonCount completedAt version user { id }
  course { id enrollmentCount } completedLessons { completedAt lesson { id position } }"""
GET = f"query($id: ID!) {{ course(id: $id) {{ {COURSE} }} }}"
CREATE = (
    f"mutation($i: CreateCourseInput!) {{ createCourse(input: $i) {{ course {{ {COURSE} }} }} }}"
)
UPDATE = f"""mutation($id: ID!, $i: UpdateCourseInput!) {{
  updateCourse(id: $id, input: $i) {{ course {{ {COURSE} }} }} }}"""
DELETE = "mutation($id: ID!) { deleteCourse(id: $id) { deletedCourseId } }"
ADD = f"mutation($i: CreateLessonInput!) {{ createLesson(input: $i) {{ lesson {{ {LESSON} }} }} }}"
CHANGE = f"""mutation($id: ID!, $i: UpdateLessonInput!) {{
  updateLesson(id: $id, input: $i) {{ lesson {{ {LESSON} }} }} }}"""
DROP = "mutation($id: ID!) { deleteLesson(id: $id) { deletedLessonId } }"
ENROLL = f"mutation($id: ID!) {{ enroll(courseId: $id) {{ enrollment {{ {ENROLLMENT} }} }} }}"
LEAVE = "mutation($id: ID!) { leaveCourse(courseId: $id) { leftCourseId } }"
PROGRESS = f"""mutation($i: UpdateProgressInput!) {{
  updateProgress(input: $i) {{ enrollment {{ {ENROLLMENT} }} }} }}"""
NEW = {
    "title": "Sorting by Hand",
    "description": "Cards, bins and patience: how to order anything.",
    "category": "programming",
    "level": "BEGINNER",
}


def course_id(key: str) -> str:
    """Of a demo course, such as ``python``."""
    return str(demo_id("course", key))


def lesson_id(key: str) -> str:
    """Of a demo lesson, such as ``python-1``."""
    return str(demo_id("lesson", key))


async def create(school: Running, who: Identity = BARBARA, **members: Any) -> dict[str, Any]:
    return (await school.ask(CREATE, who, i=NEW | members))["createCourse"]["course"]


async def update(
    school: Running, id: str, who: Identity = BARBARA, **members: Any
) -> dict[str, Any]:
    return (await school.ask(UPDATE, who, id=id, i=members))["updateCourse"]["course"]


async def add(
    school: Running, course: str, who: Identity = BARBARA, **members: Any
) -> dict[str, Any]:
    given = {"courseId": course, "title": "Bins"} | members
    return (await school.ask(ADD, who, i=given))["createLesson"]["lesson"]


async def enroll(school: Running, course: str, who: Identity = ALAN) -> dict[str, Any]:
    return (await school.ask(ENROLL, who, id=course))["enroll"]["enrollment"]


async def complete(
    school: Running, course: str, *lessons: str, who: Identity = ALAN, completed: bool = True
) -> dict[str, Any]:
    given = {"courseId": course, "lessonIds": list(lessons), "completed": completed}
    return (await school.ask(PROGRESS, who, i=given))["updateProgress"]["enrollment"]


async def lesson_titles(school: Running, course: str, who: Identity = BARBARA) -> list[str]:
    """In their order, which must be that of their positions."""
    query = """query($id: ID!) { course(id: $id) { lessons(first: 100) {
      edges { node { title position } } } } }"""
    connection = (await school.ask(query, who, id=course))["course"]["lessons"]
    lessons = [edge["node"] for edge in connection["edges"]]
    assert [one["position"] for one in lessons] == list(range(1, len(lessons) + 1))
    return [one["title"] for one in lessons]


async def events(school: Running) -> list[Envelope]:
    return list(await school.bus.read_after("learning", "0", 500))


async def topics(school: Running) -> list[str]:
    return [event.topic for event in await events(school)]


async def course_in_table(school: Running, id: str) -> Course | None:
    async with school.context().storage.read() as session:
        return await session.get(Course, UUID(id))


async def order(
    school: Running, number: int, course: str, who: Identity = ALAN, *, cancelled: bool = False
) -> None:
    """An order of the course, and of something else, is confirmed or cancelled."""
    items = tuple(
        OrderItemState(product_id=id, name="x", quantity=1, unit_price=Decimal("49.90"))
        for id in (UUID(course), demo_id("product", "mug"))
    )
    state = OrderState(
        status="cancelled" if cancelled else "confirmed",
        items=items,
        total=Decimal("99.80"),
        currency="USD",
        payment_id=demo_id("payment", number),
        created_at=SOON,
        expires_at=SOON,
        confirmed_at=SOON,
        cancelled_at=SOON if cancelled else None,
    )
    assert who.id is not None
    about: dict[str, Any] = {
        "order_id": demo_id("order", number),
        "user_id": who.id,
        "version": 3 if cancelled else 2,
        "state": state,
    }
    event = OrderCancelled(**about, reason="requested") if cancelled else OrderConfirmed(**about)
    async with school.context().storage.begin() as uow:
        await upkeep.apply_order(uow, event)
