"""What happens to somebody who comes to learn, from the registration to the end of the session.

The doors take turns, and what was done by one is looked at by another.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from standardwebhooks import Webhook

from tests.end_to_end.story.clients import FROM_THE_BEGINNING, Live, Person, Stream, Topics
from tests.subgraphs.notifications.receiver import Receiver
from tests.support.trellis_server import DEMO_PASSWORD
from trellis.db.models import utc_now
from trellis.db.seed.courses import demo_courses
from trellis.db.seed.world import demo_id

[COURSE] = [course for course in demo_courses() if course.id == demo_id("course", "networks")]
COURSE_ID, PRICE = str(COURSE.id), str(COURSE.price)
LESSONS = [str(lesson.id) for lesson in COURSE.lessons]
PASSWORD = "Wintergarten-71!"
CARD = {
    "type": "CREDIT_CARD",
    "cardNumber": "4242424242424242",
    "expiryMonth": "12",
    "expiryYear": str(utc_now().year + 1),
    "cvv": "737",
}
LINE = "a bridge\n"
PROGRAM = "console.log('a bridge');"
ENDLESS = f"{PROGRAM} for (;;) {{}}"


@dataclass
class Story:
    """``alerts`` and ``told`` are what the learner is notified of, by GraphQL's socket and by the
    event socket; ``receiver`` is the target of a webhook."""

    learner: Person
    teacher: Person
    receiver: Receiver
    live: Live
    topics: Topics
    alerts: Stream
    told: Stream

    async def is_notified(self, type: str) -> None:
        """Both sockets tell of it, as the list does."""
        for stream in (self.alerts, self.told):
            await stream.until(lambda event: event["type"] == type)
        listed = await self.learner.rest("GET", f"/tracker/api/v1/notifications?type={type}")
        assert {one["type"] for one in listed} == {type}


async def register(learner: Person, letter_to: Callable[[str], Awaitable[str]]) -> None:
    """By REST, signed in by GraphQL, with the code from the letter: ``letter_to`` waits for the one
    to an address, and gives its text."""
    name = f"nora-{uuid4().hex[:8]}"
    email = f"{name}@example.com"
    given = {"email": email, "username": name, "first_name": "Nora", "last_name": "Neu"}
    made = await learner.rest("POST", "/commerce/api/users", 201, password=PASSWORD, **given)
    assert given.items() <= made.items()
    assert made["is_verified"] is False
    signed_in = await learner.ask(
        "mutation($i: LoginInput!) { login(input: $i) { accessToken user { id emailVerified } } }",
        i={"email": email, "password": PASSWORD},
    )
    assert signed_in["login"]["user"] == {"id": made["id"], "emailVerified": False}
    learner.id, learner.token = made["id"], signed_in["login"]["accessToken"]

    code = re.search(r"code to confirm your address: (\S+)", await letter_to(email))
    assert code is not None
    verify = "mutation($t: String!) { verifyUser(token: $t) { user { email emailVerified } } }"
    verified = await learner.ask(verify, t=code[1])
    assert verified["verifyUser"]["user"] == {"email": email, "emailVerified": True}
    assert await learner.refusal(verify, t=code[1]) == "BAD_USER_INPUT"
    assert (await learner.rest("GET", f"/commerce/api/users/{learner.id}"))["is_verified"] is True


async def sign_in_teacher(teacher: Person) -> None:
    given = {"email": "radia@example.com", "password": DEMO_PASSWORD}
    answer = await teacher.rest("POST", "/learn/api/v1/auth/login", **given)
    teacher.id, teacher.token = answer["user"]["id"], answer["accessToken"]
    assert teacher.id == str(COURSE.instructor_id)


async def order_course(story: Story) -> str:
    """Found and ordered by REST; GraphQL knows of the order what REST says. Returns its id."""
    learner = story.learner
    found = await learner.rest("GET", "/learn/api/v1/courses/search?search=networks")
    assert [one["title"] for one in found if one["id"] == COURSE_ID] == [COURSE.title]
    await learner.rest("POST", f"/learn/api/v1/courses/{COURSE_ID}/enroll", 403)
    product = await learner.ask("query($id: ID!) { product(id: $id) { name price } }", id=COURSE_ID)
    assert product == {"product": {"name": COURSE.title, "price": PRICE}}

    items = [{"productId": COURSE_ID, "quantity": 1}]
    made = await learner.rest("POST", "/commerce/api/orders", 201, key="course", items=items)
    again = await learner.rest("POST", "/commerce/api/orders", 201, key="course", items=items)
    assert again == made
    assert (made["status"], made["userId"]) == ("pending", learner.id)
    mine = await learner.ask(
        "{ me { orders { edges { node { id status total items { name quantity price } } } } } }"
    )
    item = {"name": COURSE.title, "quantity": 1, "price": PRICE}
    expected = {"id": made["id"], "status": "PENDING", "total": PRICE, "items": [item]}
    assert [edge["node"] for edge in mine["me"]["orders"]["edges"]] == [expected]
    await story.teacher.rest("GET", f"/commerce/api/orders/{made['id']}", 404)
    return made["id"]


async def pay(story: Story, order_id: str) -> None:
    """By GraphQL, watched by GraphQL's socket, read by REST."""
    learner = story.learner
    order, payment = [
        await story.live.subscribe(document, id=order_id, after=FROM_THE_BEGINNING)
        for document in (
            "subscription($id: ID!, $after: String) "
            "{ orderUpdated(id: $id, after: $after) { status paymentId payment { status } } }",
            "subscription($id: ID!, $after: String) "
            "{ paymentUpdated(orderId: $id, after: $after) { id status order { total } } }",
        )
    ]
    process = "mutation($i: ProcessPaymentInput!) { processPayment(input: $i) { payment { id } } }"
    given = {"orderId": order_id, "paymentMethod": CARD}
    id = (await learner.ask(process, i=given))["processPayment"]["payment"]["id"]

    paid = (await payment.until(lambda event: event["status"] == "COMPLETED"))[-1]
    assert paid == {"id": id, "status": "COMPLETED", "order": {"total": PRICE}}
    confirmed = (await order.until(lambda event: event["status"] == "CONFIRMED"))[-1]
    assert (confirmed["paymentId"], confirmed["payment"]) == (id, {"status": "COMPLETED"})
    read = await learner.rest("GET", f"/commerce/api/payments/{id}")
    assert (read["status"], read["orderId"]) == ("completed", order_id)
    assert f"{read['amount']:.2f}" == PRICE
    read = await learner.rest("GET", f"/commerce/api/orders/{order_id}")
    assert (read["status"], read["paymentId"]) == ("confirmed", id)
    assert await learner.refusal(process, i=given) == "CONFLICT"
    await story.is_notified("order_confirmed")


