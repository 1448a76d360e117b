"""The courses of the learning platform."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.cases.learn import learner
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

INVALID = (422, "VALIDATION_ERROR")
FORBIDDEN = (403, "FORBIDDEN")
CONFLICT = (409, None)
UNENTITLED = (403, "SUBSCRIPTION_REQUIRED")
AT = "/learn/api/v1/courses"
SHOWN = ("title", "description", "category", "level")
"""What the document shows of what it takes."""


def new_course(world: World) -> Ask:
    return Ask(
        token=world.token("barbara"),
        body={
            "title": "Sorting by Hand",
            "description": "Cards, bins and patience: how to order anything.",
            "category": "sorting",
            "level": "advanced",
            "price": 49.9,
            "thumbnailUrl": "https://example.com/cards.png",
        },
    )


def make_course(world: World, **members: Any) -> str:
    """A new course of barbara's."""
    ask = changed(new_course, **members)(world)
    return ask.send(world, "POST", AT).json()["data"]["id"]


def make_lesson(world: World, course: str, title: str) -> str:
    ask = Ask(token=world.token("barbara"), path={"id": course}, body={"title": title})
    return ask.send(world, "POST", AT + "/{id}/lessons").json()["data"]["id"]


def by_barbara(world: World) -> Ask:
    """About a new course of hers."""
    return Ask(token=world.token("barbara"), path={"id": make_course(world)})


def by_radia(ask: Asking) -> Asking:
    """The same by another instructor."""
    return by(ask, lambda world: world.token("radia"))


def by_alan(ask: Asking) -> Asking:
    """The same by somebody who is no instructor."""
    return by(ask, lambda world: world.token("alan"))


def courses(world: World) -> Ask:
    category = world.new_names()[1]
    for number in range(3):
        make_course(world, category=category, title=f"Course {number} of sorting", price=None)
    make_course(world, category=category, level="beginner")
    make_course(world, category=category, description="About what nobody looks for here.")
    query = {"category": category, "level": "advanced", "search": "patience", "limit": 2}
    return Ask(token=world.token("alan"), query={**query, "sortBy": "title", "sortOrder": "asc"})


