"""Sends what is due to browsers, by the push services of their makers (RFC 8030)."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.subgraphs.notifications import batches
from trellis.subgraphs.notifications.batches import Batch
from trellis.subgraphs.notifications.models import Channel, PushSubscription
from trellis.subgraphs.notifications.outbound import (
    Outbound,
    OutboundFailure,
    OutboundLimits,
    TargetRefused,
)
from trellis.subgraphs.notifications.push.keys import BrowserKeys, ServerKey, encoded, server_key
from trellis.subgraphs.notifications.push.messages import encrypt, texts_of
from trellis.subgraphs.notifications.secrets import vault_of
from trellis.subgraphs.notifications.settings import NoticeSettings
from trellis.subgraphs.notifications.use_cases.push import purpose_of, remove
from trellis.subgraphs.secret_scope.vault import Vault, WrongSecretKey

logger = logging.getLogger("trellis.notifications")

_AT_ONCE = 50
_SECONDS_TO_LIVE = 86_400
_LIMITS = OutboundLimits(seconds=10.0, answer_bytes=4_096)
_GONE = frozenset({404, 410})
# Our fault, or a message that no push service will take: the same again would fail again.
_REFUSED = frozenset({400, 401, 403, 413})


@dataclass(frozen=True, slots=True)
class Sending:
    """What all messages of one round are sent with."""

    storage: Storage
    outbound: Outbound
    key: ServerKey
    vault: Vault
    now: datetime


async def push_messages(
    storage: Storage, outbound: Outbound, settings: NoticeSettings, now: datetime | None = None
) -> int:
    """Send the messages that are due now, some targets at once; returns to how many browsers.

    A browser that is gone is forgotten; a push service that is away gets it later.
    """
    now, total = now or utc_now(), 0
    vault, key = vault_of(storage), None
    while due := await batches.lease(storage, Channel.PUSH, now, most=_AT_ONCE):
        key = key or await server_key(storage, settings.push_contact)
        sending = Sending(storage, outbound, key, vault, now)
        total += sum(await asyncio.gather(*(_push(sending, batch) for batch in due)))
    return total


async def _push(sending: Sending, batch: Batch) -> bool:
    storage, now = sending.storage, sending.now
    async with storage.read() as session:
        wanted = select(PushSubscription).where(col(PushSubscription.id) == batch.target_id)
        row = (await session.scalars(wanted)).one_or_none()
    if row is None:
        await batches.failed(storage, batch, now, for_good=True)
        return False
    try:
        keys = BrowserKeys.opened(sending.vault, row.sealed, purpose_of(row.user_id))
        status = await _send(sending.outbound, sending.key, keys, batch)
    except WrongSecretKey:
        logger.warning("a browser was registered under a secret key that is no longer known")
        await batches.failed(storage, batch, now, for_good=True)
        return False
    except TargetRefused as refusal:
        logger.warning("a push service may not be reached: %s", refusal)
        await batches.failed(storage, batch, now, for_good=True)
        return False
    except OutboundFailure as failure:
        logger.warning("a push service is away: %s", failure)
        await batches.failed(storage, batch, now)
        return False
    return await _note(storage, batch, status, now)


async def _send(outbound: Outbound, key: ServerKey, keys: BrowserKeys, batch: Batch) -> int:
    """The status of the first message that was not taken, else of the last one."""
    status = 201
    for number, text in enumerate(texts_of(batch.notifications)):
        headers = {
            "Authorization": key.authorization(keys.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_SECONDS_TO_LIVE),
            "Urgency": "normal",
            # One that is sent again takes the place of the one before, if that still waits.
            "Topic": _topic(batch.id, number),
        }
        answer = await outbound.post(keys.endpoint, encrypt(text, keys), headers, _LIMITS)
        status = answer.status
        if not 200 <= status < 300:
            return status
    return status


def _topic(batch_id: UUID, number: int) -> str:
    """At most 32 letters of base64url, as push services want it."""
    return f"{encoded(batch_id.bytes)}-{number}"


async def _note(storage: Storage, batch: Batch, status: int, now: datetime) -> bool:
    if 200 <= status < 300:
        await batches.sent(storage, batch, now)
        async with storage.begin() as uow:
            this = col(PushSubscription.id) == batch.target_id
            used = update(PushSubscription).where(this).values(last_used_at=now)
            await uow.session.execute(used)
        return True
    if status in _GONE:
        async with storage.begin() as uow:
            row = await uow.session.get(PushSubscription, batch.target_id)
            if row is not None:
                await remove(uow, row)
        return False
    if status in _REFUSED:
        logger.error("a push service has refused a message: %s", status)
    await batches.failed(storage, batch, now, for_good=status in _REFUSED)
    return False