async def learn(story: Story) -> None:
    """Enrolled and on by REST; the subscription and the query of GraphQL say how far."""
    learner = story.learner
    told = await _notifications_of(story.teacher)
    made = await learner.rest("POST", f"/learn/api/v1/courses/{COURSE_ID}/enroll", 201)
    assert (made["courseId"], made["basis"], made["progress"]) == (COURSE_ID, "purchase", 0)
    watched = await story.live.subscribe(
        "subscription($id: ID!, $after: String) "
        "{ enrollmentUpdated(courseId: $id, after: $after) { id progress course { title } } }",
        id=COURSE_ID,
        after=FROM_THE_BEGINNING,
    )
    lessons = await learner.rest("GET", f"/learn/api/v1/courses/{COURSE_ID}/lessons")
    assert [lesson["content"] for lesson in lessons] == [one.content for one in COURSE.lessons]

    share = 100 // len(LESSONS)
    path = f"/learn/api/v1/courses/{COURSE_ID}/progress"
    done = await learner.rest("PATCH", path, lessonIds=LESSONS[:1])
    assert (done["progress"], done["completedLessonCount"]) == (share, 1)
    event = (await watched.until(lambda event: event["progress"] == share))[-1]
    assert event == {"id": made["id"], "progress": share, "course": {"title": COURSE.title}}
    read = await learner.ask(
        """query($id: ID!) { course(id: $id) { myEnrollment {
             basis progress completedLessons { lesson { id content } } user { firstName } } } }""",
        id=COURSE_ID,
    )
    lesson = {"id": LESSONS[0], "content": COURSE.lessons[0].content}
    expected = {"basis": "PURCHASE", "progress": share, "completedLessons": [{"lesson": lesson}]}
    assert read["course"]["myEnrollment"] == {**expected, "user": {"firstName": "Nora"}}
    await told("enrollment_created")


