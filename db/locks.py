"""Named locks that last as long as a transaction."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def hold(session: AsyncSession, name: str) -> None:
    """Wait for the lock ``name`` of this subgraph and hold it until the transaction ends.

    An advisory lock on PostgreSQL; on SQLite a write transaction is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        qualified = func.concat(func.current_schema(), f":{name}")
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(qualified))))
