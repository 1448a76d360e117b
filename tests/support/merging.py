"""Merges small subgraphs for tests: what the errors, hints and merged types are.

Subgraphs are called a, b, c...; they link federation with all of its directives, and each gets a
query field of its own, so that a test writes only the types it is about.
"""

from tests.support.composing import federation_2, load
from trellis.router.composition.merge import merge_subgraphs
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.post import check_merged
from trellis.router.composition.sdl import print_type


def merge_of(*sdls: str) -> Merge:
    """The state after merging and the rules that follow it; nothing may be wrong before."""
    texts = [
        federation_2(f"{sdl}\nextend type Query {{ {name}: Int }}")
        for name, sdl in zip("abcdef", sdls, strict=False)
    ]
    schemas, errors = load(*texts)
    assert errors == []
    merge = merge_subgraphs(schemas).merge
    if not merge.errors:
        check_merged(merge)
    return merge


def merge_codes(*sdls: str) -> list[str]:
    """The codes of all errors, sorted."""
    return sorted(error.code for error in merge_of(*sdls).errors)


def merge_errors(*sdls: str) -> list[tuple[str, str | None]]:
    """Code and coordinate of each error."""
    return [(error.code, error.coordinate) for error in merge_of(*sdls).errors]


def merge_hints(*sdls: str) -> list[tuple[str, str | None]]:
    """Code and coordinate of each hint; nothing may be wrong."""
    merge = merge_of(*sdls)
    assert merge.errors == []
    return [(hint.code, hint.coordinate) for hint in merge.hints]


def merged_type(name: str, *sdls: str) -> str:
    """The SDL of one merged type; nothing may be wrong."""
    merge = merge_of(*sdls)
    assert merge.errors == []
    return print_type(merge.merged.types[name])