async def _notifications_of(person: Person) -> Callable[[str], Awaitable[None]]:
    """Waits until the person has one more of a type than now."""
    path = "/pm/api/v1/notifications?per_page=100"
    before = {one["id"] for one in await person.rest("GET", path)}

    async def told(type: str) -> None:
        async with person.topics() as topics:
            stream = await topics.subscribe("notifications")
            await stream.until(lambda event: event["type"] == type and event["id"] not in before)

    return told


async def chat(story: Story) -> None:
    """Written by REST, heard at the event socket, answered by GraphQL."""
    learner, teacher = story.learner, story.teacher
    course = await learner.ask(
        "query($id: ID!) { course(id: $id) { channel { id myRole memberCount } } }", id=COURSE_ID
    )
    channel = course["course"]["channel"]
    assert channel["myRole"] == "MEMBER"
    path = f"/learn/api/v1/channels/{channel['id']}"
    text = "@radia why does a tree have no loops?"
    async with teacher.topics() as ears:
        heard = await ears.subscribe("channel", channel["id"])
        sent = await learner.rest("POST", f"{path}/messages", 201, content=text)
        event = (await heard.until(lambda event: event["id"] == sent["id"]))[-1]
        assert (event["content"], event["user"]["id"]) == (text, learner.id)
        alerts = await ears.subscribe("notifications")
        await alerts.until(lambda event: sent["id"] in json.dumps(event["data"]))
    react = 'mutation($id: ID!) { addMessageReaction(id: $id, type: "heart") { message { id } } }'
    await teacher.ask(react, id=sent["id"])
    read = await learner.rest("GET", f"/learn/api/v1/messages/{sent['id']}")
    [reaction] = read["reactions"]
    assert (reaction["type"], reaction["count"], reaction["users"]) == ("heart", 1, [teacher.id])

    reply = "mutation($i: SendMessageInput!) { sendMessage(input: $i) { message { id threadId } } }"
    given = {"channelId": channel["id"], "content": "I cut them.", "replyToId": sent["id"]}
    answer = (await teacher.ask(reply, i=given))["sendMessage"]["message"]
    assert answer["threadId"] == sent["id"]
    [read] = await learner.rest("GET", f"/learn/api/v1/messages/{sent['id']}/replies")
    assert (read["id"], read["content"]) == (answer["id"], "I cut them.")
    unread = "query($id: ID!) { channel(id: $id) { unreadCount } }"
    assert (await learner.ask(unread, id=channel["id"]))["channel"]["unreadCount"] > 0
    mark = "mutation($id: ID!) { markChannelRead(id: $id) { channel { id } } }"
    await learner.ask(mark, id=channel["id"])
    assert (await learner.rest("GET", path))["unreadCount"] == 0


