"""Puts what the router says about the schema into the merged data, before it is shaped."""

from collections.abc import Mapping
from typing import Any

from trellis.router.executor.walk import Tree
from trellis.router.planner.plan import QUESTION, OutputField, Selection


class Introspected:
    """The places of one plan's output where ``__schema`` or ``__type`` was asked: mostly the root,
    but a query may lead to its own root type again, and so may a mutation's payload."""

    def __init__(self, output: Selection) -> None:
        self._output = output
        self._here: dict[int, tuple[OutputField, ...]] = {}
        self._leads_on: dict[int, tuple[OutputField, ...]] = {}
        self._mark_ways(output)

    def place(self, data: Tree, answers: Mapping[str, Any]) -> None:
        """Write the ``answers``, by question, into every object of ``data`` concerned."""
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
                value[one.source] = answers[one.source.removeprefix(QUESTION)]
            for one in self._leads_on[id(selection)]:
                assert one.selection is not None
                pending.append((one.selection, value.get(one.source)))

    def _mark_ways(self, selection: Selection) -> bool:
        """Whether something is asked here or below; notes it, and the fields that lead on."""
        if id(selection) not in self._leads_on:
            fields = selection.fields
            self._here[id(selection)] = tuple(f for f in fields if f.source.startswith(QUESTION))
            self._leads_on[id(selection)] = tuple(
                one for one in fields if one.selection and self._mark_ways(one.selection)
            )
        return bool(self._here[id(selection)] or self._leads_on[id(selection)])
