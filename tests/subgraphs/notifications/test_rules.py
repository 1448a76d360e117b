"""Who is told of what: each rule, and whom no rule reaches."""

from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import col, select

from tests.subgraphs.notifications.expected.learning import OF_LEARNING, of_enrollment
from tests.subgraphs.notifications.expected.projects import (
    ABOUT_ISSUE,
    OF_PROJECTS,
    of_project,
    state,
)
from tests.subgraphs.notifications.expected.shop import OF_THE_SHOP, of_order
from tests.subgraphs.notifications.telling import (
    ENG,
    HOP,
    Telling,
    comment,
    issue,
    issue_assigned,
    issue_updated,
    person,
    task,
    task_assigned,
    task_updated,
    user,
)
from tests.support.subgraphs import caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.schema.events.accounts import UserDeleted
from trellis.schema.events.comments import CommentState, CommentUpdated
from trellis.schema.events.files import FileShared, FileState, FileUploaded
from trellis.schema.events.issues import CommentAdded, IssueDeleted
from trellis.schema.events.learning import EnrollmentEnded
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed
from trellis.schema.events.projects import ProjectDeleted, ProjectMemberRemoved, ProjectState
from trellis.schema.events.timetracking import TimesheetSubmitted
from trellis.schema.events.webhooks import WebhookDisabled
from trellis.subgraphs.notifications.models import Notification, Participant
from trellis.subgraphs.notifications.rules import RULES

TOLD = (*OF_PROJECTS, *OF_THE_SHOP, *OF_LEARNING)


async def test_an_assigned_task_is_told_as_the_document_has_it(notices: Telling):
    event = task_assigned("alan", by="ada")
    await notices.happens(event, by="ada")

    [told] = await notices.new_for("alan")
    assert (told["type"], told["title"]) == ("task_assigned", "Task Assigned")
    assert told["message"] == "You have been assigned to 'Hand over the frame'"
    assert told["data"] == {
        "task_id": str(task()),
        "task_title": "Hand over the frame",
        "project_id": str(ENG),
        "project_name": "Analytical Engine",
    }
    assert told["event"] == {
        "task_id": str(task()),
        "project_id": str(ENG),
        "created_by": str(user("barbara")),
        "assigned_to": str(user("alan")),
        "assigned_by": str(user("ada")),
        "timestamp": event.timestamp.isoformat(),
    }
    assert (told["actor"], told["project"]) == ({"id": str(user("ada"))}, {"id": str(ENG)})
    assert told["subject"] == {"__typename": "Task"}
    assert (told["isRead"], told["readAt"]) == (False, None)
    assert await notices.new_for("edsger") == []


async def test_an_assigned_issue_is_told_as_the_document_has_it(notices: Telling):
    await notices.happens(issue_assigned("alan"), by="grace")

    [told] = await notices.new_for("alan")
    assert (told["type"], told["title"]) == ("issue_assigned", "Issue assigned to you")
    assert told["message"] == "ENG-8 has been assigned to you"
    assert told["data"] == {"issue_id": str(issue()), "issue_key": "ENG-8"}


async def test_an_order_is_told_to_its_buyer_by_id_and_without_its_prices(notices: Telling):
    order = of_order("Mug")
    await notices.happens(OrderConfirmed(**order))

    [told] = await notices.new_for("alan")
    assert told["data"] == {"order_id": str(order["order_id"])}
    assert told["event"] == {"order_id": str(order["order_id"]), "user_id": str(user("alan"))}
    await notices.happens(OrderCancelled(**order, reason="requested"), by="alan")
    assert await notices.types_for("alan") == ["order_confirmed"]


async def test_whoever_leaves_a_course_knows_it(notices: Telling):
    for reason in ("left", "user_deleted"):
        await notices.happens(EnrollmentEnded(**of_enrollment(), reason=reason))

    assert await notices.types_for("alan") == []


async def test_each_rule_tells_in_its_words(notices: Telling):
    for event, by, to, type, message in TOLD:
        before = len(await notices.new_for(to))
        actors = await notices.new_for(by)
        await notices.happens(event, by=by)

        told = (await notices.new_for(to))[before:]
        assert [(one["type"], one["message"]) for one in told] == [(type, message)]
        assert await notices.new_for(by) == actors


async def test_the_owner_of_a_webhook_is_told_that_it_is_disabled(notices: Telling):
    webhook = uuid4()
    event = WebhookDisabled(
        webhook_id=webhook,
        owner_id=user("alan"),
        version=2,
        target="hooks.example:443",
        reason="gone",
    )
    async with notices.storage.begin() as uow:
        uow.emit(event)
    await notices.storage.catch_up("notifications", timeout=10)

    [told] = await notices.new_for("alan")
    assert (told["type"], told["title"]) == ("webhook_disabled", "Webhook disabled")
    assert told["message"] == (
        "Your webhook to hooks.example:443 gets nothing any more: its receiver has said that it "
        "is gone."
    )
    assert (told["data"], told["actor"]) == ({"webhook_id": str(webhook)}, None)


