"""Time-based codes as a second factor (RFC 6238), with recovery codes for lost devices.

enrol ----> a secret that does not count yet
confirm --> one right code: from now on signing in needs codes
check ----> each code is good once; five wrong ones in a row close the door for a while
"""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, cast
from uuid import UUID

import pyotp
from pyotp.totp import TOTP
from sqlalchemy import CursorResult, delete, update
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    MfaDisabled,
    MfaEnabled,
)
from trellis.subgraphs.accounts import proof_queries
from trellis.subgraphs.accounts.errors import MfaEnabledAlready, MfaNotEnrolled, WrongCode
from trellis.subgraphs.accounts.models import Authenticator, RecoveryCode
from trellis.subgraphs.accounts.sealing import authenticator_purpose
from trellis.subgraphs.accounts.tokens import hash_of
from trellis.subgraphs.secret_scope.vault import Vault

RECOVERY_CODES = 10
_STEP_SECONDS = 30
_MOST_FAILURES = 5
_LOCKED = timedelta(minutes=15)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Verdict(Enum):
    PASSED = auto()
    MISSING = auto()
    WRONG = auto()


async def enrol(uow: UnitOfWork, vault: Vault, user_id: UUID) -> str:
    """Begin with a new secret, which an authenticator is to be fed. Raises
    ``MfaEnabledAlready``."""
    device = await proof_queries.authenticator_for_update(uow.session, user_id)
    if device is not None and device.confirmed_at is not None:
        raise MfaEnabledAlready
    if device is None:
        device = Authenticator(user_id=user_id, secret="")
        uow.session.add(device)
    secret = pyotp.random_base32()
    device.secret, device.created_at = vault.seal(secret, authenticator_purpose(user_id)), utc_now()
    return secret


async def confirm(uow: UnitOfWork, vault: Vault, user_id: UUID, code: str) -> list[str]:
    """Activate the second factor; the recovery codes are returned once.

    Raises ``MfaNotEnrolled``, ``MfaEnabledAlready`` and ``WrongCode``.
    """
    device = await proof_queries.authenticator_for_update(uow.session, user_id)
    if device is None:
        raise MfaNotEnrolled
    if device.confirmed_at is not None:
        raise MfaEnabledAlready
    now = utc_now()
    if not _take_step(vault, device, code, now):
        raise WrongCode
    device.confirmed_at = now
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    uow.session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_recovery_hash(user_id, code)) for code in codes
    )
    uow.emit(MfaEnabled(user_id=user_id))
    return codes


async def disable(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove the second factor. The caller must have checked a code. Raises ``MfaNotEnrolled``."""
    device = await proof_queries.authenticator_for_update(uow.session, user_id)
    if device is None:
        raise MfaNotEnrolled
    was_enabled = device.confirmed_at is not None
    mine = col(RecoveryCode.user_id) == user_id
    await uow.session.execute(delete(RecoveryCode).where(mine))
    await uow.session.delete(device)
    if was_enabled:
        uow.emit(MfaDisabled(user_id=user_id))


async def check(uow: UnitOfWork, vault: Vault, user_id: UUID, code: str | None) -> Verdict:
    """Whether somebody whose password was right may go on.

    The transaction must commit whatever the verdict is: tries are counted and codes spent.
    """
    device = await proof_queries.authenticator_for_update(uow.session, user_id)
    if device is None or device.confirmed_at is None:
        return Verdict.PASSED
    if not code:
        return Verdict.MISSING
    now = utc_now()
    if device.locked_until is not None and device.locked_until > now:
        return Verdict.WRONG
    fits = _take_step(vault, device, code, now)
    if fits or await _take_recovery_code(uow, user_id, code, now):
        device.failures, device.locked_until = 0, None
        return Verdict.PASSED
    device.failures += 1
    if device.failures >= _MOST_FAILURES:
        device.failures, device.locked_until = 0, now + _LOCKED
    return Verdict.WRONG


def _take_step(vault: Vault, device: Authenticator, code: str, now: datetime) -> bool:
    """Spend the time step of a right code; clocks may differ by one step (RFC 6238, 5.2)."""
    secret = vault.open(device.secret, authenticator_purpose(device.user_id))
    totp, current = TOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    given = code.strip().replace(" ", "").encode("utf-8", "surrogatepass")
    for step in (current - 1, current, current + 1):
        fits = hmac.compare_digest(totp.generate_otp(step).encode(), given)
        if fits and step > device.last_step:
            device.last_step = step
            return True
    return False


async def _take_recovery_code(uow: UnitOfWork, user_id: UUID, code: str, now: datetime) -> bool:
    statement = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == user_id,
            col(RecoveryCode.code_hash) == _recovery_hash(user_id, code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
    )
    result = cast("CursorResult[Any]", await uow.session.execute(statement))
    return result.rowcount == 1


def _recovery_code() -> str:
    """Sixty random bits in three groups, without letters that look alike."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def _recovery_hash(user_id: UUID, code: str) -> str:
    return hash_of(f"{user_id}:{code.strip().lower().replace('-', '').replace(' ', '')}")
