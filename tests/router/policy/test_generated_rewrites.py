"""However an operation is written, the verdict on it is the same: generated rewritings."""

import random
import re
from dataclasses import dataclass, field

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from router.operation.model import SelectionSet
from router.operation.normalize import normalize
from router.policy.authorize import authorize
from schema.identity import ANONYMOUS, Identity
from tests.router.policy.test_authorize import RULES, SCHEMA, SOMEBODY, holder

Tree = list[tuple[str, "Tree", str]]
"""Fields with what is selected of them and the type they answer."""

USER: Tree = [("id", [], ""), ("name", [], ""), ("email", [], ""), ("salary", [], "")]
OPERATION: Tree = [
    ("open", [], ""),
    ("users", [*USER, ("friend", [*USER, ("token", [], "")], "User")], "User"),
    ("user", [("friend", [("friend", USER, "User")], "User")], "User"),
    ("ledger", [("id", [], ""), ("total", [], "")], "Ledger"),
    ("node", [("id", [], "")], "Node"),
    ("salaries", [], ""),
    ("mood", [], ""),
]


@dataclass
class Writer:
    """Writes a tree as GraphQL in one of many ways that mean the same."""

    chance: random.Random
    fragments: list[str] = field(default_factory=list)

    def document(self) -> str:
        selection = self.selection(OPERATION, "Query")
        both = "... @include(if: $yes) @skip(if: $no) { open }"
        head = f"query ($yes: Boolean!, $no: Boolean!) {{ {both} {selection[1:]}"
        return " ".join([head, *self.fragments])

    def selection(self, tree: Tree, type: str) -> str:
        parts = [part for one in self.chance.sample(tree, len(tree)) for part in self.field(*one)]
        return "{ " + " ".join(self.wrapped(part, type) for part in parts) + " }"

    def field(self, name: str, below: Tree, type: str) -> list[str]:
        alias = self.chance.choice(["", f"a{self.chance.randrange(10**6)}_{name}: "])
        if not below:
            return [alias + name] * self.chance.choice([1, 1, 2])
        cut = self.chance.randrange(len(below) + 1)
        halves = [half for half in (below[:cut], below[cut:]) if half]
        return [f"{alias}{name} {self.selection(half, type)}" for half in halves]

    def wrapped(self, part: str, type: str) -> str:
        match self.chance.randrange(7):
            case 0:
                return f"... on {type} {{ {part} }}"
            case 1:
                return f"... {{ {part} }}"
            case 2:
                return f"... @include(if: $yes) {{ {part} }}"
            case 3:
                return f"... on {type} @skip(if: $no) {{ {self.wrapped(part, type)} }}"
            case 4:
                name = f"F{len(self.fragments)}"
                self.fragments.append(f"fragment {name} on {type} {{ {part} }}")
                return f"...{name}"
            case _:
                return part


def plain(key: str) -> str:
    """A response key without the alias that the writer gave it."""
    return re.sub(r"^a\d+_", "", key)


def allowed(selection: SelectionSet, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for one in selection.fields:
        if not one.denied:
            found.add((*path, plain(one.key)))
            if one.selection is not None:
                found |= allowed(one.selection, (*path, plain(one.key)))
    return found


def verdict(text: str, identity: Identity) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The paths that are left and the paths that are refused."""
    document = parse(text)
    assert validate(SCHEMA, document) == []
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    normalized = normalize(operation, SCHEMA, fragments, {"yes": True, "no": False})
    result = authorize(normalized, RULES, identity)
    refused = {tuple(plain(key) for key in error["path"]) for error in result.refusals}
    return allowed(result.operation.selection), refused


CALLERS = {
    "anonymous": ANONYMOUS,
    "somebody": SOMEBODY,
    "auditor": holder("audit"),
    "payer": holder("pay"),
    "boss": holder("boss", "pay", "audit"),
}


def simply(tree: Tree) -> str:
    return (
        "{ " + " ".join(n + (f" {simply(below)}" if below else "") for n, below, _ in tree) + " }"
    )


@pytest.mark.parametrize("caller", CALLERS)
def test_two_hundred_ways_to_write_an_operation_have_one_verdict(caller: str):
    identity = CALLERS[caller]
    expected = verdict(simply(OPERATION), identity)
    for seed in range(200):
        text = Writer(random.Random(seed)).document()
        assert verdict(text, identity) == expected, text
