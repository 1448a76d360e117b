"""Random sets of subgraphs whose type systems merge in every way: inputs (some ``@oneOf``), enums,
default values, deprecation, interfaces that implement interfaces, directives for clients,
``@inaccessible``, and the tag "t" here and there. Each subgraph is valid alone, nearly always;
together many are not.

Subgraphs take their types from one plan and leave out or change a little of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.chance import Chance, happens, pick, some
from tests.support.composing import federation_2

ENUM_VALUES = ("RED", "GREEN", "BLUE")
SCALARS = ("Int", "String")
WRAPPED = ("{}", "{}", "{}", "[{}]", "[{}!]", "[[{}]]")
INACCESSIBLE, TAGGED = 2, 6


def random_types(chance: Chance) -> list[tuple[str, str]]:
    """Name and SDL of two or three subgraphs."""
    plan = _plan(chance)
    return [
        (name, _Subgraph(chance, plan, name).sdl())
        for name in "abc"[: 3 if happens(chance, 25) else 2]
    ]


@dataclass(slots=True)
class _Plan:
    """What the subgraphs have in common: names, and types of fields without ``!``."""

    enums: list[str]
    inputs: dict[str, dict[str, str]]
    one_of: list[str]
    interfaces: dict[str, dict[str, str]]
    # Interface or object -> the interfaces that it may declare.
    implements: dict[str, list[str]]
    objects: dict[str, dict[str, str]]
    # Field of an interface or object -> its arguments.
    arguments: dict[str, dict[str, str]]
    directive: dict[str, str]
    shared: str


def _plan(chance: Chance) -> _Plan:
    # The last enum is returned; the others, nearly always, are only sent.
    enums = [f"E{n}" for n in range(chance.number(2, 3))]
    inputs = [f"N{n}" for n in range(chance.number(1, 4))]
    interfaces = [f"I{n}" for n in range(chance.number(1, 4))]
    objects = [f"T{n}" for n in range(chance.number(1, 3))]
    sent = enums if happens(chance, 5) else enums[:-1]
    input_types = [*SCALARS, *sent, *inputs]
    output_types = [*SCALARS, enums[-1], *interfaces, *objects]

    def fields(prefix: str, types: list[str], most: int) -> dict[str, str]:
        return {
            f"{prefix}{n}": pick(chance, WRAPPED).format(pick(chance, types))
            for n in range(chance.number(1, most))
        }

    def input_fields(index: int) -> dict[str, str]:
        # Inputs mostly lead to later ones, as circles soon have no end.
        types = inputs if happens(chance, 20) else inputs[index + 1 :]
        return fields("x", [*SCALARS, *sent, *types, *types], 3)

    interface_fields = {name: fields(f"{name.lower()}_", output_types, 2) for name in interfaces}
    names = [name for found in interface_fields.values() for name in found]
    return _Plan(
        enums,
        {name: input_fields(index) for index, name in enumerate(inputs)},
        [name for name in inputs if happens(chance, 25)],
        interface_fields,
        {
            # The later an interface, the more it implements; rarely one does so backwards.
            name: some(chance, interfaces if happens(chance, 3) else interfaces[:n], 0, 2)
            for n, name in enumerate([*interfaces, *objects])
        },
        {name: fields("t", output_types, 2) for name in objects},
        {name: fields("p", input_types, 2) for name in names if happens(chance, 30)},
        fields("p", input_types, 2),
        pick(chance, [*sent, *inputs]),
    )


@dataclass(slots=True)
class _Subgraph:
    """One subgraph in the making; its choices are made on the way and kept."""

    chance: Chance
    plan: _Plan
    name: str
    values: dict[str, list[str]] = field(default_factory=dict)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    one_of: list[str] = field(default_factory=list)
    implements: dict[str, list[str]] = field(default_factory=dict)

    def sdl(self) -> str:
        chance, plan = self.chance, self.plan
        self.values = {
            name: [value for value in ENUM_VALUES if happens(chance, 90)] or ["RED"]
            for name in plan.enums
        }
        self.one_of = [name for name in plan.one_of if happens(chance, 85)]
        self.inputs = {
            name: self._some_fields(fields, name in self.one_of)
            for name, fields in plan.inputs.items()
        }
        self.implements = self._closed(
            {
                name: [i for i in found if i != name and happens(chance, 70)]
                for name, found in plan.implements.items()
            }
        )
        parts = [
            *map(self._enum, plan.enums),
            *map(self._input, plan.inputs),
            *map(self._interface, plan.interfaces),
            *map(self._object, plan.objects),
            self._query(),
            f"directive @ask{self._arguments(plan.directive)} on FIELD | QUERY",
        ]
        return federation_2("\n".join(parts))

    # Input

    def _some_fields(self, fields: dict[str, str], one_of: bool) -> dict[str, str]:
        kept = {name: text for name, text in fields.items() if happens(self.chance, 94)}
        return {
            name: text if one_of else self._maybe_required(text)
            for name, text in (kept or fields).items()
        }

    def _maybe_required(self, text: str) -> str:
        return f"{text}!" if happens(self.chance, 10) else text

    def _enum(self, name: str) -> str:
        lines = [value + self._marks() for value in self.values[name]]
        return f"enum {name} {{ {' '.join(lines)} }}"

    def _input(self, name: str) -> str:
        if name in self.one_of:
            default = " = null" if happens(self.chance, 30) else ""
            lines = [f"{field}: {text}{default}" for field, text in self.inputs[name].items()]
        else:
            lines = [self._value(field, text) for field, text in self.inputs[name].items()]
        return f"input {name}{' @oneOf' * (name in self.one_of)} {{ {' '.join(lines)} }}"

    def _value(self, name: str, text: str, *, own: bool = False) -> str:
        """An argument or input field; what is required is not deprecated. The default value is
        the same for all subgraphs, as far as can be, unless the element is its ``own``."""
        default = None
        if happens(self.chance, 20 if own else 15):
            default = self._literal(text, 0) if own else self._common_literal(text)
        deprecated = happens(self.chance, 8) and (default is not None or not text.endswith("!"))
        written = f" = {default}" if default is not None else ""
        return f"{name}: {text}{written}{' @deprecated' * deprecated}{self._marks()}"

    def _marks(self) -> str:
        hidden = " @inaccessible" * happens(self.chance, INACCESSIBLE)
        return hidden + ' @tag(name: "t")' * happens(self.chance, TAGGED)

    def _literal(self, text: str, depth: int) -> str | None:
        """A value of this type in this subgraph; None where it would become too deep."""
        if not text.endswith("!") and (depth > 2 or happens(self.chance, 10)):
            return "null"
        text = text.removesuffix("!")
        if text.startswith("["):
            item = self._literal(text[1:-1], depth + 1)
            if item is None:
                return "[]"
            return item if happens(self.chance, 20) and item != "null" else f"[{item}]"
        if text in self.values:
            return pick(self.chance, self.values[text])
        if text in self.inputs:
            return self._object_literal(text, depth)
        return "1" if text == "Int" else '"word"'

    def _common_literal(self, text: str) -> str | None:
        """The value of this type that others are likely to give, too."""
        text = text.removesuffix("!")
        if text.startswith("["):
            return "[]"
        if text in self.values:
            return "RED" if "RED" in self.values[text] else None
        if text in self.inputs:
            required = any(t.endswith("!") for t in self.inputs[text].values())
            return None if required or text in self.one_of else "{}"
        return "1" if text == "Int" else '"word"'

    def _object_literal(self, name: str, depth: int) -> str | None:
        fields = self.inputs[name]
        if name in self.one_of:
            chosen = pick(self.chance, list(fields))
            value = self._literal(f"{fields[chosen]}!", depth + 1) if depth < 4 else None
            return None if value is None else f"{{{chosen}: {value}}}"
        parts = []
        for name_, text in fields.items():
            if not text.endswith("!") and happens(self.chance, 50):
                continue
            value = self._literal(text, depth + 1) if depth < 4 else None
            if value is None and text.endswith("!"):
                return None
            if value is not None:
                parts.append(f"{name_}: {value}")
        return "{" + ", ".join(parts) + "}"

    # Output

    def _closed(self, implements: dict[str, list[str]]) -> dict[str, list[str]]:
        """With the interfaces of interfaces; a circle stays one."""
        for name, found in implements.items():
            for interface in found:
                found += [i for i in implements[interface] if i not in found and i != name]
        return implements

    def _interface(self, name: str) -> str:
        return f"interface {self._composite(name, self.plan.interfaces[name])}"

    def _object(self, name: str) -> str:
        own = {f: text for f, text in self.plan.objects[name].items() if happens(self.chance, 90)}
        key = ' @key(fields: "id") @shareable'
        return f"type {self._composite(name, {'id': 'ID', **own}, key)}"

    def _composite(self, name: str, fields: dict[str, str], applied: str = "") -> str:
        declared = self.implements[name]
        inherited = [self.plan.interfaces[interface] for interface in declared]
        types = {key: text for found in (*inherited, fields) for key, text in found.items()}
        lines = [
            f"{key}{self._field_arguments(key)}: {text}{self._marks() if key != 'id' else ''}"
            for key, text in types.items()
        ]
        if happens(self.chance, 10) and not applied:
            lines[-1] += " @deprecated"
        head = f"{name} implements {' & '.join(declared)}" if declared else name
        return f"{head}{applied} {{ {' '.join(lines)} }}"

    def _field_arguments(self, name: str) -> str:
        """Left out by some subgraphs, in all of their types: what is left is what interfaces have,
        unless a subgraph has only one of the two."""
        arguments = self.plan.arguments.get(name, {})
        left = {n: text for n, text in arguments.items() if (self.name, n) != ("b", "p1")}
        return self._arguments(left, plain=True)

    def _arguments(self, arguments: dict[str, str], *, plain: bool = False) -> str:
        lines = [
            f"{name}: {text}" if plain else self._value(name, self._maybe_required(text))
            for name, text in arguments.items()
        ]
        return f"({', '.join(lines)})" if lines else ""

    def _query(self) -> str:
        lines = [
            f"{self.name}_{name.lower()}: {name}"
            for name in (*self.plan.interfaces, *self.plan.objects)
        ]
        for name in (*self.plan.inputs, *self.plan.enums[:-1]):
            text = self._maybe_required(pick(self.chance, WRAPPED).format(name))
            lines.append(f"{self.name}_{name.lower()}({self._value('p', text, own=True)}): Int")
        shared = self._arguments({"p": self.plan.shared, "q": "Int"})
        lines.append(f"shared{shared}: Int @shareable")
        return f"type Query {{ {' '.join(lines)} }}"
