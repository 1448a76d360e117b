"""Small federated graphs of entities, value objects, keys and ``@requires``, as plain data: SDL is
written from it, and ``every_plan`` reads it. And small selections over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.chance import Chance, happens, pick, some

LEAVES = ("u", "v", "w", "x")
KEYS: tuple[tuple[str, ...], ...] = (("id",), ("id",), ("code",), ("id", "code"))
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", '
    '"@external", "@requires", "@shareable"])\n'
)


Tree = Mapping[str, "Tree"]
"""A selection: field name to what is selected below, empty for leaves."""


@dataclass(slots=True)
class LocalField:
    """A field that a subgraph resolves: a leaf, or a link to the type ``target``. ``requires``
    are leaves of the same object that must be sent along."""

    target: str = ""
    requires: tuple[str, ...] = ()


@dataclass(slots=True)
class LocalType:
    """A type in one subgraph. ``keys`` are sets of leaves by which the subgraph takes it."""

    fields: dict[str, LocalField] = field(default_factory=dict)
    keys: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class SmallGraph:
    """What each subgraph has, by subgraph and type name."""

    subgraphs: dict[str, dict[str, LocalType]] = field(default_factory=dict)

    def sdls(self) -> list[tuple[str, str]]:
        return [(name, self._sdl(types)) for name, types in self.subgraphs.items()]

    def _sdl(self, types: Mapping[str, LocalType]) -> str:
        return LINK + "\n".join(
            self._type(name, local) for name, local in types.items() if local.fields
        )

    def _type(self, name: str, local: LocalType) -> str:
        keys = "".join(f' @key(fields: "{" ".join(key)}")' for key in local.keys)
        lines = [self._field(name, each, made) for each, made in local.fields.items()]
        needed = {leaf for made in local.fields.values() for leaf in made.requires}
        lines += [f"{leaf}: Int @external" for leaf in sorted(needed)]
        return f"type {name}{keys} {{ {' '.join(lines)} }}"

    def _field(self, owner: str, name: str, made: LocalField) -> str:
        homes = sum(name in self.fields_of(subgraph, owner) for subgraph in self.subgraphs)
        requires = f' @requires(fields: "{" ".join(made.requires)}")' if made.requires else ""
        return f"{name}: {made.target or 'Int'}{' @shareable' if homes > 1 else ''}{requires}"

    def fields_of(self, subgraph: str, type_name: str) -> Mapping[str, LocalField]:
        local = self.subgraphs[subgraph].get(type_name)
        return local.fields if local is not None else {}

    def merged(self, type_name: str) -> dict[str, str]:
        """All fields of a type with what they lead to."""
        return {
            name: made.target
            for subgraph in self.subgraphs
            for name, made in self.fields_of(subgraph, type_name).items()
        }


def small_graph(chance: Chance) -> SmallGraph:
    """Two to four subgraphs with two or three entities and perhaps a value object."""
    names = [f"s{number}" for number in range(chance.number(2, 4))]
    graph = SmallGraph({name: {"Query": LocalType()} for name in names})
    entities = [f"E{number}" for number in range(chance.number(2, 3))]
    values = ["V"] if happens(chance, 40) else []
    for each in entities:
        for name in some(chance, names, 2, len(names)):
            _add_entity(chance, graph.subgraphs[name], each)
    for each in values:
        for name in some(chance, names, 1, 3):
            graph.subgraphs[name][each] = LocalType()
    for each in (*entities, *values):
        for leaf in LEAVES[: chance.number(2, 4)]:
            _spread(chance, graph, each, leaf, "")
    for types in graph.subgraphs.values():
        if "V" in types and not types["V"].fields:
            del types["V"]
    for each in (*entities, *values):
        for target in some(chance, (*entities, *values), 0, 2):
            _spread(chance, graph, each, f"to{target}", target)
    for target in entities:
        _spread(chance, graph, "Query", f"q{target}", target)
    for each in entities:
        _add_requirement(chance, graph, each)
    return graph


def _add_entity(chance: Chance, types: dict[str, LocalType], name: str) -> None:
    keys = tuple(dict.fromkeys(pick(chance, KEYS) for _ in range(chance.number(1, 2))))
    leaves = {leaf: LocalField() for key in keys for leaf in key}
    if happens(chance, 40):
        leaves["code"] = LocalField()
    types[name] = LocalType(leaves, () if happens(chance, 10) else keys)


def _spread(chance: Chance, graph: SmallGraph, owner: str, name: str, target: str) -> None:
    """Have some of the subgraphs that know both types resolve the field."""
    homes = [
        types
        for types in graph.subgraphs.values()
        if owner in types and (not target or target in types)
    ]
    for types in some(chance, homes, 1, 3):
        types[owner].fields[name] = LocalField(target)


def _add_requirement(chance: Chance, graph: SmallGraph, owner: str) -> None:
    """Let a leaf in one subgraph require a leaf of others."""
    if happens(chance, 40):
        return
    local = pick(chance, [types[owner] for types in graph.subgraphs.values() if owner in types])
    mine: Sequence[str] = [leaf for leaf in LEAVES if leaf in local.fields]
    others = [leaf for leaf in LEAVES if leaf in graph.merged(owner) and leaf not in local.fields]
    if mine and others and local.keys:
        local.fields[pick(chance, mine)].requires = (pick(chance, others),)


def small_selection(
    chance: Chance, graph: SmallGraph, owner: str = "Query", depth: int = 3
) -> Tree:
    """One to three leaves of each object, and objects at most ``depth`` links below the root."""
    fields = graph.merged(owner)
    leaves = [name for name in LEAVES if name in fields]
    links = [name for name, target in fields.items() if target]
    tree: dict[str, Tree] = {}
    for name in some(chance, leaves, 1, 3) if leaves else ():
        tree[name] = {}
    for name in some(chance, links, int(owner == "Query"), 2) if depth else ():
        below = small_selection(chance, graph, fields[name], depth - 1)
        if below:
            tree[name] = below
    return tree


def text_of(tree: Tree) -> str:
    parts = (f"{name} {text_of(below)}" if below else name for name, below in tree.items())
    return f"{{ {' '.join(parts)} }}"
