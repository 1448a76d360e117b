"""Composition: subgraph SDLs in, supergraph and API schema out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trellis.router.collector import collector_paused
from trellis.router.composition.merge import merge_subgraphs
from trellis.router.composition.post import check_merged
from trellis.router.composition.post.visible import visible_schema
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.satisfiability import MAX_PATHS, check_satisfiability
from trellis.router.composition.sdl import print_schema
from trellis.router.composition.subgraph import Subgraph
from trellis.router.composition.subgraphs import load_subgraphs
from trellis.router.composition.supergraph_sdl import print_supergraph


@dataclass(frozen=True, slots=True)
class Composition:
    """The result of composition: a supergraph, or the errors that prevent it.

    ``supergraph_sdl`` and ``api_sdl`` are empty when there are errors.
    """

    errors: tuple[CompositionError, ...] = ()
    hints: tuple[CompositionHint, ...] = ()
    supergraph_sdl: str = ""
    api_sdl: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.errors


def compose(subgraphs: Sequence[Subgraph], *, max_paths: int = MAX_PATHS) -> Composition:
    """Compose subgraphs into one graph, by the rules of Apollo Federation 2.

    The order of the subgraphs does not matter. Stops after the first stage that finds errors and
    reports all of that stage; never raises because of the SDL. ``max_paths`` bounds the last stage
    (see ``check_satisfiability``).
    """
    with collector_paused():
        return _compose(subgraphs, max_paths)


def _compose(subgraphs: Sequence[Subgraph], max_paths: int) -> Composition:
    loaded, errors = load_subgraphs(subgraphs)
    if errors:
        return Composition(tuple(errors))
    result = merge_subgraphs(loaded)
    merge = result.merge
    if not merge.errors:
        check_merged(merge)
    if merge.errors:
        return Composition(tuple(merge.errors), tuple(merge.hints))
    errors, hints = check_satisfiability(
        merge.subgraphs,
        merge.merged,
        max_paths=max_paths,
        inaccessible=merge.directive_names.get("inaccessible", "inaccessible"),
    )
    merge.hints.extend(hints)
    if errors:
        return Composition(tuple(errors), tuple(merge.hints))
    return Composition(
        (), tuple(merge.hints), print_supergraph(result), print_schema(visible_schema(merge))
    )
