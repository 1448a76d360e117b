"""A federated graph in the making: which subgraph has which type and field, and its SDL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.support.chance import Chance, happens, pick, some

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", '
    '"@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject"])\n'
)
ENUM = "enum Color { RED GREEN BLUE }\n"

Form = Literal["entity", "value", "interface", "union", "root"]


@dataclass(slots=True)
class Field:
    """``homes`` are the subgraphs that resolve it, of which the ``stricter`` say that it is never
    null. ``marks`` are directives by subgraph, also of those that only declare it (``@external``).
    ``is_shared`` adds ``@shareable`` for one home."""

    name: str
    output: str
    homes: list[str]
    marks: dict[str, str] = field(default_factory=dict)
    arguments: str = ""
    is_shared: bool = False
    stricter: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        return self.output.strip("[]!")

    def is_in(self, subgraph: str) -> bool:
        return subgraph in self.homes or subgraph in self.marks

    def mark(self, subgraph: str, directive: str) -> None:
        present = self.marks.get(subgraph, "")
        if directive not in present:
            self.marks[subgraph] = f"{present} {directive}".strip()


@dataclass(slots=True)
class Kind:
    """A type. An interface or union has ``members``; ``hidden`` are those that a subgraph does not
    know as such. ``stands_for``: those of its homes that have an interface as interface object.
    ``is_inner``: made with all its fields for keys or for one entity."""

    name: str
    form: Form
    homes: list[str]
    fields: dict[str, Field] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    parents: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    stands_for: list[str] = field(default_factory=list)
    is_inner: bool = False

    @property
    def is_abstract(self) -> bool:
        return self.form in ("interface", "union")

    def add(self, name: str, output: str, homes: list[str]) -> Field:
        return self.fields.setdefault(name, Field(name, output, homes))


@dataclass(slots=True)
class Whole:
    """All types by name, and the subgraphs that they lie in. ``is_generous``: most that is asked
    can be reached, since all subgraphs have the same keys and the whole of a value."""

    chance: Chance
    subgraphs: list[str]
    is_generous: bool
    kinds: dict[str, Kind] = field(default_factory=dict)

    def add(self, kind: Kind) -> Kind:
        self.kinds[kind.name] = kind
        return kind

    def of(self, *forms: Form) -> list[Kind]:
        return [kind for kind in self.kinds.values() if kind.form in forms]

    def targets(self) -> list[Kind]:
        """The types that any field may give."""
        return self.free("entity", "value", "interface", "union")

    def free(self, *forms: Form) -> list[Kind]:
        return [kind for kind in self.of(*forms) if not kind.is_inner]

    def members(self, kind: Kind, subgraph: str) -> list[str]:
        """The types that the interface or union has in the subgraph."""
        return [m for m in kind.members if self._is_member(kind, m, subgraph)]

    def _is_member(self, kind: Kind, member: str, subgraph: str) -> bool:
        above = [self.kinds[p] for p in kind.parents if subgraph in self.kinds[p].homes]
        return (
            subgraph in kind.homes
            and subgraph in self.kinds[member].homes
            and not any((subgraph, member) in k.hidden for k in (kind, *above))
        )

    def declared(self, kind: Kind, subgraph: str) -> Iterator[Field]:
        """The fields of the type in the subgraph; those of an interface that all its members there
        have."""
        if kind.form != "interface" or subgraph in kind.stands_for:
            yield from (f for f in kind.fields.values() if f.is_in(subgraph))
            return
        members = [self.kinds[m] for m in self.members(kind, subgraph)]
        for one in kind.fields.values():
            if members and all(_has(member, one.name, subgraph) for member in members):
                yield one

    def maybe_stricter(self, one: Field) -> Field:
        """The field, rarely with another nullability in one of its subgraphs."""
        if len(one.homes) > 1 and self.chosen(10):
            one.stricter = [pick(self.chance, one.homes)]
        return one

    def wrapped(self, target: str) -> str:
        options = [target] * 3 + [f"{target}!", f"[{target}]", f"[{target}!]!", f"[[{target}]]"]
        return pick(self.chance, options)

    def agreeing(self, homes: list[str], output: str) -> list[str]:
        """Those subgraphs that know a type in common with the first of them, if the field is of an
        interface or union: what they share must have a value that each of them can give."""
        target = self.kinds.get(output.strip("[]!"))
        if target is None or not target.is_abstract or not homes:
            return homes
        common = self._runtime_types(target, homes[0])
        agreed = homes[:1]
        for home in homes[1:]:
            if both := common & self._runtime_types(target, home):
                common = both
                agreed.append(home)
        return agreed

    def _runtime_types(self, kind: Kind, subgraph: str) -> set[str]:
        known = kind.members if subgraph in kind.stands_for else self.members(kind, subgraph)
        return set(known)

    def homes_among(self, options: list[str], most: int = 3) -> list[str]:
        return some(self.chance, options, 1, most)

    def chosen(self, percent: int) -> bool:
        return happens(self.chance, percent)

    def sdls(self) -> list[tuple[str, str]]:
        """``(name, sdl)`` of the subgraphs that have a type."""
        written = [(name, self._sdl(name)) for name in self.subgraphs]
        return [(name, sdl) for name, sdl in written if sdl != LINK]

    def _sdl(self, subgraph: str) -> str:
        present = [kind for kind in self.kinds.values() if subgraph in kind.homes]
        body = "".join(self._definition(kind, subgraph) for kind in present)
        return LINK + body + (ENUM if "Color" in body else "")

    def _definition(self, kind: Kind, subgraph: str) -> str:
        if kind.form == "union":
            return f"union {kind.name} = {' | '.join(self.members(kind, subgraph))}\n"
        lines = [self._line(kind, f, subgraph) for f in self.declared(kind, subgraph)]
        if not lines:
            return ""
        return f"{self._header(kind, subgraph)} {{\n  " + "\n  ".join(lines) + "\n}\n"

    def _header(self, kind: Kind, subgraph: str) -> str:
        is_interface = kind.form == "interface" and subgraph not in kind.stands_for
        parts = [f"{'interface' if is_interface else 'type'} {kind.name}"]
        above = self._implemented(kind, subgraph)
        if above:
            parts.append("implements " + " & ".join(above))
        for key in kind.keys.get(subgraph, ()):
            fields, _, rest = key.partition("|")
            parts.append(f'@key(fields: "{fields}"{rest})')
        if subgraph in kind.stands_for:
            parts.append("@interfaceObject")
        return " ".join(parts)

    def _implemented(self, kind: Kind, subgraph: str) -> list[str]:
        if kind.form == "interface":
            return [p for p in kind.parents if subgraph in self.kinds[p].homes]
        return [i.name for i in self.of("interface") if kind.name in self.members(i, subgraph)]

    def _line(self, kind: Kind, one: Field, subgraph: str) -> str:
        strict = "!" if subgraph in one.stricter and not one.output.endswith("!") else ""
        parts = [f"{one.name}{one.arguments}: {one.output}{strict}"]
        is_interface = kind.form == "interface" and subgraph not in kind.stands_for
        if not is_interface:
            parts += [one.marks[subgraph]] if subgraph in one.marks else []
            if subgraph in one.homes and (len(one.homes) > 1 or one.is_shared):
                parts.append("@shareable")
        return " ".join(parts)


def _has(kind: Kind, name: str, subgraph: str) -> bool:
    return name in kind.fields and kind.fields[name].is_in(subgraph)