def test_each_rule_has_a_test():
    others = {"task_assigned", "issue_assigned", "file_shared", "webhook_disabled"}
    tested = {type for *_, type, _ in TOLD} | others
    assert {rule.type for rule in RULES} == tested


async def test_an_edit_tells_only_those_who_were_not_mentioned_before(notices: Telling):
    first = comment("grace", "edsger")
    await notices.happens(first, by="grace")
    text = CommentState(
        content="Oil it, all of it",
        parent_id=None,
        mentioned_ids=(user("edsger"), user("alan")),
        created_at=utc_now(),
    )
    edit = CommentUpdated(
        comment_id=first.comment_id,
        subject_type="issue",
        subject_id=first.subject_id,
        project_id=ENG,
        author_id=first.author_id,
        version=2,
        state=text,
        newly_mentioned_ids=(user("alan"),),
    )
    await notices.happens(edit, by="grace")
    await notices.happens(edit, by="grace")

    assert await notices.types_for("edsger") == ["mentioned"]
    assert await notices.types_for("alan") == ["comment_added", "mentioned"]


async def test_who_has_commented_hears_of_what_follows(notices: Telling):
    await notices.happens(comment("edsger"), by="edsger")
    await notices.happens(comment("grace"), by="grace")
    await notices.happens(issue_updated("priority"), by="alan")

    assert await notices.types_for("edsger") == ["comment_added", "issue_updated"]
    assert await notices.types_for("alan") == ["comment_added", "comment_added"]


async def test_the_names_of_a_deleted_person_are_taken_out_of_messages(notices: Telling):
    text = "@Edsger, @edsger. and @edsger-w: oil it"
    await notices.happens(comment("grace", content=text), by="grace")
    await notices.happens(comment("edsger"), by="edsger")
    state = {key: value for key, value in asdict(person("edsger")).items() if key != "changed"}
    await notices.happens(UserDeleted(**{**state, "version": 3}))

    assert [one["message"] for one in await notices.new_for("alan")] == [
        "Grace Hopper has commented on ENG-8: @deleted, @deleted. and @edsger-w: oil it",
        "Somebody has commented on ENG-8: Oil it first",
    ]


async def test_a_comment_heard_of_late_does_not_bring_back_a_deleted_person(notices: Telling):
    state = {key: value for key, value in asdict(person("edsger")).items() if key != "changed"}
    gone = {"username": "deleted", "display_name": "Deleted user", "is_active": False}
    await notices.happens(UserDeleted(**{**state, **gone, "version": 3}))
    await notices.happens(comment("edsger", content="@edsger: oil it"), by="edsger")
    await notices.happens(comment("grace"), by="grace")

    messages = [one["message"] for one in await notices.new_for("alan")]
    assert messages == ["Grace Hopper has commented on ENG-8: Oil it first"]
    async with notices.storage.read() as session:
        here = select(Participant.user_id).where(col(Participant.subject_id) == issue())
        people = set(await session.scalars(here))
    assert (user("edsger") in people, user("grace") in people) == (False, True)


async def test_one_comment_of_two_streams_is_one_notification(notices: Telling):
    written = comment("grace")
    await notices.happens(written, by="grace")
    again = CommentAdded(**ABOUT_ISSUE, comment_id=written.comment_id, author_id=user("grace"))
    await notices.happens(again, by="grace")

    assert await notices.types_for("alan") == ["comment_added"]


async def test_nobody_is_told_of_their_own_doing(notices: Telling):
    await notices.happens(task_assigned("alan", by="alan"), by="alan")
    await notices.happens(issue_updated("summary"), by="alan")
    await notices.happens(comment("alan", "alan"), by="alan")

    assert await notices.new_for("alan") == []
    assert await notices.types_for("grace") == ["issue_updated", "comment_added"]


async def test_the_actor_is_known_without_a_header_where_the_event_names_one(notices: Telling):
    await notices.happens(task_assigned("alan", by="alan"))
    await notices.happens(comment("alan"))

    assert await notices.new_for("alan") == []


async def test_an_assignment_is_not_told_as_a_change_besides(notices: Telling):
    await notices.happens(task_updated("assignee_id"), by="ada")
    await notices.happens(issue_updated("assignee_id", "status"), by="grace")

    assert await notices.new_for("alan") == []


async def test_nobody_is_told_of_what_they_may_not_see(notices: Telling):
    """Strangers, members who were removed, people of other organizations, closed accounts."""
    await notices.happens(task_assigned("hedy", by="ada"), by="ada")
    gone = state()
    members = {id: role for id, role in gone.members.items() if id != user("edsger")}
    left = ProjectState(**{**vars_of(gone), "members": members})
    removed = ProjectMemberRemoved(project_id=ENG, version=2, state=left, user_id=user("edsger"))
    await notices.happens(removed, by="ada")
    await notices.happens(person("alan", is_active=False))
    old = utc_now() - timedelta(seconds=5)
    await notices.happens(comment("grace", "edsger", "hedy", "alan"), by="grace", at=old)

    await notices.happens(person("alan", version=3))
    for name in ("hedy", "edsger", "alan"):
        assert await notices.new_for(name) == []


