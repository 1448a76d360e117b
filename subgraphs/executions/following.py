"""The output of an execution as it is written, from any place in it, to its end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.outbox import Envelope
from trellis.schema.errors import BadUserInput
from trellis.subgraphs.executions import queries
from trellis.subgraphs.executions.errors import ExecutionNotFound
from trellis.subgraphs.executions.loaders import Loaders
from trellis.subgraphs.executions.models import WAITING_OR_RUNNING, Execution, OutputChunk

# An event that came before the subscription had begun to listen is found this soon.
_LOOK_EVERY_SECONDS = 1.0
_MOST_DIGITS = 9

Piece = tuple[Execution, OutputChunk | None]


def place_after(cursor: str | None) -> int:
    """The number of a piece of output as its subscriber knows it. Raises ``BadUserInput``."""
    if cursor is None or cursor == "":
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MOST_DIGITS):
        raise BadUserInput("This is not an eventId: pass one that an event carried.")
    return int(cursor)


async def follow_output(
    context: CallerContext[Loaders], id: UUID, after: int
) -> AsyncGenerator[Piece]:
    """The pieces after the number ``after``, as they come, and at the end the execution without a
    piece, unless that was seen, too; use it inside ``aclosing``.

    Raises ``ExecutionNotFound``, also when it is removed meanwhile.
    """
    async with aclosing(_about(context, id)) as events:
        next_event: asyncio.Task[Envelope] | None = None
        try:
            while True:
                # It listens before it reads, and reads before it waits.
                next_event = next_event or asyncio.create_task(anext(events))
                async with context.storage.read() as session:
                    execution, pieces = await queries.output_after(
                        session, context.caller, id, after
                    )
                if execution is None:
                    raise ExecutionNotFound(id)
                for piece in pieces:
                    after = piece.sequence
                    yield execution, piece
                if execution.status not in WAITING_OR_RUNNING:
                    break
                done, _ = await asyncio.wait([next_event], timeout=_LOOK_EVERY_SECONDS)
                if done:
                    next_event.result()
                    next_event = None
        finally:
            if next_event is not None:
                next_event.cancel()
                await asyncio.wait([next_event])
    if after <= execution.last_sequence:
        yield execution, None


async def _about(context: CallerContext[Loaders], id: UUID) -> AsyncGenerator[Envelope]:
    async with aclosing(context.storage.events()) as events:
        async for event in events:
            if event.key == str(id):
                yield event
