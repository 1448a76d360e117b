"""Letters that a server really sent: by SMTP, or as files."""

import asyncio
import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.servers import free_port

_TRIES, _PAUSE = 300, 0.1


def read_letter(content: bytes) -> tuple[str, str]:
    """Whom a letter is to, and what it says."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    return message["To"], body.get_content()


class ReceivedLetters:
    """Whatever has come so far."""

    async def letter_to(self, address: str) -> str:
        """The text of the first one to an address, once it is there."""
        for _ in range(_TRIES):
            for to, text in self._all():
                if to == address:
                    return text
            await asyncio.sleep(_PAUSE)
        raise AssertionError("no letter has come")

    def _all(self) -> list[tuple[str, str]]:
        raise NotImplementedError


class LettersInFolder(ReceivedLetters):
    """Of a server whose ``TRELLIS_MAIL_URL`` is ``url``."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.url = folder, folder.as_uri()

    def _all(self) -> list[tuple[str, str]]:
        # An empty one is still being written.
        contents = [file.read_bytes() for file in self._folder.glob("*.eml")]
        return [read_letter(content) for content in contents if content]


class LettersBySmtp(ReceivedLetters):
    """Of servers whose ``TRELLIS_MAIL_URL`` is ``url``."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        self._received: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self._received.append(envelope.content)
        return "250 OK"

    def _all(self) -> list[tuple[str, str]]:
        return [read_letter(content) for content in self._received]


@contextmanager
def letters_by_smtp() -> Iterator[LettersBySmtp]:
    """With a server of SMTP on loopback."""
    port = free_port()
    letters = LettersBySmtp(port)
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield letters
    finally:
        controller.stop()
