"""Loads the configured graph: a supergraph file, or the composed subgraphs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from trellis.router.composition.compose import Composition
from trellis.router.config import Config
from trellis.router.loading.composed import compose_members, python_line
from trellis.router.loading.members import (
    Member,
    load_members,
    members_of_supergraph,
    read_supergraph_file,
)


@dataclass(frozen=True, slots=True)
class LoadedGraph:
    """``composition`` is None for a supergraph read from a file."""

    sdl: str
    composition: Composition | None
    find_members: Callable[[], Sequence[Member]]

    @property
    def members(self) -> Sequence[Member]:
        """The subgraphs. Those of a supergraph file are located on first use, because planning
        and validation do not need their URLs. Raises ConfigError."""
        return self.find_members()

    def locate(self, coordinate: str) -> str | None:
        """The ``file:line`` of a schema coordinate in a subgraph of this process, or None."""
        return python_line(self.members, coordinate) if self.composition is not None else None


def load_graph(config: Config) -> LoadedGraph:
    """The configured graph. Raises ConfigError, CompositionFailed and SupergraphInvalid."""
    if config.supergraph is not None:
        sdl = read_supergraph_file(config.supergraph)
        return LoadedGraph(sdl, None, partial(members_of_supergraph, sdl, config))
    members = load_members(config)
    composition = compose_members(members)
    return LoadedGraph(composition.supergraph_sdl, composition, lambda: members)
