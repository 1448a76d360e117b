"""``python -m tests.subgraphs.issues.busy_process FOLDER ROUND``: people who execute
transitions until the process is killed. Each that was acknowledged is a line on stdout."""

import asyncio
import sys
from itertools import cycle
from pathlib import Path

from tests.subgraphs.issues.moving import EXECUTE, definition, learn, step
from tests.support.killing import tell
from tests.support.subgraphs import Running, caller, running
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.subgraphs.issues.graph import make_subgraph

BESIDE = ["projects", "workflows", "comments"]
CIRCLE = {"Start": ("Open", "In Progress"), "Finish": ("In Progress", "Done")}
CIRCLE["Back"] = ("Done", "Open")
CREATE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
ALAN = caller("alan")


async def move(issues: Running, workflow: str) -> None:
    """One issue around the circle; each round has new ones."""
    new = {"projectId": str(demo_id("project", "ENG")), "summary": "x", "issueType": "Story"}
    issue = (await issues.ask(CREATE, ALAN, i=new))["createIssue"]["issue"]["id"]
    wanted = {"workflowId": workflow, "issueId": issue}
    for name in cycle(CIRCLE):
        given = {**wanted, "transitionId": str(demo_id("step", name)), "comment": name}
        done = (await issues.ask(EXECUTE, ALAN, i=given))["executeTransition"]
        tell(issue=issue, execution=done["execution"]["id"], version=done["issue"]["version"])


async def main(folder: Path) -> None:
    async with running(make_subgraph, DataSettings(data_dir=folder), BESIDE) as issues:
        steps = [step(name, *ends) for name, ends in CIRCLE.items()]
        workflow = await learn(issues, definition(*steps), id=demo_id("workflow", "killed"))
        await asyncio.gather(*(move(issues, workflow) for _ in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
