"""Handles in texts, and texts without them."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from trellis.subgraphs.people_scope.mentions import (
    Mentioned,
    handles_in,
    people_meant,
    without_handle,
)


@dataclass
class Person:
    id: UUID
    handle: str


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@jane.smith can you look?", [("jane.smith",)]),
        ("Ask @Jane.", [("jane.", "jane")]),
        ("(@ada, @alan_t-2!)", [("ada",), ("alan_t-2",)]),
        ("ada@example.com and a/@b and @@c", []),
        ("@ada", [("ada",)]),
        ("@ ada @-x @", []),
        ("@x...", [("x...", "x..", "x.", "x")]),
        ("\u00e9@ada \n@ada", [("ada",)]),
        ("@" + "a" * 51, [()]),
    ],
)
def test_handles_are_found_in_texts(text: str, handles: list[tuple[str, ...]]):
    assert list(handles_in(text)) == handles


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@Ann: ask @ann.", "@x: ask @x."),
        ("@ann and @anna, @ann.smith, @ann-2", "@x and @anna, @ann.smith, @ann-2"),
        ("(@ann...) bob@ann", "(@x...) bob@ann"),
    ],
)
def test_a_handle_is_taken_out_of_a_text_and_longer_ones_stay(text: str, left: str):
    assert without_handle(text, "ann", "@x") == left


def test_who_is_meant_is_found_by_the_longest_handle_and_once():
    jane, dotted = Person(uuid4(), "jane"), Person(uuid4(), "jane.")
    people = {one.handle: one for one in (jane, dotted)}
    found = people_meant(handles_in("@bob, @jane. @jane and @Jane"), people)
    assert found == [Mentioned(dotted.id, "jane."), Mentioned(jane.id, "jane")]
