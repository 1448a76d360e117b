"""What composition lets through is valid GraphQL, and what it refuses as invalid is not: random
type systems, judged by graphql-core."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.chance import Drawn, Seeded
from tests.support.examples import examples
from tests.support.random_types import random_types
from tests.support.schema_faults import composed_faults, schema_faults
from trellis.router.composition.api_schema import api_schema_sdl
from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.contracts import contract
from trellis.router.composition.merge import merge_subgraphs
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.post.deprecation import drop_deprecations
from trellis.router.composition.post.interfaces import check_interface_fields
from trellis.router.composition.post.references import check_references
from trellis.router.composition.post.validity import check_validity
from trellis.router.composition.sdl import print_schema
from trellis.router.composition.subgraph import Subgraph
from trellis.router.composition.subgraphs import load_subgraphs

SEEDS_IN_CI = 60
SEEDS_IN_LONG_RUN = 20_000


def subgraphs_of(pairs: list[tuple[str, str]]) -> list[Subgraph]:
    return [Subgraph(name, f"http://{name}", sdl) for name, sdl in pairs]


def check_composition(pairs: list[tuple[str, str]]) -> Composition:
    """Compose; a graph that comes out is valid whoever reads it, a refusal says why."""
    composition = compose(subgraphs_of(pairs))
    shown = "\n".join(f"# {name}\n{sdl}" for name, sdl in pairs)
    if composition.is_ok:
        assert composed_faults(composition) == [], shown
        assert api_schema_sdl(composition.supergraph_sdl) == composition.api_sdl, shown
    else:
        assert all(error.code and error.message for error in composition.errors), shown
    return composition


def merge_to_judge(pairs: list[tuple[str, str]]) -> Merge | None:
    """What merging gives before GraphQL's rules are applied to it; None if it is refused before."""
    schemas, errors = load_subgraphs(subgraphs_of(pairs))
    if errors:
        return None
    merge = merge_subgraphs(schemas).merge
    if not merge.errors:
        check_references(merge)
        check_interface_fields(merge)
        drop_deprecations(merge)
    return None if merge.errors else merge


def plain_sdl(merge: Merge) -> str:
    """The merged schema, hidden elements included, without the machinery."""
    schema = merge.merged.copy()
    for _, _, element in schema.elements():
        element.applied[:] = [d for d in element.applied if d.name in ("deprecated", "oneOf")]
    own = {n: d for n, d in schema.directives.items() if n not in merge.machinery_directives}
    return print_schema(replace(schema, directives=own, applied=[]))


def run_seeds(first: int, count: int) -> tuple[int, int]:
    """How many random graphs composed, and how many were invalid once merged."""
    composed = invalid = 0
    for seed in range(first, first + count):
        pairs = random_types(Seeded(seed))
        composed += check_composition(pairs).is_ok
        merge = merge_to_judge(pairs)
        if merge is None:
            continue
        faults = schema_faults(plain_sdl(merge))
        check_validity(merge)
        assert bool(merge.errors) == bool(faults), (seed, merge.errors, faults)
        assert {error.code for error in merge.errors} <= {"INVALID_GRAPHQL"}
        invalid += bool(faults)
    return composed, invalid


def test_composition_and_graphql_core_agree_on_merged_schemas():
    composed, invalid = run_seeds(0, SEEDS_IN_CI)

    # Neither side is judged on nothing.
    assert composed > SEEDS_IN_CI // 5
    assert invalid > SEEDS_IN_CI // 5


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_composition_and_graphql_core_agree_on_many_merged_schemas():
    composed, invalid = run_seeds(1_000_000, SEEDS_IN_LONG_RUN)

    assert composed > SEEDS_IN_LONG_RUN // 5
    assert invalid > SEEDS_IN_LONG_RUN // 5


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_an_invalid_graph_would_shrink_to_a_small_one(data: st.DataObject):
    check_composition(random_types(Drawn(data.draw)))


def test_what_contracts_leave_is_valid():
    left = refused = 0
    for seed in range(100):
        composition = compose(subgraphs_of(random_types(Seeded(seed))))
        if not composition.is_ok or "@tag" not in composition.supergraph_sdl:
            continue
        part = contract(composition.supergraph_sdl, exclude=["t"])
        if part.is_ok:
            assert schema_faults(part.api_sdl) == [], seed
        left += part.is_ok
        refused += not part.is_ok

    assert left > 10
    assert refused > 10
