"""The runs of code of the learning platform."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from tests.conformance.rest.asking import Ask, Case, changed
from tests.conformance.rest.world import World

AT = "/learn/api/v1/executions"
# JavaScript is run on every machine, with bubblewrap or without.
WELL = "console.log('well')"
FOREVER = "while (true) {}"


def execute(world: World, code: str = WELL) -> Ask:
    """By somebody who has used up nothing of the day."""
    token = world.fresh(profile="LEARN", displayName="Fay Fresh").token
    return Ask(token=token, body={"language": "javascript", "code": code, "timeout": 30})


def is_accepted(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [] if data["status"] == "queued" else [f"status {data['status']}"]
    at = response.headers["location"]
    return wrong if at.endswith(f"/executions/{data['id']}") else [*wrong, f"location {at}"]


def started(world: World, code: str, token: str | None = None) -> Ask:
    ask = execute(world, code)
    ask = replace(ask, token=token or ask.token)
    id = ask.send(world, "POST", AT).json()["data"]["id"]
    return Ask(token=ask.token, path={"id": id})


def read(world: World, ask: Ask) -> dict[str, Any]:
    return ask.send(world, "GET", f"{AT}/{{id}}").json()["data"]


def completed(world: World, token: str | None = None) -> Ask:
    ask = started(world, WELL, token)
    for _ in range(300):
        if read(world, ask)["status"] not in ("queued", "running"):
            break
        time.sleep(0.1)
    return ask


def has_its_result(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = (data["status"], data["exitCode"], data["stdout"], data["stderr"])
    return [] if told == ("completed", 0, "well\n", "") else [f"told {data}"]


def running(world: World) -> Ask:
    return started(world, FOREVER)


def is_cancelled(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["data"]["status"], read(world, ask)["status"]
    return [] if told == ("cancelled", "cancelled") else [f"told {told}"]


def streams(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    """Pieces, then the end; and after the first piece what comes behind it."""
    wrong = [] if response.headers["content-type"].startswith("text/event-stream") else ["no SSE"]
    told = _events(response.text)
    if [one.get("text") for _, one in told] != ["well\n", None]:
        wrong.append(f"told {told}")
    elif (told[1][1]["status"], told[1][1]["exitCode"]) != ("completed", 0):
        wrong.append(f"ended as {told[1]}")
    again = Ask(ask.token, ask.path, headers={"last-event-id": told[0][0]})
    resumed = _events(again.send(world, "GET", f"{AT}/{{id}}/output").text)
    return wrong if resumed == told[1:] else [*wrong, f"resumed with {resumed}"]


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The ids and data of events that have both."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if lines.get("event") == "output":
            found.append((lines["id"], json.loads(lines["data"])["data"]))
    return found


LEARN_EXECUTIONS: Mapping[str, Case] = {
    "S4-executions-create": Case(
        execute,
        {
            (422, "VALIDATION_ERROR"): changed(execute, language="cobol"),
            (403, "SUBSCRIPTION_REQUIRED"): changed(execute, timeout=31),
        },
        is_accepted,
    ),
    "S4-executions-get": Case(completed, check=has_its_result),
    "S4-executions-output": Case(completed, check=streams, is_file=True),
    "S4-executions-cancel": Case(
        running,
        {(409, None): completed},
        is_cancelled,
        beyond_enums={"data.status": "cancelled"},
    ),
}
