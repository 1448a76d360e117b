"""How workflows are asked for in these tests."""

from typing import Any

from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity

GRACE = caller("grace")
"""Administers the projects of her organization."""
ENG = str(demo_id("project", "ENG"))

DRAWN = """id name description isActive issueTypes version states { id name type }
  transitions { id name fromState toState
    conditions { name parameters } validators { name parameters } }"""
CREATE = f"""mutation($i: CreateWorkflowInput!) {{
  createWorkflow(input: $i) {{ workflow {{ {DRAWN} }} }} }}"""
UPDATE = f"""mutation($id: ID!, $i: UpdateWorkflowInput!) {{
  updateWorkflow(id: $id, input: $i) {{ workflow {{ {DRAWN} }} }} }}"""
ACTIVATE = "mutation($id: ID!) { activateWorkflow(id: $id) { workflow { isActive version } } }"
DEACTIVATE = "mutation($id: ID!) { deactivateWorkflow(id: $id) { workflow { isActive } } }"


def state(name: str, type: str) -> dict[str, Any]:
    return {"name": name, "type": type}


def step(name: str, from_state: str, to_state: str, **rules: Any) -> dict[str, Any]:
    return {"name": name, "fromState": from_state, "toState": to_state, **rules}


def wish(**members: Any) -> dict[str, Any]:
    """What the issue tracker's document asks for as an example."""
    return {
        "projectId": ENG,
        "name": "New Workflow",
        "issueTypes": ["Task"],
        "states": [state("To Do", "INITIAL"), state("Done", "FINAL")],
        "transitions": [step("Complete", "To Do", "Done")],
        **members,
    }


async def create(workflows: Running, who: Identity = GRACE, **members: Any) -> dict[str, Any]:
    made = await workflows.ask(CREATE, who, i=wish(**members))
    return made["createWorkflow"]["workflow"]


async def events(workflows: Running) -> list[Any]:
    return list(await workflows.bus.read_after("workflows", "0", 100))
