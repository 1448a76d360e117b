"""What may go wrong with webhooks."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import BadUserInput, Conflict, FieldProblem, Forbidden, NotFound
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.projects import STREAM as PROJECTS


class WebhookNotFound(NotFound):
    """Also raised for a webhook of another person."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such webhook.", id=str(id))


class DeliveryNotFound(NotFound):
    """Also raised for a delivery of another person's webhook."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such delivery.", id=str(id))


class UnknownOwner(MissingInReplica, Forbidden):
    """The account of the caller was made a moment ago, or is gone."""

    stream = ACCOUNTS

    def __init__(self) -> None:
        super().__init__("Only people with an active account have webhooks.")


class UnknownProject(MissingInReplica, BadUserInput):
    """There is no such project, or the caller does not see it."""

    stream = PROJECTS

    def __init__(self) -> None:
        message = "There is no such project."
        super().__init__(message, [FieldProblem("filters.projectId", "INVALID_FORMAT", message)])


class EventNotYours(Forbidden):
    """The caller may not read what an event is about."""

    def __init__(self, event: str, scope: str) -> None:
        message = f"To receive events of {event} you need the permission {scope}."
        super().__init__(message, required_permission=scope)


class WebhookChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The webhook was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class WebhookNotActive(Conflict):
    def __init__(self) -> None:
        super().__init__("The webhook is switched off. Switch it on first.")


class DeliveryNotFinished(Conflict):
    def __init__(self) -> None:
        super().__init__("The delivery is still to be made.")


class TooManyWebhooks(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A person can have {limit} webhooks at most.", limit=limit)


class TooManyWaiting(Conflict):
    def __init__(self, limit: int) -> None:
        message = f"{limit} deliveries of the webhook are waiting already."
        super().__init__(message, limit=limit)
