"""Writes introspection results into the merged data, before it is projected."""

from collections.abc import Mapping
from typing import Any

from trellis.router.executor.walk import Tree
from trellis.router.planner.plan import INTROSPECTION, OutputField, Selection


class Introspected:
    """The places of one plan's output with ``__schema`` or ``__type``: usually the root, but a
    query or a mutation payload may have fields that return the query type."""

    def __init__(self, output: Selection) -> None:
        self._output = output
        self._here: dict[int, tuple[OutputField, ...]] = {}
        self._inner_fields: dict[int, tuple[OutputField, ...]] = {}
        self._find_inner_fields(output)

    def place(self, data: Tree, answers: Mapping[str, Any]) -> None:
        """Write the ``answers`` (by ``Field.introspection``) into the objects of ``data``."""
        seen: set[tuple[int, int]] = set()
        pending: list[tuple[Selection, Any]] = [(self._output, data)]
        while pending:
            selection, value = pending.pop()
            if type(value) is list:
                pending += [(selection, item) for item in value]
                continue
            spot = (id(selection), id(value))
            if type(value) is not dict or spot in seen:
                continue
            seen.add(spot)
            for one in self._here[id(selection)]:
                value[one.source] = answers[one.source.removeprefix(INTROSPECTION)]
            for one in self._inner_fields[id(selection)]:
                assert one.selection is not None
                pending.append((one.selection, value.get(one.source)))

    def _find_inner_fields(self, selection: Selection) -> bool:
        """Whether introspection is selected here or below; records it and the fields on the way."""
        if id(selection) not in self._inner_fields:
            fields = selection.fields
            self._here[id(selection)] = tuple(
                f for f in fields if f.source.startswith(INTROSPECTION)
            )
            self._inner_fields[id(selection)] = tuple(
                one for one in fields if one.selection and self._find_inner_fields(one.selection)
            )
        return bool(self._here[id(selection)] or self._inner_fields[id(selection)])
