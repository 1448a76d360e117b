"""What the letters say: one notification, or several together, as text and in HTML.

Everything that people have written is escaped; links lead to the configured address only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from html import escape

from trellis.subgraphs.mail_scope.mailer import Letter
from trellis.subgraphs.notifications.batches import Batch
from trellis.subgraphs.notifications.models import Notification
from trellis.subgraphs.notifications.settings import NoticeSettings
from trellis.subgraphs.notifications.unsubscribing import PATH

_TEXT = """{lines}

See all of them: {url}/notifications

To get no more letters like this one open
{url}/unsubscribe#token={token}
"""

_HTML = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family: sans-serif; color: #222; max-width: 40em">
{items}
<p><a href="{url}/notifications">See all of them</a></p>
<p style="color: #666; font-size: small">
<a href="{url}/unsubscribe#token={token}" style="color: #666">No more letters like this one</a>
</p>
</body>
</html>
"""

_ITEM = '<h2 style="font-size: 1.1em">{title}</h2>\n<p>{message}</p>'


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a letter has beside its texts: to whom, when, and the token of its link."""

    to: str
    now: datetime
    token: str


def letter_of(batch: Batch, outside: Envelope, settings: NoticeSettings) -> Letter:
    """The letter of a batch; the same one, however often it is made."""
    rows = batch.notifications
    subject = _subject(rows)
    words = {"url": settings.public_url, "token": outside.token}
    items = "\n".join(
        _ITEM.format(title=escape(row.title), message=escape(row.message)) for row in rows
    )
    return Letter(
        to=outside.to,
        subject=subject,
        text=_TEXT.format(lines="\n\n".join(_lines(row) for row in rows), **words),
        html=_HTML.format(
            subject=escape(subject), items=items, **{k: escape(v) for k, v in words.items()}
        ),
        headers=_headers(batch, outside, settings),
    )


def _headers(batch: Batch, outside: Envelope, settings: NoticeSettings) -> dict[str, str]:
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    headers = {
        # A letter that goes out twice after a crash is one letter for programs that look at this.
        "Message-ID": f"<{batch.id}@{domain}>",
        "Date": format_datetime(outside.now),
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{settings.public_url}{PATH}?token={outside.token}>",
    }
    # RFC 8058 wants https for what programs do in somebody's name.
    if settings.public_url.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _subject(rows: Sequence[Notification]) -> str:
    if len(rows) == 1:
        return _line(f"{rows[0].title}: {rows[0].message}")[:150]
    return f"{len(rows)} new notifications"


def _lines(row: Notification) -> str:
    return f"{_line(row.title)}\n{_line(row.message)}"


def _line(text: str) -> str:
    return " ".join(text.split())
