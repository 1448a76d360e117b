"""Access rules put on generated subgraphs, and the table of what was put where."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.support.chance import Chance, happens, pick
from trellis.schema.identity import Identity

FEATURES = ("authenticated", "requiresScopes", "policy")


@dataclass(frozen=True, slots=True)
class Rule:
    """One application of a directive. ``alternatives`` is None for @authenticated."""

    feature: str
    alternatives: tuple[tuple[str, ...], ...] | None = None

    def is_met_by(self, identity: Identity) -> bool:
        if self.alternatives is None:
            return identity.id is not None
        if self.feature == "policy":
            return any(all(_holds(name, identity) for name in names) for names in self.alternatives)
        return any(
            "admin" in identity.roles or all(name in identity.scopes for name in names)
            for names in self.alternatives
        )

    def written(self, name: str) -> str:
        """The application under the name that a subgraph gave the directive."""
        if self.alternatives is None:
            return f"@{name}"
        names = ", ".join(
            "[" + ", ".join(f'"{one}"' for one in several) + "]" for several in self.alternatives
        )
        argument = "policies" if self.feature == "policy" else "scopes"
        return f"@{name}({argument}: [{names}])"


HAS, ABOUT = "has:", "about:"
"""Begin the names of policies: those that ask for a scope, and those that look at objects, which
may let the caller through. No other policy is known."""


def _holds(policy: str, identity: Identity) -> bool:
    if policy.startswith(ABOUT):
        return True
    return policy.startswith(HAS) and policy.removeprefix(HAS) in identity.scopes


SIGNED_IN = Rule("authenticated")
ONE_SCOPE = Rule("requiresScopes", (("a",),))
SCOPES = Rule("requiresScopes", (("a", "b"), ("c",)))
NOBODY = Rule("requiresScopes", ())
POLICY = Rule("policy", (("unknown",),))
KNOWN_POLICIES = Rule("policy", (("has:a", "has:b"), ("has:c",)))
RULES = (SIGNED_IN, ONE_SCOPE, SCOPES, SIGNED_IN, ONE_SCOPE, POLICY)
POLICIES = (
    KNOWN_POLICIES,
    Rule("policy", (("about:x",),)),
    Rule("policy", (("about:x", "about:y"), ("has:a",))),
    Rule("policy", (("about:y", "has:b"), ("about:x", "unknown"))),
    Rule("policy", (("about:z",), ("about:x", "has:c"))),
    ONE_SCOPE,
)


@dataclass(slots=True)
class Placed:
    """Rules by coordinate: a type, or a type and a field. Those of a field of an interface object
    hold for every type that gets the field from it."""

    rules: dict[tuple[str, ...], list[Rule]] = field(default_factory=dict)

    def put(self, rule: Rule, *place: str) -> None:
        self.rules.setdefault(place, []).append(rule)

    def are_met(self, identity: Identity, *place: str) -> bool:
        return all(rule.is_met_by(identity) for rule in self.rules.get(place, ()))


@dataclass(frozen=True, slots=True)
class Import:
    """How a subgraph imports the directives, and the names that they have there then."""

    imports: str
    names: dict[str, str]


PLAIN = Import(", ".join(f'"@{name}"' for name in FEATURES), {name: name for name in FEATURES})
RENAMED = Import(
    '{name: "@authenticated", as: "@members"}, {name: "@requiresScopes", as: "@policy"}, '
    '{name: "@policy", as: "@requiresScopes"}',
    {"authenticated": "members", "requiresScopes": "policy", "policy": "requiresScopes"},
)
NAMESPACED = Import("", {name: f"federation__{name}" for name in FEATURES})
IMPORTS = {"plain": PLAIN, "renamed": RENAMED, "namespaced": NAMESPACED}


def link(how: Import, others: Iterable[str] = ()) -> str:
    """The ``@link`` of a subgraph that imports the directives this way, and ``others``."""
    names = ", ".join([*(f'"@{name}"' for name in others), *filter(None, [how.imports])])
    url = "https://specs.apollo.dev/federation/v2.8"
    return f'extend schema @link(url: "{url}", import: [{names}])\n'


_TYPE = re.compile(r"^(?:type|enum) (\w+)[^{]*(?= \{)", re.MULTILINE)
_FIELD = re.compile(r"^  (\w+)(?:\([^)]*\))?: [^@\n]*(.*)$")
_REQUIRES = re.compile(r'@requires\(fields: "([^"]*)"\)')


def protect(
    chance: Chance, pairs: Sequence[tuple[str, str]], rules: Sequence[Rule] = RULES
) -> tuple[list[tuple[str, str]], Placed]:
    """Subgraphs of ``random_graph`` with some of the rules on fields, types and the enum."""
    maker = _Protector(chance, pairs, rules)
    return [(name, maker.protect(sdl)) for name, sdl in pairs], maker.placed


class _Protector:
    """Leaves alone what one must not protect by itself: declarations of others' fields, fields
    that another one took over, and what others read by ``@requires``."""

    def __init__(
        self, chance: Chance, pairs: Sequence[tuple[str, str]], rules: Sequence[Rule]
    ) -> None:
        self._chance = chance
        self._rules = rules
        # Composition wants one name for a directive everywhere.
        self._how = pick(chance, list(IMPORTS.values()))
        self.placed = Placed()
        texts = [sdl for _, sdl in pairs]
        self._required = {
            name for t in texts for found in _REQUIRES.findall(t) for name in found.split()
        }
        self._has_requires = bool(self._required)
        self._overridden = any("@override(" in t for t in texts)

    def protect(self, sdl: str) -> str:
        others = re.findall(r'"@(\w+)"', sdl.split("\n", 1)[0])
        lines, owner = [], ""
        for line in sdl.split("\n")[1:]:
            header = _TYPE.match(line)
            if header is not None:
                owner = header[1]
                line = self._protected_type(line, header)
            elif line.startswith("  ") and owner:
                line = self._protected_field(line, owner)
            elif not line.startswith("  "):
                owner = ""
            lines.append(line)
        return link(self._how, others) + "\n".join(lines)

    def _protected_type(self, line: str, header: re.Match[str]) -> str:
        name = header[1]
        is_shielded = name in ("Query", "Media") or (name == "Color" and self._has_requires)
        if is_shielded or not happens(self._chance, 8):
            return line
        rule = self._rule(name)
        return f"{header[0]} {self._written(rule)}{line[header.end() :]}"

    def _protected_field(self, line: str, owner: str) -> str:
        found = _FIELD.match(line)
        if found is None:
            return line
        name, directives = found[1], found[2]
        is_taken = "@external" in directives or (self._overridden and name.startswith("f"))
        if is_taken or name in self._required or not happens(self._chance, 15):
            return line
        rule = self._rule(owner, name)
        return f"{line} {self._written(rule)}"

    def _written(self, rule: Rule) -> str:
        return rule.written(self._how.names[rule.feature])

    def _rule(self, *place: str) -> Rule:
        rule = pick(self._chance, self._rules)
        self.placed.put(rule, *place)
        return rule