def filters_hold(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    first = response.json()
    more = {"cursor": first["meta"]["pagination"]["nextCursor"]}
    second = replace(ask, query={**ask.query, **more}).send(world, "GET", AT).json()
    back = {"cursor": second["meta"]["pagination"]["prevCursor"]}
    again = replace(ask, query={**ask.query, **back}).send(world, "GET", AT).json()
    titles = [course["title"] for course in first["data"] + second["data"]]
    wanted = [f"Course {number} of sorting" for number in range(3)]
    wrong = [] if titles == wanted else [f"pages: {titles}"]
    if again["data"] != first["data"]:
        wrong.append("prevCursor leads elsewhere")
    return [*wrong, *_offset(world, ask, first["data"])]


def _offset(world: World, ask: Ask, first: list[Any]) -> list[str]:
    """Offsets are on their way out, and lead to the same courses."""
    response = replace(ask, query={**ask.query, "offset": 0}).send(world, "GET", AT)
    is_same = response.json()["data"] == first and "deprecation" in response.headers
    return [] if is_same else ["an offset leads elsewhere, or is not said to be deprecated"]


def course(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": str(demo_id("course", "python"))})


def has_counts(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    counts = data["lessonCount"], data["enrollmentCount"]
    wrong = [] if counts == (5, 3) else [f"counts: {counts}"]
    teacher = data["instructor"]["displayName"], data["instructor"]["role"]
    return wrong if teacher == ("Barbara Liskov", "instructor") else [*wrong, f"by {teacher}"]


def is_made(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name in SHOWN if data[name] != ask.body[name]]
    query = "query($id: ID!) { course(id: $id) { status price currency thumbnailUrl } }"
    kept = world.graph(query, {"id": data["id"]}, ask.token)["course"]
    price = {"status": "PUBLISHED", "price": "49.90", "currency": "USD"}
    if kept != {**price, "thumbnailUrl": ask.body["thumbnailUrl"]}:
        wrong.append(f"kept {kept}")
    if data["instructor"]["id"] != world.person_id("barbara"):
        wrong.append(f"taught by {data['instructor']}")
    path = {"id": data["id"]}
    seen = Ask(token=world.token("alan"), path=path).send(world, "GET", AT + "/{id}")
    is_seen = seen.json()["data"]["createdAt"] == data["createdAt"]
    return wrong if is_seen else [*wrong, "others do not see it"]


def draft(world: World) -> Ask:
    """A course that the caller may not know of."""
    return Ask(token=world.token("alan"), path={"id": make_course(world, status="draft")})


def update(world: World) -> Ask:
    body = {"title": "Sorting by Machine", "level": "beginner", "price": 0}
    return replace(by_barbara(world), body=body)


def is_changed(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name in ("title", "level") if data[name] != ask.body[name]]
    return wrong if data["category"] == "sorting" else [*wrong, "a member that was absent changed"]


def is_gone(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "GET", AT + "/{id}")
    return [] if again.status_code == 404 else ["the course is still there"]


def lessons(world: World) -> Ask:
    id = make_course(world)
    for title in ("Cards", "Bins", "Patience"):
        make_lesson(world, id, title)
    return Ask(token=world.token("alan"), path={"id": id}, query={"limit": 2})


def in_order(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    first = response.json()
    more = {**ask.query, "cursor": first["meta"]["pagination"]["nextCursor"]}
    second = replace(ask, query=more).send(world, "GET", AT + "/{id}/lessons").json()
    told = [(one["position"], one["title"]) for one in first["data"] + second["data"]]
    return [] if told == [(1, "Cards"), (2, "Bins"), (3, "Patience")] else [f"order: {told}"]


def new_lesson(world: World) -> Ask:
    body = {
        "title": "Bins",
        "content": "Take a card.",
        "videoUrl": "https://example.com/bins.mp4",
        "durationMinutes": 5,
    }
    return replace(by_barbara(world), body=body)


def has_a_video(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [
        name for name in ("title", "content", "durationMinutes") if data[name] != ask.body[name]
    ]
    path = {"id": data["id"]}
    video = Ask(token=ask.token, path=path).send(world, "GET", "/learn/api/v1/lessons/{id}/video")
    is_there = video.json()["data"] == {"url": ask.body["videoUrl"]}
    others = Ask(token=world.token("alan"), path=path)
    refused = others.send(world, "GET", "/learn/api/v1/lessons/{id}/video").status_code
    return wrong if is_there and refused == 403 else [*wrong, "the video is not where it should be"]


def enroll(world: World) -> Ask:
    return Ask(token=learner(world).token, path={"id": make_course(world, price=None)})


def is_counted(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [] if data["courseId"] == ask.path["id"] else [f"enrolled in {data['courseId']}"]
    told = ask.send(world, "GET", AT + "/{id}").json()["data"]["enrollmentCount"]
    return wrong if told == 1 else [*wrong, f"{told} are enrolled"]


def enroll_again(world: World) -> Ask:
    ask = enroll(world)
    ask.send(world, "POST", AT + "/{id}/enroll")
    return ask


def enroll_unpaid(world: World) -> Ask:
    return Ask(token=learner(world).token, path={"id": make_course(world)})


def progress(world: World) -> Ask:
    ask = enroll_again(world)
    ids = [make_lesson(world, ask.path["id"], title) for title in ("Cards", "Bins", "Patience")]
    return replace(ask, body={"lessonIds": ids[:2]})


def is_a_third_short(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = data["progress"], data["completedLessonCount"], data.get("completedAt")
    wrong = [] if told == (66, 2, None) else [f"progress: {told}"]
    back = replace(ask, body={"lessonIds": ask.body["lessonIds"][:1], "completed": False})
    again = back.send(world, "PATCH", AT + "/{id}/progress").json()["data"]["progress"]
    return wrong if again == 33 else [*wrong, f"after one was taken back: {again}"]


def search(world: World) -> Ask:
    make_course(world, title="Haystacks and needles")
    return Ask(token=world.token("alan"), query={"search": "NEEDLES", "sortBy": "title"})


def is_found(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    titles = {course["title"] for course in response.json()["data"]}
    return [] if titles == {"Haystacks and needles"} else [f"found {titles}"]


def beyond_the_limit(ask: Asking) -> Asking:
    return lambda world: replace(ask(world), query={"limit": 101})


LEARN_COURSES: Mapping[str, Case] = {
    "S4-courses-list": Case(courses, {INVALID: beyond_the_limit(courses)}, filters_hold),
    "S4-courses-get": Case(course, {(404, None): draft}, has_counts, is_partial=True),
    "S4-courses-create": Case(
        new_course,
        {INVALID: changed(new_course, title="Four", price=-1), FORBIDDEN: by_alan(new_course)},
        is_made,
    ),
    "S4-courses-update": Case(
        update,
        {INVALID: changed(update, description="short"), FORBIDDEN: by_radia(update)},
        is_changed,
    ),
    "S4-courses-delete": Case(by_barbara, {FORBIDDEN: by_radia(by_barbara)}, is_gone),
    "S4-courses-lessons": Case(lessons, {}, in_order),
    "S4-courses-lessons-create": Case(
        new_lesson,
        {INVALID: changed(new_lesson, title=" "), FORBIDDEN: by_radia(new_lesson)},
        has_a_video,
    ),
    "S4-courses-enroll": Case(
        enroll, {CONFLICT: enroll_again, UNENTITLED: enroll_unpaid}, is_counted
    ),
    "S4-courses-progress": Case(
        progress,
        {
            INVALID: changed(progress, lessonIds=["7"]),
            FORBIDDEN: by_alan(progress),
        },
        is_a_third_short,
    ),
    "S4-courses-search": Case(search, {INVALID: beyond_the_limit(search)}, is_found),
}
