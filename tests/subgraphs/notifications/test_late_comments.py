"""Comments that are heard of after their author's account was deleted."""

from dataclasses import asdict

from sqlmodel import col, select

from tests.subgraphs.notifications.telling import Telling, comment, issue, person, user
from trellis.schema.events.accounts import UserDeleted
from trellis.subgraphs.notifications.models import Participant


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
