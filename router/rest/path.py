"""Path templates such as ``/api/v1/projects/{project_id}``."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BRACES = re.compile(r"\{([^{}]+)\}")
_FIXED = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")

DATA = "data."
"""Prefix, in a location, of a member of the response with the name of a path parameter."""


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """``texts`` are the segments of a path, with None for parameters; ``names`` are those of the
    parameters in order. Templates with equal ``texts`` match the same paths."""

    texts: tuple[str | None, ...]
    names: tuple[str, ...]


def read_template(path: str) -> PathTemplate:
    """Parse a template. Raises ValueError that describes what is wrong with it."""
    if not path.startswith("/") or path == "/":
        raise ValueError("a path is like /api/v1/things/{thing_id}")
    texts: list[str | None] = []
    names: list[str] = []
    for segment in path[1:].split("/"):
        if match := _NAME.fullmatch(segment):
            texts.append(None)
            names.append(match[1])
        elif _FIXED.fullmatch(segment) and segment not in (".", ".."):
            texts.append(segment)
        else:
            raise ValueError(f"`{segment}` is no segment of a path")
    if len(set(names)) < len(names):
        raise ValueError("two parameters of the path have the same name")
    return PathTemplate(tuple(texts), tuple(names))


def in_braces(template: str) -> list[str]:
    """The names in the braces of a location, such as ``user.id``."""
    return _BRACES.findall(template)


def fill(template: str, value_of: Callable[[str], str]) -> str:
    """The template with values in place of the braces."""
    return _BRACES.sub(lambda match: value_of(match[1]), template)
