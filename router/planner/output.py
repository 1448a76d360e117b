"""How the client's response is read from the merged data."""

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.fetches import Slot
from trellis.router.planner.plan import INTROSPECTION, OutputField, Selection


class OutputBuilder:
    """Builds output selections; equal selections at one position share one object."""

    def __init__(self) -> None:
        self._known: dict[tuple[SelectionSet, Slot], Selection] = {}

    def build(self, selection: SelectionSet, slot: Slot) -> Selection:
        """What objects at ``slot`` contribute, in the order of the client's operation."""
        memo_key = (selection, slot)
        found = self._known.get(memo_key)
        if found is None:
            fields: list[OutputField] = []
            for asked in selection.fields:
                fields.extend(self._fields(asked, selection, slot))
            # Check only where some types are @inaccessible: elsewhere every type is possible.
            is_checked = slot.is_typed and len(slot.possible) > len(selection.possible)
            possible = selection.possible if is_checked else None
            found = self._known[memo_key] = Selection(tuple(fields), possible, selection.orders)
        return found

    def _fields(self, asked: Field, selection: SelectionSet, slot: Slot) -> list[OutputField]:
        types = asked.types
        if asked.denied:
            return [OutputField(asked.key, asked.key, asked.type, types=types, denied=True)]
        if asked.name == "__typename":
            return [_typename(asked, selection)]
        if asked.introspection:
            source = INTROSPECTION + asked.introspection
            return [OutputField(asked.key, source, asked.type, types=types)]
        return [
            OutputField(
                asked.key,
                key,
                asked.type,
                self.build(asked.selection, slot.child(key, asked)) if asked.selection else None,
                runtime,
            )
            for key, runtime in slot.read(asked, types)
        ]


def _typename(asked: Field, selection: SelectionSet) -> OutputField:
    only = min(selection.possible) if len(selection.possible) == 1 else None
    return OutputField(asked.key, "__typename", asked.type, types=asked.types, typename=only)
