"""Which REST dialects use a field: subgraphs mark it with ``@tag``, one for each of them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

FILE_NAME = "dialects.json"
Tags = Mapping[str, tuple[str, ...]]


@cache
def dialect_tags() -> Tags:
    """The dialects by coordinate (``Query.tasks``; unions by their name), as ``trellis compose``
    found them in the stored operations. Raises OSError, ValueError."""
    file = Path(__file__).parent / FILE_NAME
    if not file.exists():  # nothing is composed yet
        return MappingProxyType({})
    found = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({coordinate: tuple(names) for coordinate, names in found.items()})
