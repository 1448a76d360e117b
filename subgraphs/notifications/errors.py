"""What may go wrong with notifications."""

from uuid import UUID

from trellis.schema.errors import BadUserInput, Conflict, FieldProblem, NotFound


class NotificationNotFound(NotFound):
    """Also the answer for those of others."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such notification.", id=str(id))


class PushSubscriptionNotFound(NotFound):
    """Also the answer for those of others."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such push subscription.", id=str(id))


class LinkNotValid(BadUserInput):
    """A link to unsubscribe that was not made here, or for somebody who is gone."""

    def __init__(self) -> None:
        message = "The link is not valid."
        super().__init__(message, [FieldProblem("token", "INVALID_FORMAT", message)])


class TooManyPushSubscriptions(Conflict):
    def __init__(self, limit: int) -> None:
        message = f"Push messages can go to {limit} browsers at most. Remove one first."
        super().__init__(message, limit=limit)
