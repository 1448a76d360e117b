"""Named locks that last as long as a transaction."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def hold(session: AsyncSession, name: str, *, shared: bool = False) -> None:
    """Wait for the lock ``name`` of this subgraph and hold it until the transaction ends.

    Any number of transactions may hold it ``shared``, as long as nobody holds it alone. An
    advisory lock on PostgreSQL; on SQLite a write transaction is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        qualified = func.concat(func.current_schema(), f":{name}")
        take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        await session.execute(select(take(func.hashtext(qualified))))
