"""Letters: what is in them, when they go out, and how somebody stops them."""

import asyncio
import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.notifications.telling import (
    LIST,
    Telling,
    comment,
    envelope_of,
    issue_assigned,
    person,
    task_assigned,
    task_updated,
    user,
    waiting,
)
from tests.support.servers import free_port
from tests.support.subgraphs import caller
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.subgraphs.mail_scope.mailer import Letter, LetterRefused, mailer_for
from trellis.subgraphs.notifications import batches
from trellis.subgraphs.notifications.models import (
    Channel,
    Delivery,
    Notification,
    NotificationKind,
    ProjectMember,
)
from trellis.subgraphs.notifications.posting import post_letters
from trellis.subgraphs.notifications.queues import MOST_WAITING
from trellis.subgraphs.notifications.secrets import vault_of
from trellis.subgraphs.notifications.settings import NoticeSettings
from trellis.subgraphs.notifications.unsubscribing import Unsubscription, read_token, token_of

SETTINGS = NoticeSettings(
    mail_from="Trellis <notices@trellis.example>", public_url="https://trellis.example"
)
UNSUBSCRIBE = "mutation($t: String!) { unsubscribeFromLetters(token: $t) { email } }"


@pytest.fixture
def data_settings(tmp_path: Path) -> DataSettings:
    """Letters are the same whatever the database; the queue is tested on both."""
    return DataSettings(data_dir=tmp_path)


def later(minutes: float = 1) -> datetime:
    return utc_now() + timedelta(minutes=minutes)


