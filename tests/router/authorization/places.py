"""Two subgraphs with every place where a rule can stand, and operations that come by each."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.protecting import SIGNED_IN, Import, Placed, Rule, link
from tests.support.universe import Universe
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

OTHERS = ("key", "shareable", "external", "requires", "provides", "interfaceObject")
HERE = """
type Query {
  open: String
  guarded: String {root}
  shared: String @shareable {shared}
  thing: Thing
  things: [Thing!]!
  given: Thing @provides(fields: "label")
  node: Node
  nodes: [Node!]!
  any: [Any]
  mood: Mood
  pins: [Pin!]!
  media: [Media!]!
  find(by: Filter, mood: Mood, moods: [Mood!], pin: Pin, limit: Int): String
}
type Mutation { change: Thing reset: String {mutation} count: Int }
interface Node { id: ID! title: String }
type Thing implements Node @key(fields: "id") {thing} {
  id: ID! title: String own: String {own} strict: String! {strict} weight: Int {weight}
  label: String @external friend: Thing mood: Mood
}
type Note implements Node { id: ID! title: String text: String of: Node }
type Ledger implements Node {ledger} { id: ID! title: String {title} total: Int }
union Any = Note | Ledger | Secret
type Secret {secret} { word: String }
enum Mood {mood} { GOOD BAD }
scalar Pin {pin}
input Filter { name: String mood: Mood inner: Filter }
interface Media @key(fields: "id") { id: ID! name: String }
type Book implements Media @key(fields: "id") { id: ID! name: String }
type Film implements Media @key(fields: "id") { id: ID! name: String }
"""
THERE = """
type Query { shared: String @shareable {shared_there} }
type Thing @key(fields: "id") {
  id: ID! label: String @shareable {label} remote: Int {remote}
  weight: Int @external cost: Int @requires(fields: "weight") {cost}
}
type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int {rating} }
"""
SLOTS = {
    "root": ("Query", "guarded"),
    "shared": ("Query", "shared"),
    "shared_there": ("Query", "shared"),
    "mutation": ("Mutation", "reset"),
    "thing": ("Thing",),
    "own": ("Thing", "own"),
    "strict": ("Thing", "strict"),
    "weight": ("Thing", "weight"),
    "cost": ("Thing", "cost"),
    "label": ("Thing", "label"),
    "remote": ("Thing", "remote"),
    "ledger": ("Ledger",),
    "title": ("Ledger", "title"),
    "secret": ("Secret",),
    "mood": ("Mood",),
    "pin": ("Pin",),
    "rating": ("Media", "rating"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """``slots`` get the rule under test; ``also`` have one of their own."""

    slots: tuple[str, ...]
    operations: tuple[str, ...]
    also: dict[str, Rule] = field(default_factory=dict)


PLACES = {
    "root field": Place(("root",), ("{ open guarded }", "{ guarded }", "{ a: guarded guarded }")),
    "field": Place(
        ("own",),
        (
            "{ open thing { id own } }",
            "{ things { own } }",
            "{ things { id friend { friend { own } } } }",
            "{ nodes { id ... on Thing { own title } } }",
            "query ($f: Boolean = false) { thing { id own @include(if: $f) } }",
        ),
    ),
    "non-null field": Place(
        ("strict",),
        ("{ open thing { id strict } }", "{ open things { strict } }", "{ given { strict } open }"),
    ),
    "field of another subgraph": Place(
        ("remote",),
        ("{ thing { id remote } }", "{ things { remote } }", "{ open thing { remote } }"),
    ),
    "type": Place(
        ("thing",),
        (
            "{ open thing { id } }",
            "{ open things { title } }",
            "{ node { id } }",
            "{ open nodes { ... on Note { id of { title } } } }",
            "{ open nodes { __typename } }",
        ),
    ),
    "type of an interface": Place(
        ("ledger",),
        (
            "{ open node { id } }",
            "{ open nodes { ... on Note { id } ... on Ledger { id } } }",
            "{ open nodes { ... on Note { title of { ... on Thing { own } } } } }",
            "{ open nodes { ... on Any { __typename } } }",
            "{ open any { ... on Node { id } } }",
        ),
    ),
    "field of an interface's type": Place(
        ("title",),
        (
            "{ open nodes { title } }",
            "{ open nodes { id ... on Thing { title } } }",
            "{ open any { ... on Node { id title } } }",
            "{ any { ... on Ledger { total title } } }",
        ),
    ),
    "type of a union": Place(
        ("secret",),
        (
            "{ open any { ... on Secret { word } } }",
            "{ open any { ... on Note { text } } }",
            "{ any { __typename } open }",
        ),
    ),
    "enum": Place(("mood",), ("{ open mood }", "{ things { id mood } }", "{ mood }")),
    "scalar": Place(("pin",), ("{ open pins }", "{ pins }")),
    "argument of an enum": Place(
        ("mood",),
        (
            "{ open find(mood: GOOD) }",
            "{ open find(moods: [BAD]) }",
            "{ open find(mood: null, limit: 3) }",
            "query ($m: Mood = GOOD) { open find(mood: $m) }",
        ),
    ),
    "argument of a scalar": Place(
        ("pin",), ('{ open find(pin: "7") }', "{ open find(limit: 7) }", "{ find(pin: 7) }")
    ),
    "input field": Place(
        ("mood",),
        (
            "{ open find(by: {mood: GOOD}) }",
            "{ open find(by: {inner: {inner: {mood: BAD}}}) }",
            '{ open find(by: {name: "x", inner: {mood: null}}) }',
        ),
    ),
    "field of an interface object": Place(
        ("rating",),
        (
            "{ open media { id rating } }",
            "{ open media { ... on Book { rating } ... on Film { name } } }",
            "{ open media { ... on Media { ... on Film { rating } } } }",
            "{ media { rating } }",
        ),
    ),
    "field that requires a protected one": Place(
        ("weight", "cost"), ("{ open thing { cost } }", "{ things { id cost weight } }")
    ),
    "provided field": Place(
        ("label",), ("{ given { id label } }", "{ open thing { label } }", "{ given { label } }")
    ),
    "field with another rule elsewhere": Place(
        ("shared",), ("{ open shared }", "{ shared }"), {"shared_there": SIGNED_IN}
    ),
    "mutation": Place(
        ("mutation",),
        ("mutation { reset }", "mutation { count reset }", "mutation { count change { id } }"),
    ),
    "field below a mutation": Place(
        ("own",), ("mutation { change { id own } }", "mutation { count change { id } }")
    ),
}


@dataclass(frozen=True, slots=True)
class Built:
    sdl: str
    universe: Universe
    placed: Placed


def build(rules: dict[str, Rule], how: Import) -> Built:
    """The supergraph with these rules in these slots, and the world behind it."""
    placed = Placed()
    for slot, rule in rules.items():
        placed.put(rule, *SLOTS[slot])
    written = {slot: rule.written(how.names[rule.feature]) for slot, rule in rules.items()}
    parts = [
        Subgraph(name, f"http://{name}.test", link(how, OTHERS) + _filled(text, written))
        for name, text in (("here", HERE), ("there", THERE))
    ]
    composition = compose(parts)
    assert not composition.errors, composition.errors
    plain = [(name, _filled(text, {})) for name, text in (("here", HERE), ("there", THERE))]
    return Built(composition.supergraph_sdl, Universe(composition.api_sdl, plain), placed)


def _filled(text: str, written: dict[str, Any]) -> str:
    for slot in SLOTS:
        text = text.replace("{" + slot + "}", written.get(slot, ""))
    return text
