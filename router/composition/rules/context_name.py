"""CONTEXT_NAME_INVALID: the name of a context is letters and digits."""

import re
from collections.abc import Iterator

from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken
from trellis.router.composition.subgraph import SubgraphSchema, string_value

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition in subgraph.schema.types.values():
        for applied in subgraph.applied(definition, "context"):
            name = string_value(applied.arguments.get("name")) or ""
            if not _NAME.match(name):
                yield broken(
                    "CONTEXT_NAME_INVALID",
                    f'Context name "{name}" of "{definition.name}" is invalid: use letters and'
                    " digits only, no underscore, and a letter first.",
                    definition.name,
                    applied.place,
                )
