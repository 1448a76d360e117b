"""Stored operations state with ``@rules`` only what the graph does not declare (decision 0079)."""

from collections.abc import Iterator
from pathlib import Path

from graphql import OperationDefinitionNode, VariableDefinitionNode, parse

from trellis.router.rest.constraints import read_constraints, variable_rules
from trellis.router.rest.directives import without_directives
from trellis.router.rest.route import Rules
from trellis.router.sdl import argument_values
from trellis.router.supergraph import Supergraph

ROOT = Path(__file__).parents[2]
NAMES = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "format": "format",
    "notBlank": "not_blank",
}


def test_no_stored_operation_repeats_a_limit_of_the_graph() -> None:
    graph = Supergraph.load((ROOT / "schema" / "supergraph.graphql").read_text())
    constraints = read_constraints(graph.sdl)
    files = sorted((ROOT / "persisted_queries" / "rest").rglob("*.graphql"))
    declared = 0
    repeated = []
    for file in files:
        document = parse(file.read_text())
        rules = variable_rules(without_directives(document), graph.schema, constraints)
        declared += len(rules)
        [operation] = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        for variable in operation.variable_definitions or ():
            name = variable.variable.name.value
            for argument in _repeated(variable, rules.get(name, Rules())):
                repeated.append(f"{file.relative_to(ROOT)}: ${name} @rules({argument})")

    assert declared > 50
    assert repeated == []


def _repeated(variable: VariableDefinitionNode, declared: Rules) -> Iterator[str]:
    for directive in variable.directives or ():
        given = argument_values(directive)
        if directive.name.value == "rules" and "member" not in given:
            for name, attribute in NAMES.items():
                if name in given and given[name] == getattr(declared, attribute):
                    yield f"{name}: {given[name]}"
