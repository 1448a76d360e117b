"""Checks what people write before it is accepted: one Protocol, a word list or an HTTP service.

A moderator that does not answer accepts nothing: the message is refused with
SERVICE_UNAVAILABLE, which clients may send again.
"""

import asyncio
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import httpx

from trellis.schema.errors import Unavailable
from trellis.subgraphs.chat.errors import ContentRefused
from trellis.subgraphs.chat.models import MessageType
from trellis.subgraphs.chat.settings import ChatSettings

_REFUSED = "This text is not acceptable here."
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text that somebody wants to send, or an edit of one."""

    content: str
    type: MessageType
    channel_id: UUID | None
    author_id: UUID


class Moderator(Protocol):
    async def reason_to_refuse(self, draft: Draft) -> str | None:
        """Why the text is not accepted, in words for its author; None if it is accepted.

        Raises ``Unavailable`` when that cannot be decided now.
        """
        ...


class WordList:
    """Refuses texts with words of a list: whole words, without regard to case and to what cannot be
    seen of them. Letters of another script that look the same are another word."""

    def __init__(self, words: tuple[str, ...]) -> None:
        either = "|".join(re.escape(folded) for word in words if (folded := _folded(word)))
        # Not \w, of which the underscore is one: people write _words_ to stress them.
        self._words = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])") if either else None

    async def reason_to_refuse(self, draft: Draft) -> str | None:
        is_refused = self._words is not None and self._words.search(_folded(draft.content))
        return _REFUSED if is_refused else None


# Marks that are put on letters of any script (those within a script are part of its words), and
# characters that are not shown (Default_Ignorable_Code_Point) though they are no format characters.
_MARKS = re.compile(
    r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
    r"\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\U000e0100-\U000e01ef]"
)


def _folded(text: str) -> str:
    """The text as it is read: full width letters as letters, and without what is not seen (zero
    width spaces, soft hyphens, directions) or strikes letters out. An accented letter stays one."""
    seen = unicodedata.normalize("NFKC", _without_invisible(text))
    # The mark of a small dotted capital is taken off; letters that folding takes apart are joined.
    return _MARKS.sub("", unicodedata.normalize("NFKC", seen.casefold()))


def _without_invisible(text: str) -> str:
    """Without the format characters of Unicode (category Cf)."""
    if text.isascii():
        return text
    return "".join(one for one in text if unicodedata.category(one) != "Cf")


class HttpModerator:
    """Asks a service, which has ``seconds`` for its answer. Redirects are not followed."""

    def __init__(self, url: str, *, token: str | None, seconds: float) -> None:
        self._url = url
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._seconds = seconds

    async def reason_to_refuse(self, draft: Draft) -> str | None:
        body = {
            "content": draft.content,
            "type": draft.type.value,
            "channelId": str(draft.channel_id) if draft.channel_id else None,
            "authorId": str(draft.author_id),
        }
        verdict = await self._post(body)
        accepted, reason = verdict.get("accepted"), verdict.get("reason")
        if not isinstance(accepted, bool):
            raise _unavailable()
        if accepted:
            return None
        return reason[:_LONGEST_REASON] if isinstance(reason, str) and reason else _REFUSED

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            # The limit of the client is one of each read: this is one of the whole answer.
            async with asyncio.timeout(self._seconds), self._clients() as client:
                response = await client.post(self._url, json=body, headers=self._headers)
        except (httpx.HTTPError, TimeoutError) as failure:
            raise _unavailable() from failure
        answer = _json_of(response)
        if response.status_code != httpx.codes.OK or not isinstance(answer, dict):
            raise _unavailable()
        return answer

    def _clients(self) -> httpx.AsyncClient:
        """One for each message: they are few, and a client belongs to one event loop."""
        return httpx.AsyncClient(timeout=self._seconds, trust_env=False)


def _json_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _unavailable() -> Unavailable:
    return Unavailable("Messages cannot be checked at the moment: send it again later.")


@cache
def moderator_of(settings: ChatSettings) -> Moderator:
    """The moderator that an installation has chosen."""
    if settings.hook_url is not None:
        return HttpModerator(
            settings.hook_url, token=settings.hook_token, seconds=settings.hook_seconds
        )
    return WordList(settings.blocked_words)


async def moderate(moderator: Moderator, draft: Draft) -> None:
    """Raises ``ContentRefused``, or ``Unavailable`` when that cannot be decided now."""
    reason = await moderator.reason_to_refuse(draft)
    if reason is not None:
        raise ContentRefused("content", reason)