class Inbox:
    """Takes what an SMTP client sends, or answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            found = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.messages.append(cast(EmailMessage, found))
            self.recipients.append(envelope.rcpt_tos)
        return self.answer


@pytest.fixture
def smtp() -> Iterator[tuple[Inbox, str]]:
    handler, port = Inbox(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_a_letter_goes_out_by_smtp_as_text_and_html(
    notices: Telling, smtp: tuple[Inbox, str]
):
    inbox, url = smtp
    text = '<b>Bold</b> & "quoted"\nsecond line'
    await notices.happens(comment("ada", "edsger", content=text), by="ada")
    mailer = mailer_for(url, SETTINGS.mail_from)
    await post_letters(notices.storage, mailer, SETTINGS, utc_now())
    assert inbox.messages == []  # those that belong together are waited for

    await post_letters(notices.storage, mailer, SETTINGS, later())

    sent = {to[0]: message for to, message in zip(inbox.recipients, inbox.messages, strict=True)}
    # Who is assigned, who has reported it, who has commented, and who is mentioned.
    assert set(sent) == {f"{one}@example.com" for one in ("alan", "grace", "katherine", "edsger")}
    message = sent["edsger@example.com"]
    told = 'Ada Lovelace has mentioned you on ENG-8: <b>Bold</b> & "quoted" second line'
    assert message["Subject"] == f"You were mentioned: {told}"
    assert told in part(message, "plain")
    assert "<b>" not in part(message, "html")
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; &quot;quoted&quot;" in part(message, "html")
    assert message["From"] == "Trellis <notices@trellis.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert await waiting(notices) == []


async def test_the_links_of_a_letter_unsubscribe_with_one_click(
    notices: Telling, smtp: tuple[Inbox, str]
):
    """RFC 8058: the two headers, and a token that needs nobody to be signed in."""
    inbox, url = smtp
    mailer = mailer_for(url, SETTINGS.mail_from)
    await notices.happens(issue_assigned("edsger"), by="ada")
    await post_letters(notices.storage, mailer, SETTINGS, later())
    [message] = inbox.messages

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(
        r"<https://trellis\.example/pm/api/v1/notifications/unsubscribe\?token=([\w.-]+)>",
        message["List-Unsubscribe"],
    )
    assert link is not None
    assert f"https://trellis.example/unsubscribe#token={link[1]}" in part(message, "plain")
    assert f"https://trellis.example/unsubscribe#token={link[1]}" in part(message, "html")

    for _ in range(2):
        answer = await notices.subgraph.ask(UNSUBSCRIBE, t=link[1])
        assert answer == {"unsubscribeFromLetters": {"email": False}}
    await notices.happens(issue_assigned("edsger", 2), by="ada")
    await notices.happens(task_assigned("edsger", by="ada"), by="ada")
    await post_letters(notices.storage, mailer, SETTINGS, later(30))
    assert [one["Subject"] for one in inbox.messages[1:]] == [
        "Task Assigned: You have been assigned to 'Hand over the frame'"
    ]
    # What the app tells is nobody's letter.
    assert await notices.types_for("edsger") == ["issue_assigned"] * 2 + ["task_assigned"]


async def test_no_promise_of_one_click_without_https(notices: Telling):
    letters, settings = Letters(), NoticeSettings(public_url="http://127.0.0.1:4000")
    await notices.happens(issue_assigned("edsger"), by="ada")
    await post_letters(notices.storage, letters, settings, later())

    [letter] = letters.sent
    assert "List-Unsubscribe-Post" not in letter.headers
    assert letter.headers["List-Unsubscribe"].startswith("<http://127.0.0.1:4000/")


async def test_a_token_that_is_not_ours_unsubscribes_nobody(notices: Telling):
    vault = vault_of(notices.storage)
    wanted = Unsubscription(user("alan"), (NotificationKind.MENTIONS,))
    good = token_of(vault, wanted)
    assert read_token(vault, good) == wanted
    stranger = token_of(vault, Unsubscription(UUID(int=1), (NotificationKind.MENTIONS,)))
    other_use = vault.seal(f'["{user("alan")}", "mentions"]', "push key").removeprefix("sealed:")
    for token in ("", "x", "a.b", good[:-4], "00000000" + good[8:], stranger, other_use, "é.é"):
        refused = await notices.subgraph.refusal(UNSUBSCRIBE, t=token)
        assert refused["code"] == "BAD_USER_INPUT"
    await notices.happens(comment("ada", "alan"), by="ada")
    assert NotificationKind.MENTIONS in {
        await kind_of(notices, row) for row in await waiting(notices)
    }


async def kind_of(notices: Telling, row: Delivery) -> NotificationKind:
    async with notices.storage.read() as session:
        found = await session.get(Notification, row.notification_id)
        assert found is not None
        return found.kind


async def test_a_burst_is_one_letter_and_the_next_one_waits(notices: Telling):
    letters = Letters()
    for number in range(1, 6):
        await notices.happens(issue_assigned("edsger", number), by="ada")
    await post_letters(notices.storage, letters, SETTINGS, later())
    for number in range(6, 9):
        await notices.happens(issue_assigned("edsger", number), by="ada")
    await post_letters(notices.storage, letters, SETTINGS, later(10))
    assert len(letters.sent) == 1
    await post_letters(notices.storage, letters, SETTINGS, later(20))

    first, second = letters.sent
    assert (first.subject, second.subject) == ("5 new notifications", "3 new notifications")
    for number in range(1, 6):
        assert f"ENG-{number} has been assigned to you" in first.text
        assert f"ENG-{number} has been assigned to you" in str(first.html)
    assert "ENG-6" not in first.text


async def test_what_was_read_or_may_not_be_seen_any_more_is_not_sent(notices: Telling):
    letters = Letters()
    await notices.happens(issue_assigned("alan"), by="ada")
    await notices.happens(issue_assigned("edsger"), by="ada")
    await notices.happens(issue_assigned("barbara"), by="ada")
    await notices.happens(issue_assigned("katherine"), by="ada")
    [told] = await notices.new_for("alan")
    read = "mutation($id: ID!) { markNotificationRead(id: $id) { notification { id } } }"
    await notices.subgraph.ask(read, caller("alan"), id=told["id"])
    async with notices.storage.begin() as uow:
        gone = ProjectMember.user_id == user("edsger")
        await uow.session.execute(delete(ProjectMember).where(gone))  # type: ignore[arg-type]
    await notices.happens(person("barbara", is_active=False))

    await post_letters(notices.storage, letters, SETTINGS, later())

    assert [letter.to for letter in letters.sent] == ["katherine@example.com"]
    assert await waiting(notices) == []


class Failing(Letters):
    """Fails as often as it is told to."""

    def __init__(self, *failures: OSError) -> None:
        super().__init__()
        self.failures = list(failures)

    async def send(self, letter: Letter) -> None:
        if self.failures:
            raise self.failures.pop(0)
        await super().send(letter)


async def test_a_letter_that_fails_goes_out_later_and_each_pause_is_longer(notices: Telling):
    letters = Failing(OSError(), OSError(), OSError())
    await notices.happens(issue_assigned("edsger"), by="ada")
    pauses, now = [], later()
    for _ in range(3):
        await post_letters(notices.storage, letters, SETTINGS, now)
        [row] = await waiting(notices)
        pauses.append((row.due_at - now).total_seconds())
        # What has failed is not tried before its time, whatever comes after it.
        await notices.happens(issue_assigned("edsger", 3), by="ada")
        await post_letters(notices.storage, letters, SETTINGS, now)
        now = row.due_at + timedelta(seconds=1)
        async with notices.storage.begin() as uow:
            fresh = Delivery.batch_id.is_(None)  # type: ignore[union-attr]
            await uow.session.execute(delete(Delivery).where(fresh))
    assert letters.sent == []
    await post_letters(notices.storage, letters, SETTINGS, now)

    assert [letter.to for letter in letters.sent] == ["edsger@example.com"]
    assert all(
        0.8 * 30 * 2**number <= pause <= 1.2 * 30 * 2**number for number, pause in enumerate(pauses)
    )


async def test_a_letter_is_given_up_after_its_tries_and_when_it_is_refused(
    notices: Telling, smtp: tuple[Inbox, str]
):
    inbox, url = smtp
    inbox.answer = "550 no such mailbox"
    await notices.happens(issue_assigned("edsger"), by="ada")
    await post_letters(notices.storage, mailer_for(url, SETTINGS.mail_from), SETTINGS, later())
    assert await waiting(notices) == []

    letters = Failing(*(OSError() for _ in range(20)))
    await notices.happens(issue_assigned("grace"), by="ada")
    now = later()
    for _ in range(batches.MAX_ATTEMPTS):
        await post_letters(notices.storage, letters, SETTINGS, now)
        now += timedelta(hours=2)
    assert await waiting(notices) == []
    assert len(letters.failures) == 20 - batches.MAX_ATTEMPTS
    with pytest.raises(LetterRefused):
        await mailer_for(url, SETTINGS.mail_from).send(Letter("ada@example.com", "x", "y"))


async def test_after_a_crash_the_same_letter_goes_out_under_the_same_name(notices: Telling):
    class Crash(Letters):
        async def send(self, letter: Letter) -> None:
            await super().send(letter)
            raise asyncio.CancelledError

    crashed, letters, now = Crash(), Letters(), later()
    await notices.happens(issue_assigned("edsger"), by="ada")
    with pytest.raises(asyncio.CancelledError):
        await post_letters(notices.storage, crashed, SETTINGS, now)
    await notices.happens(task_assigned("edsger", by="ada"), by="ada")

    await post_letters(notices.storage, letters, SETTINGS, now)  # its lease is not over
    assert letters.sent == []
    await post_letters(notices.storage, letters, SETTINGS, now + timedelta(minutes=3))

    assert letters.sent[0].headers["Message-ID"] == crashed.sent[0].headers["Message-ID"]
    assert letters.sent[0].subject == crashed.sent[0].subject


async def test_the_queue_of_one_person_is_bounded(notices: Telling):
    many = [
        envelope_of(issue_assigned("edsger", number), by=user("ada"))
        for number in range(1, MOST_WAITING + 4)
    ]
    await notices.deliver("issues", *many)

    assert len(await waiting(notices)) == MOST_WAITING
    found = await notices.subgraph.ask(LIST, caller("edsger"), f={"kind": ["ISSUE_ASSIGNED"]})
    assert found["notifications"]["totalCount"] >= len(many)


async def test_what_happened_yesterday_is_told_in_the_app_alone(notices: Telling):
    await notices.happens(issue_assigned("edsger"), by="ada", at=utc_now() - timedelta(hours=25))

    assert await notices.types_for("edsger") == ["issue_assigned"]
    assert await waiting(notices) == []


async def test_changes_are_no_letters_unless_somebody_wants_them(notices: Telling):
    await notices.happens(task_updated("title"), by="ada")

    assert await notices.types_for("alan") == ["task_updated"]
    assert {row.channel for row in await waiting(notices)} <= {Channel.PUSH}
