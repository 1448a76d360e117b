"""What may be wrong about a line: a test or a place that is not there, a claim without proof."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conformance.rest.cases import CASES, CHECKED
from tests.requirements.lines import Line


def faults(line: Line, root: Path) -> list[str]:
    """Sentences about what is wrong, none when all is well; ``root`` holds the repository."""
    found = [f"{place} does not exist" for place in line.places if not (root / place).exists()]
    found += [f"there is no test {name}" for name in line.tests if not has_test(root, name)]
    found += [f"{id} is no case of its document" for id in line.contract if not _is_case(id, line)]
    found += _unproved(line)
    return [f"{line.id}: {fault}" for fault in found]


def _is_case(id: str, line: Line) -> bool:
    return id in {*CASES, *CHECKED} and id.partition("-")[0] == line.id.partition("-")[0]


def _unproved(line: Line) -> Iterator[str]:
    if line.state == "holds":
        if not line.tests and not line.contract:
            yield "it holds, but no test asks for it"
        if not line.places:
            yield "it holds, but nothing says where"
        if line.waits:
            yield "it holds, but waits for something"
    elif line.state == "partly" and not line.note and not line.waits:
        yield "nothing says what is missing"
    elif line.state == "later" and not line.waits:
        yield "nothing says what it waits for"


def has_test(root: Path, node_id: str) -> bool:
    """Whether ``file::function`` or ``file::class::method`` is a test of that file.

    Parameters of a test are not looked at: name the test without them.
    """
    file, *names = node_id.split("::")
    return bool(names) and tuple(names) in _tests_of(root / file)


@cache
def _tests_of(file: Path) -> frozenset[tuple[str, ...]]:
    if not file.is_file():
        return frozenset()
    return frozenset(_named(ast.parse(file.read_text(encoding="utf-8"))))


def _named(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    for node in tree.body:
        if _is_test(node):
            yield (node.name,)  # type: ignore[attr-defined]
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, one.name) for one in node.body if _is_test(one))  # type: ignore[attr-defined]


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