def vars_of(value: ProjectState) -> dict[str, Any]:
    return {name: getattr(value, name) for name in ProjectState.__dataclass_fields__}


async def test_what_was_told_is_gone_with_the_project_and_with_seeing_it(notices: Telling):
    await notices.happens(task_assigned("alan", by="ada"), by="ada")
    before = await notices.subgraph.ask("{ notifications { totalCount } }", caller("alan"))
    stranger = caller("alan")
    moved = await notices.new_for(replace(stranger, tenant_id=uuid4()))
    gone = ProjectDeleted(**of_project(version=9))
    await notices.happens(gone, by="ada")

    assert before["notifications"]["totalCount"] > 0
    assert moved == []
    assert await notices.new_for("alan") == []


async def test_a_shared_file_is_told_to_people_of_the_same_organization(notices: Telling):
    file, by = uuid4(), user("ada")
    of_file = {"file_id": file, "project_id": HOP, "uploaded_by": by, "version": 1}
    content = FileState(
        filename="gears.pdf", mime_type="application/pdf", size=10, description=None
    )
    await notices.happens(FileUploaded(**of_file, state=content), by="ada")
    shared = FileShared(
        **of_file,
        shared_by=by,
        shared_with=(user("alan"), user("hedy")),
        permission="read",
        expires_at=None,
    )
    await notices.happens(shared, by="ada", at=utc_now() - timedelta(seconds=5))

    [told] = await notices.new_for("alan")
    assert told["message"] == "Ada Lovelace has shared 'gears.pdf' with you"
    assert told["data"] == {"file_id": str(file), "filename": "gears.pdf"}
    assert not {"shared_with", "project_id"} & told["event"].keys()
    assert await notices.new_for("hedy") == []


async def test_what_happened_long_ago_is_not_told(notices: Telling):
    """A reader that begins with the first event of a stream does not flood anybody."""
    await notices.happens(
        task_assigned("alan", by="ada"), by="ada", at=utc_now() - timedelta(days=8)
    )
    await notices.happens(
        issue_assigned("alan"), by="ada", at=utc_now() - timedelta(days=6, hours=23)
    )

    assert await notices.types_for("alan") == ["issue_assigned"]


async def test_of_what_is_deleted_nothing_is_kept_but_what_was_told(notices: Telling):
    await notices.happens(issue_assigned("alan"), by="grace")
    await notices.happens(IssueDeleted(**ABOUT_ISSUE), by="grace")
    old = utc_now() - timedelta(seconds=5)
    await notices.happens(comment("grace"), by="grace", at=old)

    assert await notices.types_for("alan") == ["issue_assigned"]


async def test_a_submitted_week_is_told_to_those_who_may_approve_it(notices: Telling):
    """Katherine leads ORBIT but is a mere member of ENG. Ada alone manages both: of her own week
    the other administrator of the organization is told."""
    orbit, hop = demo_id("project", "ORBIT"), demo_id("project", "HOP")
    weeks = (
        ("alan", (orbit,), {"katherine", "ada"}),
        ("alan", (ENG, orbit), {"ada"}),
        ("ada", (ENG, orbit), {"grace"}),
        ("tommy", (hop,), {"hedy", "radia"}),
        ("alan", (), set()),
    )
    for who, projects, told in weeks:
        week = TimesheetSubmitted(
            timesheet_id=uuid4(),
            user_id=user(who),
            week_start=date(2026, 3, 2),
            version=1,
            project_ids=projects,
        )
        await notices.happens(week, by=who)
        async with notices.storage.read() as session:
            about = col(Notification.subject_id) == week.timesheet_id
            rows = list(await session.scalars(select(Notification).where(about)))
        assert {row.user_id for row in rows} == {user(name) for name in told}
        assert {row.type for row in rows} <= {"timesheet_submitted"}


async def test_a_manager_who_cannot_act_is_not_told_of_a_submitted_week(notices: Telling):
    orbit = demo_id("project", "ORBIT")
    await notices.happens(person("katherine", is_active=False))
    await notices.happens(person("ada", organization_id=None, roles=()))
    week = TimesheetSubmitted(
        timesheet_id=uuid4(),
        user_id=user("alan"),
        week_start=date(2026, 3, 2),
        version=1,
        project_ids=(orbit,),
    )
    await notices.happens(week, by="alan")
    async with notices.storage.read() as session:
        about = col(Notification.subject_id) == week.timesheet_id
        told = set(await session.scalars(select(Notification.user_id).where(about)))
    assert told & {user("katherine"), user("ada")} == set()
    assert told == {user("grace")}
