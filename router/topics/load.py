"""Reads the topics of the event socket: ``<folder>/<dialect>/<name>.graphql``, each with one
subscription that has ``@topic``."""

from collections.abc import Mapping
from pathlib import Path

from trellis.router.config import Config
from trellis.router.errors import ConfigError
from trellis.router.rest.constraints import read_constraints
from trellis.router.rest.load import OperationChecks, load_topic, stored_documents
from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.topic import Topic

FOLDER = "topics"

Topics = Mapping[str, Topic]
"""All topics by their names."""


def load_topics(
    config: Config, graph: OperationChecks, profiles: Mapping[str, Profile] = PROFILES
) -> Topics:
    """The topics below ``operations_dir``/topics of the dialects that are served.

    Raises ConfigError with file and line for an operation that does not fit the graph, a variable
    that nothing fills, and two topics of one name: clients of all dialects use one socket.
    """
    folder: Path = config.operations_dir / FOLDER
    stored = list(stored_documents(folder, profiles, config.rest.profiles))
    if not stored:
        return {}
    constraints = read_constraints(graph.sdl)
    topics: dict[str, Topic] = {}
    for document in stored:
        topic = load_topic(document, graph, constraints)
        other = topics.setdefault(topic.name, topic)
        if other is not topic:
            source, known = topic.route.source, other.route.source
            raise ConfigError(f"{source}: the topic {topic.name} is in {known} already.")
    return topics
