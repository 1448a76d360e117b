"""Random sets of federation subgraphs: entities with several keys, shared and overridden fields,
``@requires``, ``@provides``, interfaces, unions, interface objects, value types, mutations."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.chance import Chance, happens, pick, some

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", '
    '"@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject"])\n'
)
LEAVES = ("String", "Int", "Boolean", "Float", "Color", "String!", "[String!]", "Int!")
MORE_LEAVES = (*LEAVES, "[[Int]]", "[[Color!]]!", "[String]!")
LABELS = ("fresh", "percent(20)")
ENUM = "enum Color { RED GREEN BLUE }\n"


@dataclass(slots=True)
class Draft:
    """One subgraph in the making: type header -> field lines by name."""

    name: str
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    uses_enum: bool = False

    def add(self, type_name: str, name: str, line: str) -> None:
        self.types.setdefault(type_name, {}).setdefault(name, line)
        self.uses_enum |= "Color" in line

    def sdl(self) -> str:
        body = "".join(
            f"{self.headers.get(t, f'type {t}')} {{\n"
            + "".join(f"  {line}\n" for line in fields.values())
            + "}\n"
            for t, fields in self.types.items()
        )
        unions = "".join(h + "\n" for t, h in self.headers.items() if h.startswith("union"))
        return LINK + body + unions + (ENUM if self.uses_enum else "")


@dataclass(slots=True)
class Entity:
    name: str
    homes: list[Draft]
    keys: dict[str, list[str]]
    leaves: dict[str, tuple[str, list[Draft]]] = field(default_factory=dict)
    asked_with: dict[str, tuple[str, list[Draft]]] = field(default_factory=dict)


@dataclass(slots=True)
class GraphMaker:
    """Builds the drafts step by step; each step is one feature of federation. ``is_wide`` adds
    lists in lists, required fields with arguments, override labels, subscriptions, and interfaces
    of which some subgraphs know members as interface objects (other planners get these wrong)."""

    chance: Chance
    drafts: list[Draft]
    is_wide: bool = False
    entities: list[Entity] = field(default_factory=list)
    composites: list[str] = field(default_factory=list)

    def make(self) -> list[tuple[str, str]]:
        for index in range(self.chance.number(1, 4)):
            self._entity(f"E{index}")
        self._value_type()
        self._abstract_types()
        for entity in self.entities:
            self._leaves(entity)
        self._interface_object()
        for entity in self.entities:
            self._links(entity)
            self._requires(entity)
            self._override(entity)
        self._roots()
        return [(d.name, d.sdl()) for d in self.drafts if d.types]

    def _entity(self, name: str) -> None:
        homes = some(self.chance, self.drafts, 1, len(self.drafts))
        has_second_key = happens(self.chance, 30)
        keys: dict[str, list[str]] = {}
        for draft in homes:
            options = [["id"], ["id", "code"], ["code"]] if has_second_key else [["id"]]
            keys[draft.name] = pick(self.chance, options)
            fields = {"id": "id: ID!", "code": "code: String!"}
            for key in keys[draft.name]:
                draft.add(name, key, fields[key])
            directives = " ".join(f'@key(fields: "{key}")' for key in keys[draft.name])
            draft.headers[name] = f"type {name} {directives}"
        self.entities.append(Entity(name, homes, keys))
        self.composites.append(name)

    def _value_type(self) -> None:
        if not happens(self.chance, 40):
            return
        for draft in self.drafts:
            draft.headers["Money"] = "type Money @shareable"
        self.composites.append("Money")

    def _abstract_types(self) -> None:
        if len(self.entities) < 2 or not happens(self.chance, 50):
            return
        members = some(self.chance, self.entities, 2, 3)
        self.composites.append(pick(self.chance, ["Named", "Either"]))
        if self.composites[-1] == "Either":
            names = " | ".join(entity.name for entity in members)
            for draft in self._know_all(members):
                draft.headers["Either"] = f"union Either = {names}"
            return
        for draft in self._know_all(members):
            draft.headers["Named"] = "interface Named"
            draft.types["Named"] = {"id": "id: ID!"}
            for entity in members:
                header = draft.headers[entity.name].replace("@key", "implements Named @key", 1)
                draft.headers[entity.name] = header
                draft.add(entity.name, "id", "id: ID! @shareable")
                if "id" not in entity.keys[draft.name]:
                    entity.keys[draft.name].append("id")
                    draft.headers[entity.name] += ' @key(fields: "id")'
                    draft.types[entity.name]["id"] = "id: ID!"

    def _know_all(self, members: list[Entity]) -> list[Draft]:
        """Make every subgraph with one member know all of them, so that no member is partial."""
        drafts = [d for d in self.drafts if any(d in e.homes for e in members)]
        for entity in members:
            for draft in drafts:
                if draft not in entity.homes:
                    entity.homes.append(draft)
                    entity.keys[draft.name] = ["id"]
                    draft.add(entity.name, "id", "id: ID!")
                    draft.headers[entity.name] = f'type {entity.name} @key(fields: "id")'
        return drafts

    def _leaves(self, entity: Entity) -> None:
        for index in range(self.chance.number(1, 4)):
            name = f"f{index}"
            output = pick(self.chance, MORE_LEAVES if self.is_wide else LEAVES)
            homes = some(self.chance, entity.homes, 1, 2)
            entity.leaves[name] = (output, homes)
            arguments = "(n: Int)" if happens(self.chance, 20) else ""
            if arguments:
                entity.asked_with[name] = entity.leaves.pop(name)
            shared = " @shareable" if len(homes) > 1 else ""
            for draft in homes:
                draft.add(entity.name, name, f"{name}{arguments}: {output}{shared}")

    def _links(self, entity: Entity) -> None:
        for index in range(self.chance.number(0, 2)):
            draft = pick(self.chance, entity.homes)
            targets = self._targets(draft)
            target = pick(self.chance, targets)
            output = self._wrapped(target)
            provided = self._provides(draft, target)
            draft.add(entity.name, f"to{index}", f"to{index}: {output}{provided}")

    def _targets(self, draft: Draft) -> list[str]:
        known = [c for c in self.composites if c in draft.headers]
        for name in known:
            if name == "Money":
                draft.add("Money", "amount", "amount: Int!")
                draft.add("Money", "currency", "currency: String")
        return known

    def _wrapped(self, target: str) -> str:
        options = [target, f"{target}!", f"[{target}]", f"[{target}!]!"]
        if self.is_wide:
            options += [f"[[{target}]]", f"[[{target}!]!]"]
        return pick(self.chance, options)

    def _provides(self, draft: Draft, target: str) -> str:
        entity = next((e for e in self.entities if e.name == target), None)
        if entity is None or not happens(self.chance, 30):
            return ""
        options = [
            (name, output)
            for name, (output, homes) in entity.leaves.items()
            if name not in draft.types[target] and len(homes) == 1
        ]
        if not options:
            return ""
        name, output = pick(self.chance, options)
        draft.add(target, name, f"{name}: {output} @external")
        owner = entity.leaves[name][1][0].types[target]
        if "@shareable" not in owner[name]:
            owner[name] += " @shareable"
        return f' @provides(fields: "{name}")'

    def _requires(self, entity: Entity) -> None:
        if len(entity.homes) < 2 or not happens(self.chance, 50):
            return
        draft = pick(self.chance, entity.homes)
        elsewhere = [
            (name, "", output)
            for name, (output, homes) in entity.leaves.items()
            if draft not in homes
        ]
        for name, (output, homes) in entity.asked_with.items() if self.is_wide else ():
            if draft not in homes:
                elsewhere.append((name, "(n: Int)", output))
        if not elsewhere:
            return
        needed = some(self.chance, elsewhere, 1, 2)
        for name, arguments, output in needed:
            draft.add(entity.name, name, f"{name}{arguments}: {output} @external")
        names = " ".join(
            f"{name}(n: {self.chance.number(0, 2)})" if arguments else name
            for name, arguments, _ in needed
        )
        draft.add(entity.name, "made", f'made: String @requires(fields: "{names}")')

    def _override(self, entity: Entity) -> None:
        if len(entity.homes) < 2 or not happens(self.chance, 25):
            return
        options = [
            (name, output, homes[0])
            for name, (output, homes) in entity.leaves.items()
            if len(homes) == 1
        ]
        if not options:
            return
        name, output, source = pick(self.chance, options)
        others = [d for d in entity.homes if d is not source and name not in d.types[entity.name]]
        if others:
            draft = pick(self.chance, others)
            shared = " @shareable" if "@shareable" in source.types[entity.name][name] else ""
            label = ""
            if self.is_wide and happens(self.chance, 60):
                label = f', label: "{pick(self.chance, LABELS)}"'
            line = f'{name}: {output} @override(from: "{source.name}"{label}){shared}'
            draft.add(entity.name, name, line)
            entity.leaves[name] = (output, [draft])

    def _interface_object(self) -> None:
        if len(self.drafts) < 2 or not happens(self.chance, 30):
            return
        home, other = some(self.chance, self.drafts, 2, 2)
        home.headers["Media"] = 'interface Media @key(fields: "id")'
        home.types["Media"] = {"id": "id: ID!", "title": "title: String"}
        for name in ("Book", "Film"):
            home.headers[name] = f'type {name} implements Media @key(fields: "id")'
            home.types[name] = {"id": "id: ID!", "title": "title: String"}
        home.add("Book", "pages", "pages: Int")
        home.add("Query", "media", f"media: {self._wrapped('Media')}")
        other.headers["Media"] = 'type Media @key(fields: "id") @interfaceObject'
        other.types["Media"] = {"id": "id: ID!", "rating": "rating: Int"}
        self.composites.append("Media")
        if happens(self.chance, 50):
            other.add("Query", "rated", f"rated: {self._wrapped('Media')}")
        if self.is_wide:
            self._more_of_media(home, other)

    def _more_of_media(self, home: Draft, other: Draft) -> None:
        third = next((d for d in self.drafts if d not in (home, other)), None)
        holders = [home, other]
        if third is not None and happens(self.chance, 40):
            third.headers["Media"] = other.headers["Media"]
            third.types["Media"] = {"id": "id: ID!", "length": "length: Int"}
            holders.append(third)
        if happens(self.chance, 50):
            self._found(home, holders)

    def _found(self, home: Draft, holders: list[Draft]) -> None:
        """An interface that some subgraphs return together: one member they know as an interface
        object or by its implementations, another is put together from what each has of it."""
        for draft in holders:
            draft.headers["Found"] = "interface Found"
            draft.types["Found"] = {"id": "id: ID!"}
            for name in ("Media", "Book", "Film") if draft is home else ("Media",):
                header = draft.headers[name]
                is_first = "implements" not in header
                joined = "implements Found @key" if is_first else "implements Found & "
                old = "@key" if is_first else "implements "
                draft.headers[name] = header.replace(old, joined, 1)
            draft.headers["Odd"] = "type Odd implements Found"
            draft.types["Odd"] = {"id": "id: ID! @shareable"}
        together = some(self.chance, holders, 1, len(holders))
        output = self._wrapped("Found")
        for draft in together:
            draft.add("Query", "found", f"found: {output} @shareable")
            draft.add("Odd", draft.name, f"{draft.name}: Int")
            near = [e.name for e in self.entities if draft in e.homes]
            if near and happens(self.chance, 50):
                draft.add("Odd", f"to_{draft.name}", f"to_{draft.name}: {pick(self.chance, near)}")

    def _roots(self) -> None:
        for index in range(self.chance.number(1, 4)):
            draft = pick(self.chance, self.drafts)
            targets = self._targets(draft)
            if targets:
                target = pick(self.chance, targets)
                output = self._wrapped(target)
                line = f"q{index}: {output}{self._provides(draft, target)}"
                draft.add("Query", f"q{index}", line)
        self._shared_root()
        if self.is_wide:
            self._other_roots()

    def _other_roots(self) -> None:
        roots = [("Subscription", "news")] if happens(self.chance, 40) else []
        roots += [("Mutation", f"do{index}") for index in range(self.chance.number(0, 3))]
        for root, name in roots:
            draft = pick(self.chance, self.drafts)
            targets = self._targets(draft)
            if targets:
                target = pick(self.chance, targets)
                draft.add(root, name, f"{name}: {self._wrapped(target)}")

    def _shared_root(self) -> None:
        if len(self.drafts) < 2 or not happens(self.chance, 30):
            return
        pair = some(self.chance, self.drafts, 2, 2)
        common = [n for n in self._targets(pair[0]) if n in self._targets(pair[1])]
        if common:
            target = pick(self.chance, common)
            for draft in pair:
                draft.add("Query", "both", f"both: {target} @shareable")


def random_graph(chance: Chance, *, is_wide: bool = False) -> list[tuple[str, str]]:
    """``(name, sdl)`` of two to four subgraphs, with ``is_wide`` of more of what federation can
    express. They may fail to compose: satisfiability is part of what is tested."""
    drafts = [Draft(f"s{index}") for index in range(chance.number(2, 4))]
    return GraphMaker(chance, drafts, is_wide).make()
