"""Reads the variables of topics and writes their events."""

from collections.abc import Mapping
from typing import Any, Self

from starlette.types import Scope

from trellis.router.requirements import FREE, Requirement
from trellis.router.rest.access import access_to
from trellis.router.rest.answers import AnswerWriter
from trellis.router.rest.path import read_template
from trellis.router.rest.request_reader import RequestReader
from trellis.router.rest.topic import CURSOR_HEADER, Topic
from trellis.router.rest.unrouted import unrouted
from trellis.router.supergraph import Supergraph
from trellis.router.topics.messages import Name
from trellis.router.web.errors import ErrorAnswer
from trellis.schema.errors import BadRequest, TrellisError


class TopicReader:
    """Of one topic, for all clients."""

    def __init__(self, topic: Topic, access: Requirement = FREE) -> None:
        """``access`` is the requirement on its callers, which errors can name."""
        self.topic = topic
        self.route = topic.route
        self.answers = AnswerWriter(topic.route, access)
        self._reader = RequestReader(topic.route)
        self._path_names = read_template(topic.route.path).names

    def variables(self, name: Name, after: str | None) -> dict[str, Any]:
        """Raises RequestInvalid for a malformed id, and BadRequest for one that is missing, that
        the topic does not have, and for a cursor where it cannot resume."""
        if (name.id is None) is not (self.topic.id is None):
            wanted = "Give the 'id'" if self.topic.id is not None else "There is no 'id'"
            raise BadRequest(f"{wanted} of the topic {name.topic}.")
        if after is not None and not self.topic.is_resumable:
            raise BadRequest(f"The topic {name.topic} cannot be resumed: leave out 'after'.")
        path = {} if name.id is None else {self._path_names[0]: name.id}
        cursor = [] if after is None else [(CURSOR_HEADER.lower().encode(), _header(after))]
        return self._reader.read(path, b"", cursor)[0]


def _header(cursor: str) -> bytes:
    try:
        return cursor.encode("latin-1")
    except UnicodeEncodeError:
        raise BadRequest("'after' is no cursor.") from None


class TopicReaders:
    """The readers of the topics of one supergraph, by name."""

    def __init__(self, readers: Mapping[str, TopicReader]) -> None:
        self._readers = readers

    @classmethod
    def of(cls, topics: Mapping[str, Topic], supergraph: Supergraph) -> Self:
        """For topics that are served from this supergraph."""
        return cls(
            {
                name: TopicReader(topic, access_to(topic.route, supergraph))
                for name, topic in topics.items()
            }
        )

    def find(self, name: str) -> TopicReader | None:
        return self._readers.get(name)

    def any(self) -> TopicReader | None:
        """One of them, for what is wrong with no topic in particular."""
        return next(iter(self._readers.values()), None)

    def write_error(self, error: TrellisError, scope: Scope) -> ErrorAnswer | None:
        """The response to a refused handshake, in the words of the topics' dialect; None without
        topics."""
        reader = self.any()
        if reader is None:
            return None
        response = unrouted(reader.route.profile, error, scope)
        return ErrorAnswer(response.status, response.headers, response.body)


NO_TOPICS = TopicReaders({})
