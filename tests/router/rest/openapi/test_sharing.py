"""Which of the selections of a type becomes the component with its name."""

from typing import Any

import pytest

from trellis.router.rest.openapi.sharing import share_objects


def selection(*members: str) -> dict[str, Any]:
    properties = {member: {"type": "string"} for member in members}
    return {"title": "Note", "type": "object", "properties": properties}


def answers(*notes: dict[str, Any]) -> dict[str, Any]:
    return {
        f"Answer{number}": {"type": "object", "properties": {"data": note}}
        for number, note in enumerate(notes)
    }


SMALL, LARGE, ONCE = (
    selection("id", "text"),
    selection("id", "text", "author"),
    selection("id", "text", "author", "more"),
)
REFERENCE = {"$ref": "#/components/schemas/Note"}


@pytest.mark.parametrize(
    ("described", "component"), [((), SMALL), (("Note",), LARGE), (("Other",), SMALL)]
)
def test_the_most_frequent_or_of_described_types_the_largest(
    described: tuple[str, ...], component: dict[str, Any]
):
    notes = (SMALL, LARGE, SMALL, LARGE, SMALL, ONCE)
    schemas = answers(*notes)

    share_objects(schemas, described)

    assert schemas["Note"] == component
    data = [schemas[f"Answer{n}"]["properties"]["data"] for n in range(len(notes))]
    assert data == [REFERENCE if note == component else note for note in notes]
