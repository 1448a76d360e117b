"""Letters to people, and the ways to send them: to the console, to a folder, by SMTP.

Letters contain secrets, so they are neither logged nor kept in the outbox: they wait in memory
and are tried three times. One that is lost can be asked for again.
"""

import asyncio
import logging
import sys
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aiosmtplib

from trellis.subgraphs.accounts.background import Background

logger = logging.getLogger("trellis.mail")

_LETTERS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Hands a letter to whatever delivers it; raises ``OSError`` when that cannot be reached."""

    async def send(self, letter: Letter) -> None: ...


class ConsoleMailer:
    """Writes letters to the terminal, for development."""

    async def send(self, letter: Letter) -> None:
        sys.stderr.write(f"\n--- To {letter.to}: {letter.subject}\n{letter.text}\n---\n")


class FolderMailer:
    """Writes each letter as one file that mail programs can open."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        await asyncio.to_thread(self._write, bytes(_message(letter, self._sender)))

    def _write(self, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{uuid4()}.eml"
        path.touch(mode=0o600)
        path.write_bytes(content)


class SmtpMailer:
    """Sends by SMTP: ``smtps`` encrypted from the start, ``smtp`` with STARTTLS if offered."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._sender = sender
        self._host = parts.hostname or "localhost"
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, letter: Letter) -> None:
        try:
            await aiosmtplib.send(
                _message(letter, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=10,
            )
        except aiosmtplib.SMTPException as error:
            raise OSError(type(error).__name__) from error


def mailer_for(url: str, sender: str) -> Mailer:
    """The mailer of ``console:``, ``file:///folder``, ``smtp://...`` or ``smtps://...``.

    Raises ``ValueError`` for anything else.
    """
    scheme = urlsplit(url).scheme
    if scheme == "console":
        return ConsoleMailer()
    if scheme == "file":
        return FolderMailer(Path(unquote(urlsplit(url).path)), sender)
    if scheme in {"smtp", "smtps"}:
        return SmtpMailer(url, sender)
    raise ValueError("TRELLIS_MAIL_URL must begin with console:, file:, smtp: or smtps:")


class Postbox:
    """Sends letters in the background, so that no answer tells how long sending took."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._sending = Background(passing=OSError, at_once=_LETTERS_AT_ONCE)

    def post(self, letter: Letter) -> None:
        """Take a letter; when too many are waiting it is dropped."""
        self._sending.do(partial(self._mailer.send, letter))

    async def empty(self) -> None:
        """Wait a while for the letters under way, then give the rest up."""
        await self._sending.finish()


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message.set_content(letter.text)
    return message
