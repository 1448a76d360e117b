"""Letters to people, and the ways to send them: to the console, to a folder, by SMTP."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aiosmtplib

_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address: as text, and in HTML for those who read that; ``headers`` beside
    those that every letter has."""

    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class LetterRefused(OSError):
    """Whatever delivers letters will not take this one, however often it is tried."""


class Mailer(Protocol):
    """Hands a letter to whatever delivers it; raises ``OSError`` when that cannot be reached, and
    ``LetterRefused`` when it does not take the letter."""

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
            kind = LetterRefused if _is_for_good(error) else OSError
            raise kind(type(error).__name__) from error


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


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return message


def _is_for_good(error: aiosmtplib.SMTPException) -> bool:
    """Whether the server has said no for this letter (5xx), not only for now or for us."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= _FOR_GOOD for refused in error.recipients)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return False
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= _FOR_GOOD
