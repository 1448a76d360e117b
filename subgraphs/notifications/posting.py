"""Sends what is due by letter."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.subgraphs.mail_scope.mailer import LetterRefused, Mailer
from trellis.subgraphs.notifications import batches
from trellis.subgraphs.notifications.batches import Batch
from trellis.subgraphs.notifications.letters import Envelope, letter_of
from trellis.subgraphs.notifications.models import Channel, Notification, NotificationKind
from trellis.subgraphs.notifications.secrets import vault_of
from trellis.subgraphs.notifications.settings import NoticeSettings
from trellis.subgraphs.notifications.unsubscribing import Unsubscription, token_of
from trellis.subgraphs.secret_scope.vault import Vault

logger = logging.getLogger("trellis.notifications")

_AT_ONCE = 10


async def post_letters(
    storage: Storage, mailer: Mailer, settings: NoticeSettings, now: datetime | None = None
) -> int:
    """Send the letters that are due now, some at once; returns how many went out.

    One that fails is tried again later, the more often the later; one that is refused is not.
    """
    now, total = now or utc_now(), 0
    while True:
        due = await batches.lease(storage, Channel.EMAIL, now, most=_AT_ONCE)
        done = await asyncio.gather(
            *(_try_to_post(storage, batch, mailer, settings, now) for batch in due)
        )
        total += sum(done)
        # When one fails the server may be away: the rest need not wait for it now.
        if len(due) < _AT_ONCE or not all(done):
            return total


async def _try_to_post(
    storage: Storage, batch: Batch, mailer: Mailer, settings: NoticeSettings, now: datetime
) -> bool:
    try:
        await _post(batch, mailer, settings, vault_of(storage), now)
    except LetterRefused as refusal:
        logger.warning("a letter was refused: %s", refusal)
        await batches.failed(storage, batch, now, for_good=True)
    except OSError as failure:
        logger.warning("a letter did not go out: %s", type(failure).__name__)
        await batches.failed(storage, batch, now)
    else:
        await batches.sent(storage, batch, now)
        return True
    return False


async def _post(
    batch: Batch, mailer: Mailer, settings: NoticeSettings, vault: Vault, now: datetime
) -> None:
    assert batch.email is not None
    token = token_of(vault, Unsubscription(batch.user_id, _kinds(batch.notifications)))
    letter = letter_of(batch, Envelope(batch.email, now, token), settings)
    await mailer.send(letter)


def _kinds(rows: Sequence[Notification]) -> tuple[NotificationKind, ...]:
    return tuple(dict.fromkeys(row.kind for row in rows))
