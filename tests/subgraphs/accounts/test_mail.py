"""The ways to send letters."""

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.support.servers import free_port
from trellis.subgraphs.accounts.postbox import Postbox
from trellis.subgraphs.mail_scope.mailer import ConsoleMailer, Letter, mailer_for

SENDER = "Trellis <trellis@example.com>"
LETTER = Letter("ada@example.com", "Grüße", "Zeile eins\nZeile zwei")


class Inbox:
    """Takes what an SMTP client sends."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.received.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler, port = Inbox(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def read(content: bytes) -> tuple[str, str, str]:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    return message["To"], message["Subject"], "\n".join(body.get_content().splitlines())


async def test_letters_go_out_by_smtp(inbox: tuple[Inbox, int]):
    handler, port = inbox
    await mailer_for(f"smtp://127.0.0.1:{port}", SENDER).send(LETTER)
    [envelope] = handler.received
    assert (envelope.mail_from, envelope.rcpt_tos) == ("trellis@example.com", ["ada@example.com"])
    assert read(envelope.content) == (LETTER.to, LETTER.subject, LETTER.text)


async def test_letters_go_into_a_folder(tmp_path: Path):
    await mailer_for(f"file://{tmp_path}/mail", SENDER).send(LETTER)
    [file] = (tmp_path / "mail").iterdir()
    assert read(file.read_bytes()) == (LETTER.to, LETTER.subject, LETTER.text)
    assert file.stat().st_mode & 0o777 == 0o600


async def test_letters_go_to_the_console(capsys: pytest.CaptureFixture[str]):
    await ConsoleMailer().send(LETTER)
    assert LETTER.text in capsys.readouterr().err


@pytest.mark.parametrize("url", ["", "ftp://x", "smtp", "/folder"])
def test_another_way_is_a_mistake(url: str):
    with pytest.raises(ValueError, match="TRELLIS_MAIL_URL"):
        mailer_for(url, SENDER)


async def test_a_server_that_is_not_there_is_an_os_error():
    with pytest.raises(OSError):
        await mailer_for(f"smtp://127.0.0.1:{free_port()}", SENDER).send(LETTER)


async def test_a_letter_that_fails_is_tried_again():
    class Flaky:
        tries = 0

        async def send(self, letter: Letter) -> None:
            self.tries += 1
            if self.tries == 1:
                raise OSError

    mailer = Flaky()
    postbox = Postbox(mailer)
    postbox.post(LETTER)
    await postbox.empty()
    assert mailer.tries == 2
