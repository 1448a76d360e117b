"""What is known about a request when it has been answered, for metrics and the log.

Doors fill it in as they learn it. Nothing in it is secret: no text of a client except for the name
of an operation, whose grammar allows letters, digits and underscores only.
"""

from contextvars import ContextVar
from uuid import UUID


class RequestRecord:
    """The record of one HTTP request or WebSocket.

    ``door`` and ``dialect`` say who answered, ``route`` is the template of a REST route. The
    operation, its hash and the caller are those of the last operation, if there were several.
    ``status`` is 0 until a response begins; ``received`` and ``sent`` count bytes of bodies.
    """

    __slots__ = (
        "caller",
        "dialect",
        "door",
        "operation",
        "operation_hash",
        "received",
        "route",
        "sent",
        "status",
    )

    def __init__(self, door: str) -> None:
        self.door = door
        self.dialect = ""
        self.route: str | None = None
        self.operation: str | None = None
        self.operation_hash: str | None = None
        self.caller: UUID | None = None
        self.status = 0
        self.received = 0
        self.sent = 0


current_record: ContextVar[RequestRecord | None] = ContextVar("current_record", default=None)
"""The record of the current request; None in programs that call the graph by themselves."""


def note_door(door: str) -> None:
    """Record which door answers the current request, where its path does not say so."""
    record = current_record.get()
    if record is not None:
        record.door = door


def note_route(dialect: str, route: str, *, is_stream: bool) -> None:
    """Record that a route of a dialect answers the current request. A stream of events is a door
    of its own: how long it lasts says nothing about how fast responses are."""
    record = current_record.get()
    if record is not None:
        record.door = "events" if is_stream else "rest"
        record.dialect = dialect
        record.route = route
