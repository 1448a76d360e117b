"""Channels by kind, master switches, and what of it decides who is told how."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from tests.subgraphs.notifications.telling import (
    Telling,
    comment,
    issue_assigned,
    task_assigned,
    user,
)
from tests.support.subgraphs import caller
from trellis.schema.events.accounts import ContactChanged
from trellis.subgraphs.notifications.choices import default_of
from trellis.subgraphs.notifications.models import (
    Channel,
    Delivery,
    Notification,
    NotificationKind,
    Preference,
)

KINDS = """taskAssigned taskUpdated taskDueSoon issueAssigned issueUpdated commentAdded mentions
  projectUpdates fileShared timesheetReviewed account"""
FIELDS = f"""email {{ {KINDS} }} push {{ {KINDS} }} inApp {{ {KINDS} }}
  channels {{ email push inApp }}"""
GET = f"{{ notificationPreferences {{ {FIELDS} }} }}"
SET = f"""mutation($i: UpdateNotificationPreferencesInput!) {{
  updateNotificationPreferences(input: $i) {{ preferences {{ {FIELDS} }} }} }}"""


def contact(name: str, version: int = 2, **changes: Any) -> ContactChanged:
    fields: dict[str, Any] = {
        "user_id": user(name),
        "version": version,
        "email": f"{name}@example.com",
        "by_email": True,
        "by_push": False,
        "in_app": True,
    }
    return ContactChanged(**{**fields, **changes})


async def letters_waiting(notices: Telling) -> list[str]:
    """The types of what is to be sent to alan by letter."""
    waiting = select(Notification.type).join(Delivery)
    waiting = waiting.where(Delivery.channel == Channel.EMAIL, Delivery.target_id == user("alan"))
    async with notices.storage.read() as session:
        return sorted(await session.scalars(waiting))


async def test_until_somebody_chooses_the_defaults_hold(notices: Telling):
    found = (await notices.subgraph.ask(GET, caller("alan")))["notificationPreferences"]

    assert found["channels"] == {"email": True, "push": False, "inApp": True}
    assert all(found["inApp"].values())
    assert all(found["push"].values())
    off = {name for name, is_on in found["email"].items() if not is_on}
    assert off == {"taskUpdated", "issueUpdated", "projectUpdates"}


async def test_what_is_chosen_stays_and_the_rest_does_not_change(notices: Telling):
    ask, alan = notices.subgraph.ask, caller("alan")
    before = (await ask(GET, alan))["notificationPreferences"]

    chosen = {"email": {"taskAssigned": False, "projectUpdates": True}, "push": {"mentions": False}}
    answered = (await ask(SET, alan, i=chosen))["updateNotificationPreferences"]["preferences"]

    expected = {
        **before,
        "email": {**before["email"], "taskAssigned": False, "projectUpdates": True},
        "push": {**before["push"], "mentions": False},
    }
    assert answered == expected
    assert (await ask(GET, alan))["notificationPreferences"] == expected
    other = (await ask(GET, caller("grace")))["notificationPreferences"]
    assert other == before


@pytest.mark.parametrize(
    ("given", "fields"),
    [({"email": None}, ["email"]), ({"inApp": {"mentions": None}}, ["inApp.mentions"])],
)
async def test_a_switch_is_on_or_off(notices: Telling, given: dict[str, Any], fields: list[str]):
    refused = await notices.subgraph.refusal(SET, caller("alan"), i=given)

    assert refused["code"] == "BAD_USER_INPUT"
    assert [problem["field"] for problem in refused["fields"]] == fields
    async with notices.storage.read() as session:
        assert list(await session.scalars(select(Preference))) == []


async def test_a_channel_that_is_off_for_a_kind_is_off_for_that_kind(notices: Telling):
    chosen = {"email": {"issueAssigned": False}, "inApp": {"taskAssigned": False}}
    await notices.subgraph.ask(SET, caller("alan"), i=chosen)

    await notices.happens(issue_assigned("alan"), by="ada")
    await notices.happens(task_assigned("alan", by="ada"), by="ada")
    await notices.happens(comment("ada", "alan"), by="ada")

    assert await notices.types_for("alan") == ["issue_assigned", "mentioned"]
    assert await letters_waiting(notices) == ["mentioned", "task_assigned"]


async def test_master_switches_of_accounts_go_before_all_choices(notices: Telling):
    await notices.happens(contact("alan", by_email=False, in_app=False))
    await notices.happens(issue_assigned("alan"), by="ada")
    assert await notices.new_for("alan") == []
    assert await letters_waiting(notices) == []

    await notices.happens(contact("alan", version=3, by_push=True))
    found = (await notices.subgraph.ask(GET, caller("alan")))["notificationPreferences"]
    assert found["channels"] == {"email": True, "push": True, "inApp": True}
    await notices.happens(task_assigned("alan", by="ada"), by="ada")
    assert await notices.types_for("alan") == ["task_assigned"]
    assert await letters_waiting(notices) == ["task_assigned"]


async def test_nobody_is_written_to_at_an_address_that_is_not_confirmed(notices: Telling):
    await notices.happens(contact("alan", email=None))
    await notices.happens(issue_assigned("alan"), by="ada")

    assert await notices.types_for("alan") == ["issue_assigned"]
    assert await letters_waiting(notices) == []


async def test_older_news_of_a_contact_changes_nothing(notices: Telling):
    await notices.happens(contact("alan", version=5, by_email=False))
    await notices.happens(contact("alan", version=4))
    await notices.happens(issue_assigned("alan"), by="ada")

    assert await letters_waiting(notices) == []


async def test_twenty_writers_of_one_switch_leave_one_of_their_values(notices: Telling):
    alan = caller("alan")
    inputs = [{"email": {"mentions": number % 2 == 0}} for number in range(20)]
    await asyncio.gather(*(notices.subgraph.ask(SET, alan, i=one) for one in inputs))

    async with notices.storage.read() as session:
        [row] = list(await session.scalars(select(Preference)))
    found = (await notices.subgraph.ask(GET, alan))["notificationPreferences"]
    assert found["email"]["mentions"] == row.is_enabled


def test_each_kind_has_a_default_for_each_channel():
    assert all(default_of(Channel.IN_APP, kind) for kind in NotificationKind)
    assert default_of(Channel.EMAIL, NotificationKind.MENTIONS)
    assert not default_of(Channel.EMAIL, NotificationKind.PROJECT_UPDATES)
