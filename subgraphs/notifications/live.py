"""The live stream of somebody's notifications."""

from collections.abc import AsyncGenerator
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.outbox import Envelope
from trellis.db.subscriptions import changed_rows
from trellis.schema.errors import Unauthenticated
from trellis.schema.events.notifications import NotificationsCreated
from trellis.subgraphs.notifications.loaders import Loaders
from trellis.subgraphs.notifications.models import Notification


def received_by_caller(
    context: CallerContext[Loaders], after: str | None
) -> AsyncGenerator[tuple[Notification, str]]:
    """Each notification of the caller with its event's cursor; use it inside ``aclosing``. With
    ``after``, such a cursor, it begins with what was missed. Raises ``Unauthenticated``."""
    if context.caller.id is None:
        raise Unauthenticated("Sign in to receive notifications.")
    me = str(context.caller.id)

    def id_of(event: Envelope) -> UUID | None:
        if event.topic != NotificationsCreated.topic:
            return None
        mine = event.payload["notifications"].get(me)
        return UUID(mine) if mine is not None else None

    return changed_rows(context, after, id_of, lambda loaders: loaders.notification)
