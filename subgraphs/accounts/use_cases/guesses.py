"""How often a password may be tried: one count per account, by whatever name it is called.

Rate limits count by the name that was entered, which would allow twice the guesses, by e-mail
address and by username. This count is per account, shared by all processes and persistent. Unknown
names are counted alike: responses must not reveal which accounts exist.
"""

import math
from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from trellis.db.upsert import insert_into
from trellis.schema.errors import RateLimited
from trellis.subgraphs.accounts.models import PasswordGuesses, User
from trellis.subgraphs.secret_scope.vault import Vault

# As many as the doors let in by one name (graph/limits.py): far beyond anybody's typing errors, and
# hopeless against passwords of eight characters.
MOST_GUESSES = 100
WINDOW = timedelta(hours=1)


class TooManyGuesses(RateLimited):
    """Also for the right password, since a difference would reveal that the guess was right."""

    def __init__(self, resets_at: datetime, now: datetime) -> None:
        wait = max(1, math.ceil((resets_at - now).total_seconds()))
        super().__init__(
            f"Too many attempts to sign in. Try again in {wait} s.",
            limit=MOST_GUESSES,
            window=int(WINDOW.total_seconds()),
            remaining=0,
            reset_at=resets_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            retry_after=wait,
        )


def subject_of(vault: Vault, user: User | None, login: str) -> str:
    """What is counted by: the account, or a keyed hash of a name that nobody has."""
    if user is not None:
        return str(user.id)
    return f"login:{vault.fingerprint(login.strip().lower())[:32]}"


async def count_guess(session: AsyncSession, subject: str, now: datetime) -> None:
    """Count a password before it is looked at, so that many at once are no way around.

    Raises ``TooManyGuesses``; the transaction must not commit then.
    """
    # The same statement whoever it is and whatever was tried before: timing must not tell, either.
    first = insert_into(session, PasswordGuesses).values(subject=subject, count=1, since=now)
    kept = PasswordGuesses.__table__.c  # type: ignore[attr-defined]
    is_over = kept.since <= now - WINDOW
    counted = first.on_conflict_do_update(
        index_elements=[kept.subject],
        set_={
            "count": case((is_over, 1), else_=kept.count + 1),
            "since": case((is_over, now), else_=kept.since),
        },
    ).returning(kept.count, kept.since)
    counts = (await session.execute(counted)).mappings().one()
    if counts["count"] > MOST_GUESSES:
        raise TooManyGuesses(counts["since"] + WINDOW, now)


async def take_back(session: AsyncSession, subject: str) -> None:
    """The password was right: that was no guess. Those before it still count."""
    its = col(PasswordGuesses.subject) == subject, col(PasswordGuesses.count) > 0
    fewer = {"count": col(PasswordGuesses.count) - 1}
    await session.execute(update(PasswordGuesses).where(*its).values(fewer))


async def forget_guesses(session: AsyncSession, subject: str) -> None:
    """Reset the count: earlier guesses were for another password."""
    await session.execute(delete(PasswordGuesses).where(col(PasswordGuesses.subject) == subject))


async def forget_old_guesses(session: AsyncSession, now: datetime) -> None:
    """Delete counts that no longer keep anybody from anything."""
    await session.execute(delete(PasswordGuesses).where(col(PasswordGuesses.since) <= now - WINDOW))
