"""Finds routes by path, in time proportional to the length of the path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from trellis.router.rest.path import PathTemplate

Entry = TypeVar("Entry")


class Match(NamedTuple, Generic[Entry]):
    """The entries of one path by method, and the values of its parameters in order."""

    entries: Mapping[str, Entry]
    values: tuple[str, ...]


@dataclass(slots=True)
class _Node(Generic[Entry]):
    texts: dict[str, "_Node[Entry]"] = field(default_factory=dict)
    parameter: "_Node[Entry] | None" = None
    entries: dict[str, Entry] = field(default_factory=dict)


class RouteTable(Generic[Entry]):
    """A tree of path segments. A literal segment takes precedence over a parameter for all methods,
    so ``/users/me`` is never the user with the id ``me``."""

    def __init__(self) -> None:
        self._root: _Node[Entry] = _Node()

    def add(self, template: PathTemplate, method: str, entry: Entry) -> None:
        """Add an entry, unless there is one with this path and method already."""
        node = self._root
        for text in template.texts:
            if text is not None:
                node = node.texts.setdefault(text, _Node())
            else:
                if node.parameter is None:
                    node.parameter = _Node()
                node = node.parameter
        node.entries.setdefault(method, entry)

    def find(self, segments: Sequence[str]) -> Match[Entry] | None:
        """The entries at a path, given by its segments."""
        return _find(self._root, segments, 0, ())

    def __iter__(self) -> Iterator[Entry]:
        pending = [self._root]
        while pending:
            node = pending.pop()
            yield from node.entries.values()
            pending += node.texts.values()
            if node.parameter is not None:
                pending.append(node.parameter)


def _find(
    node: _Node[Entry], segments: Sequence[str], position: int, values: tuple[str, ...]
) -> Match[Entry] | None:
    for place in range(position, len(segments)):
        segment = segments[place]
        fixed, parameter = node.texts.get(segment), node.parameter if segment else None
        if fixed is not None and parameter is not None:
            found = _find(fixed, segments, place + 1, values)
            if found is not None:
                return found
        elif fixed is not None:
            node = fixed
            continue
        if parameter is None:
            return None
        node, values = parameter, (*values, segment)
    return Match(node.entries, values) if node.entries else None


def split_path(raw_path: bytes | None, path: str) -> list[str] | None:
    """The segments of a path, decoded individually so that an encoded slash remains in its segment;
    None if it is not UTF-8."""
    if raw_path is None or b"%" not in raw_path:
        return path[1:].split("/")
    try:
        texts = raw_path.decode("ascii")[1:].split("/")
        return [unquote(text, errors="strict") for text in texts]
    except ValueError:
        return None
