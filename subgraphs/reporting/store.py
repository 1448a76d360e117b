"""Where the files of reports are kept, and the links that lead to them.

``ResultStore`` is all that the rest knows of it, so that files may move to another domain.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.content import Content, content_link
from trellis.schema.errors import NotFound
from trellis.schema.public_url import public_url
from trellis.subgraphs.reporting.files import ResultFile
from trellis.subgraphs.reporting.models import LinkSecret, Report, ReportContent, ReportStatus

LINK_LIFE = timedelta(minutes=15)
_SIGNATURE_BYTES = 32


class ResultStore(Protocol):
    """``put`` and ``remove`` belong to the transaction that they are called in."""

    async def put(self, uow: UnitOfWork, report_id: UUID, file: ResultFile) -> None: ...

    async def remove(self, uow: UnitOfWork, report_ids: Sequence[UUID]) -> None: ...

    async def links(self, session: AsyncSession, reports: Sequence[Report]) -> list[str | None]:
        """A link with which anyone may load the file of a report until it expires; None for reports
        without a file."""
        ...

    async def open(self, session: AsyncSession, ticket: str) -> Content:
        """The file that the ticket of a link leads to. Raises ``NotFound`` for what is no ticket,
        or one no longer."""
        ...


class DatabaseStore:
    """Beside the rows, in the database: a file is there when its report is completed, whatever
    happens in between, and every process of the subgraph has it."""

    async def put(self, uow: UnitOfWork, report_id: UUID, file: ResultFile) -> None:
        await _ensure_secret(uow)
        uow.session.add(
            ReportContent(
                report_id=report_id,
                filename=file.filename,
                media_type=file.media_type,
                content=file.content,
            )
        )

    async def remove(self, uow: UnitOfWork, report_ids: Sequence[UUID]) -> None:
        gone = col(ReportContent.report_id).in_(report_ids)
        await uow.session.execute(delete(ReportContent).where(gone))

    async def links(self, session: AsyncSession, reports: Sequence[Report]) -> list[str | None]:
        stored = await session.get(LinkSecret, 1)
        return [_link(stored.secret, one) if stored is not None else None for one in reports]

    async def open(self, session: AsyncSession, ticket: str) -> Content:
        stored = await session.get(LinkSecret, 1)
        id = verified(stored.secret, ticket, utc_now()) if stored is not None else None
        statement = (
            select(ReportContent)
            .join(Report, col(Report.id) == col(ReportContent.report_id))
            .where(
                col(Report.id) == id,
                col(Report.status) == ReportStatus.COMPLETED,
                col(Report.expires_at) > utc_now(),
            )
        )
        found = (await session.scalars(statement)).one_or_none() if id is not None else None
        if found is None:
            raise NotFound("The link is not valid, or no longer.")
        return _content(found)


STORE: ResultStore = DatabaseStore()


def _link(secret: bytes, report: Report) -> str | None:
    now = utc_now()
    if report.status is not ReportStatus.COMPLETED or report.expires_at is None:
        return None
    until = min(now + LINK_LIFE, report.expires_at)
    ticket = sign(secret, report.id, until)
    return content_link(public_url(), "reporting", ticket) if until > now else None


async def open_content(storage: Storage, ticket: str) -> Content:
    """The file that a ticket leads to, for the router. Raises ``NotFound``."""
    async with storage.read() as session:
        return await STORE.open(session, ticket)


def _content(found: ReportContent) -> Content:
    content = found.content

    async def read(start: int, end: int) -> AsyncGenerator[bytes]:
        yield content[start:end]

    etag = hashlib.sha256(content).hexdigest()[:32]
    return Content(found.filename, found.media_type, len(content), etag, read)


def sign(secret: bytes, report_id: UUID, until: datetime) -> str:
    """The ticket of a link: the report, when the link ends, and a signature of both."""
    payload = report_id.bytes + int(until.timestamp()).to_bytes(8)
    return urlsafe_b64encode(payload + _signature(secret, payload)).decode().rstrip("=")


def verified(secret: bytes, ticket: str, now: datetime) -> UUID | None:
    """The report of a ticket that was signed with the secret and has not ended."""
    try:
        raw = urlsafe_b64decode(ticket.encode("ascii") + b"=" * (-len(ticket) % 4))
    except ValueError:
        return None
    payload, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if len(payload) != 24 or not hmac.compare_digest(signature, _signature(secret, payload)):
        return None
    until = datetime.fromtimestamp(int.from_bytes(payload[16:]), UTC)
    return UUID(bytes=payload[:16]) if now < until else None


def _signature(secret: bytes, payload: bytes) -> bytes:
    return hmac.new(secret, payload, hashlib.sha256).digest()


async def _ensure_secret(uow: UnitOfWork) -> None:
    """Before there is a file there is the secret that its links are signed with."""
    if await uow.session.get(LinkSecret, 1) is not None:
        return
    await hold(uow.session, "link-secret")
    stored = await uow.session.get(LinkSecret, 1, populate_existing=True)
    if stored is None:
        uow.session.add(LinkSecret(id=1, secret=secrets.token_bytes(32)))
        await uow.session.flush()
