"""Webhook secrets at rest: sealed under a key outside of the database (docs/decisions/0021)."""

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, func, or_
from sqlmodel import select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.notifications.secrets import vault_for
from trellis.subgraphs.notifications.webhooks.models import Webhook
from trellis.subgraphs.secret_scope.vault import Vault

_BATCH = 500


def vault_of(storage: Storage) -> Vault:
    """The vault of webhooks."""
    return vault_for("webhooks", storage)


def seal(vault: Vault, hook: Webhook, secret: str) -> bytes:
    """For this webhook only: it is nothing to another one."""
    return vault.seal(secret, _purpose(hook)).encode()


def open_secret(vault: Vault, hook: Webhook, sealed: bytes) -> str:
    """Raises ``WrongSecretKey``."""
    return vault.open(sealed.decode(), _purpose(hook))


def secrets_in_force(vault: Vault, hook: Webhook) -> tuple[str, ...]:
    """The secret, and while it is being replaced the one before. Raises ``WrongSecretKey``."""
    found = [hook.secret]
    expires = hook.previous_expires_at
    if hook.previous_secret is not None and expires is not None and expires > utc_now():
        found.append(hook.previous_secret)
    return tuple(open_secret(vault, hook, sealed) for sealed in found)


async def seal_everything(uow: UnitOfWork, vault: Vault) -> bool:
    """Bring at most 500 webhooks under the newest key; whether that was all of them.

    Raises ``WrongSecretKey``: then nothing was changed, and the old key has to come back first.
    """
    await hold(uow.session, "webhook sealing")
    mark = vault.current_mark.encode()
    is_old = or_(
        *(_begins_otherwise(one, mark) for one in (Webhook.secret, Webhook.previous_secret))
    )
    statement = select(Webhook).where(is_old).limit(_BATCH).with_for_update(key_share=True)
    hooks = list(await uow.session.scalars(statement))
    for hook in hooks:
        hook.secret = seal(vault, hook, open_secret(vault, hook, hook.secret))
        if hook.previous_secret is not None:
            previous = open_secret(vault, hook, hook.previous_secret)
            hook.previous_secret = seal(vault, hook, previous)
    return len(hooks) < _BATCH


def _begins_otherwise(column: Any, mark: bytes) -> ColumnElement[bool]:
    return func.substr(column, 1, len(mark), type_=LargeBinary()) != mark


def _purpose(hook: Webhook) -> str:
    return f"webhook {hook.id}"
