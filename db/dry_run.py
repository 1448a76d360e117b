"""Dry runs of mutations: they are executed up to the commit, and rolled back."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import TrellisError


class DryRunEnded(TrellisError):
    """The dry run is over: the mutation would have been committed."""

    code = "DRY_RUN"
    http_status = 409

    def __init__(self) -> None:
        super().__init__("This was a dry run: nothing has changed.")


@asynccontextmanager
async def rolled_back(
    transaction: AbstractAsyncContextManager[UnitOfWork],
) -> AsyncGenerator[UnitOfWork]:
    """The transaction without its commit: raises ``DryRunEnded`` when the block has written."""
    async with transaction as uow:
        yield uow
        await uow.session.flush()
        raise DryRunEnded
