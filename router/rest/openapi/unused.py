"""Removes unused components."""

from collections.abc import Iterator
from typing import Any

_START = "#/components/"


def without_unused(document: dict[str, Any]) -> dict[str, Any]:
    """The document with only those components that its operations use, directly or indirectly."""
    components = document["components"]
    wanted: set[tuple[str, str]] = set()
    waiting = list(_references(document["paths"]))
    while waiting:
        place = waiting.pop()
        if place not in wanted:
            wanted.add(place)
            kind, name = place
            waiting.extend(_references(components[kind][name]))
    schemes = _schemes(document)
    kept = {
        kind: {
            name: value
            for name, value in sorted(entries.items())
            if (kind, name) in wanted or (kind == "securitySchemes" and name in schemes)
        }
        for kind, entries in components.items()
    }
    return {**document, "components": {kind: entries for kind, entries in kept.items() if entries}}


def _references(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(_START):
            kind, _, name = target.removeprefix(_START).partition("/")
            yield kind, name
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _schemes(document: dict[str, Any]) -> set[str]:
    return {
        name
        for item in document["paths"].values()
        for operation in item.values()
        for requirement in operation.get("security", ())
        for name in requirement
    }
