"""A topic of the event socket as a value: a stored subscription that clients know by a name."""

from dataclasses import dataclass

from trellis.router.rest.route import Parameter, RestRoute

TOPIC_PATH = "/ws"
CURSOR_HEADER = "Last-Event-ID"
"""What a stream of server-sent events resumes after; on the socket it is the member ``after``."""


def is_cursor(parameter: Parameter) -> bool:
    """Whether the parameter is the cursor that a stream resumes after."""
    return parameter.place == "header" and parameter.name.lower() == CURSOR_HEADER.lower()


@dataclass(frozen=True, slots=True)
class Topic:
    """``route`` has the operation, what clients see of its events and in which spelling; nothing is
    served at its path, which is its name in limits and logs."""

    name: str
    route: RestRoute

    @property
    def id(self) -> Parameter | None:
        """Which one of the topic; None where there is one for each caller."""
        return next((p for p in self.route.parameters if p.place == "path"), None)

    @property
    def is_resumable(self) -> bool:
        """Whether it takes a cursor."""
        return any(is_cursor(parameter) for parameter in self.route.parameters)
