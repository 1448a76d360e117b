"""Every SELECT about identities at providers. The caller has been proved by one, or has a code
that nobody else knows."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.subgraphs.accounts.providers.models import OutsideIdentity, SignInCode


async def identity_for_update(
    session: AsyncSession, issuer: str, subject: str
) -> OutsideIdentity | None:
    """The link of this identity, held until the transaction ends."""
    statement = select(OutsideIdentity).where(
        col(OutsideIdentity.issuer) == issuer, col(OutsideIdentity.subject) == subject
    )
    return (await session.scalars(statement.with_for_update())).one_or_none()


async def code_for_update(session: AsyncSession, code_hash: str) -> SignInCode | None:
    """The code with this hash, held until the transaction ends: it is good once."""
    statement = select(SignInCode).where(col(SignInCode.code_hash) == code_hash)
    return (await session.scalars(statement.with_for_update())).one_or_none()
