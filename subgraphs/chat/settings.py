"""What an installation may choose about chat, read from the environment; see ``SETTINGS``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from trellis.schema.environment import whole_number
from trellis.schema.subgraph import Setting

_HOOK_SECONDS = "2"
_MOST_HOOK_SECONDS = 4.0  # the router gives a subgraph five
_KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """``blocked_words`` are refused by the word list; ``hook_url`` is an HTTP service that decides
    instead, ``hook_token`` what it is called with. ``deleted_kept`` is how long texts that were
    deleted or edited can be looked up by those who moderate."""

    blocked_words: tuple[str, ...] = ()
    hook_url: str | None = None
    hook_token: str | None = None
    hook_seconds: float = float(_HOOK_SECONDS)
    deleted_kept: timedelta = timedelta(days=_KEPT_DAYS)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """An empty variable counts as absent. Raises ``ValueError`` for what makes no sense."""
        words = environ.get("TRELLIS_CHAT_BLOCKED_WORDS") or ""
        url = environ.get("TRELLIS_CHAT_MODERATION_URL") or None
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError(f"TRELLIS_CHAT_MODERATION_URL must be an HTTP URL, not {url!r}")
        days = whole_number(environ, "TRELLIS_CHAT_DELETED_DAYS", _KEPT_DAYS, most=3_650)
        return cls(
            blocked_words=tuple(word.strip() for word in words.split(",") if word.strip()),
            hook_url=url,
            hook_token=environ.get("TRELLIS_CHAT_MODERATION_TOKEN") or None,
            hook_seconds=_seconds(environ.get("TRELLIS_CHAT_MODERATION_SECONDS") or _HOOK_SECONDS),
            deleted_kept=timedelta(days=days),
        )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MOST_HOOK_SECONDS:
        raise ValueError(
            f"TRELLIS_CHAT_MODERATION_SECONDS must be more than 0 and at most "
            f"{_MOST_HOOK_SECONDS:g}, not {text!r}"
        )
    return seconds


SETTINGS = (
    Setting(
        "TRELLIS_CHAT_BLOCKED_WORDS",
        "none",
        "words that messages may not contain, separated by commas, case-insensitive",
    ),
    Setting(
        "TRELLIS_CHAT_MODERATION_URL",
        "none",
        "an HTTP service that moderates messages instead of the word list: it "
        'receives `POST` with `{"content", "type", "channelId", "authorId"}` '
        'and answers `{"accepted": true}` or `{"accepted": false, "reason": '
        '"..."}`',
    ),
    Setting(
        "TRELLIS_CHAT_MODERATION_TOKEN",
        "none",
        "the token for that service: `Authorization: Bearer ...`",
    ),
    Setting(
        "TRELLIS_CHAT_MODERATION_SECONDS",
        _HOOK_SECONDS,
        "timeout of that service; after it the message is rejected with "
        "SERVICE_UNAVAILABLE and can be sent again",
    ),
    Setting(
        "TRELLIS_CHAT_DELETED_DAYS",
        str(_KEPT_DAYS),
        "number of days for which moderators of a channel can read deleted and replaced texts",
    ),
)