async def watch_code(story: Story) -> None:
    """Started by REST, watched by both sockets while it runs, and cancelled by GraphQL."""
    learner = story.learner
    path = "/learn/api/v1/executions"
    made = await learner.rest("POST", path, 202, language="javascript", code=ENDLESS)
    by_graph = await story.live.subscribe(
        "subscription($id: ID!) { executionOutput(id: $id) "
        "{ stream text execution { status owner { id } } } }",
        id=made["id"],
    )
    by_topic = await story.topics.subscribe("execution", made["id"])
    line = (await by_graph.until(lambda event: event["text"]))[-1]
    running = {"status": "RUNNING", "owner": {"id": learner.id}}
    assert line == {"stream": "STDOUT", "text": LINE, "execution": running}
    line = (await by_topic.until(lambda event: event.get("text")))[-1]
    assert (line["stream"], line["text"], line["status"]) == ("stdout", LINE, "running")

    cancel = "mutation($id: ID!) { cancelExecution(id: $id) { execution { id } } }"
    await learner.ask(cancel, id=made["id"])
    await by_graph.until(lambda event: event["execution"]["status"] == "CANCELLED")
    await by_topic.until(lambda event: event["status"] == "cancelled")
    read = await learner.rest("GET", f"{path}/{made['id']}")
    assert (read["status"], read["stdout"]) == ("cancelled", LINE)
    await story.teacher.rest("GET", f"{path}/{made['id']}", 404)


async def run_code(story: Story) -> None:
    """Started by GraphQL, followed and read by REST."""
    learner = story.learner
    execute = "mutation($i: ExecuteCodeInput!) { executeCode(input: $i) { execution { id } } }"
    made = await learner.ask(execute, i={"language": "JAVASCRIPT", "code": PROGRAM})
    path = f"/learn/api/v1/executions/{made['executeCode']['execution']['id']}"
    events = await learner.events(f"{path}/output")
    assert (events[-1]["status"], events[-1].get("exitCode")) == ("completed", 0), events
    assert "".join(event.get("text", "") for event in events) == LINE
    read = await learner.rest("GET", path)
    assert (read["status"], read["stdout"]) == ("completed", LINE)
    await story.is_notified("execution_completed")


async def plan_and_read(story: Story) -> None:
    """A task in the dialect of to-do lists, and notifications in two others, seen by GraphQL."""
    learner = story.learner
    title = "Cut the loops"
    task = await learner.rest("POST", "/todo/api/tasks", 201, title=title)
    await learner.rest("PUT", f"/todo/api/tasks/{task['id']}", status="completed")
    read = "query($id: ID!) { task(id: $id, personal: true) { title completion createdBy { id } } }"
    expected = {
        "title": "Cut the loops",
        "completion": "COMPLETED",
        "createdBy": {"id": learner.id},
    }
    assert (await learner.ask(read, id=task["id"]))["task"] == expected

    unread = "{ me { unreadNotificationCount } }"
    count = (await learner.ask(unread))["me"]["unreadNotificationCount"]
    listed = await learner.rest("GET", "/pm/api/v1/notifications?unread_only=true")
    assert len(listed) == count
    await learner.rest("PUT", f"/pm/api/v1/notifications/{listed[0]['id']}/read")
    assert await learner.ask(unread) == {"me": {"unreadNotificationCount": count - 1}}


async def hear_by_webhook(story: Story) -> None:
    """A program is told of the project that its owner makes by REST."""
    learner = story.learner
    made = await learner.ask(
        "mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { webhook { id } secret } }",
        i={"url": story.receiver.url, "events": ["PROJECT_CREATED"]},
    )
    project = await learner.rest("POST", "/pm/api/v1/projects", 201, name="A tree of bridges")
    [request] = await story.receiver.wait_for(1, seconds=60)
    told = Webhook(made["createWebhook"]["secret"]).verify(request.body, dict(request.headers))
    assert (told["event"], told["data"]["project"]["id"]) == ("project.created", project["id"])
    read = await learner.ask(
        "query($id: ID!) { project(id: $id) { name owner { firstName } } }", id=project["id"]
    )
    assert read["project"] == {"name": "A tree of bridges", "owner": {"firstName": "Nora"}}


async def leave(story: Story) -> None:
    """By REST; the sockets are closed, and the token is good at no door."""
    learner = story.learner
    await learner.rest("POST", "/learn/api/v1/auth/logout", 204)
    assert [await story.live.close_code(), await story.topics.close_code()] == [4403, 4403]
    assert await learner.refusal("{ me { id } }") == "UNAUTHENTICATED"
    await learner.rest("GET", "/learn/api/v1/users/me", 401)
