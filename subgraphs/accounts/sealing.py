"""Seals what is in clear or under an older key, at every start."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.subgraphs.accounts.models import Authenticator, SigningKey
from trellis.subgraphs.secret_scope.vault import Vault

_BATCH = 500


def signing_key_purpose(id: str) -> str:
    """What a signing key is sealed for."""
    return f"signing key {id}"


def authenticator_purpose(user_id: object) -> str:
    """What an authenticator's secret is sealed for: it is nothing to another user."""
    return f"authenticator of {user_id}"


async def seal_everything(session: AsyncSession, vault: Vault) -> bool:
    """Bring at most 500 rows of each table under the newest key; whether that was all of them.

    Raises ``WrongSecretKey``: then nothing was changed, and the old key has to come back first.
    """
    await hold(session, "sealing")
    current = f"{vault.current_mark}%"
    old_keys = select(SigningKey).where(col(SigningKey.private_pem).not_like(current))
    for key in await session.scalars(old_keys.limit(_BATCH)):
        purpose = signing_key_purpose(key.id)
        key.private_pem = vault.seal(vault.open(key.private_pem, purpose), purpose)
    old_devices = select(Authenticator).where(col(Authenticator.secret).not_like(current))
    devices = list(await session.scalars(old_devices.limit(_BATCH)))
    for device in devices:
        purpose = authenticator_purpose(device.user_id)
        device.secret = vault.seal(vault.open(device.secret, purpose), purpose)
    return len(devices) < _BATCH
