"""The webhooks of the issue tracker: how they are registered, and what receivers get."""

import base64
import hmac
import json
import time
from collections.abc import Mapping

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

from tests.conformance.rest.asking import Ask, Asking, Case, changed
from tests.conformance.rest.cases.tracker import FORBIDDEN, INVALID, without_rights
from tests.conformance.rest.contract import Operation
from tests.conformance.rest.receiver import Received, receiving
from tests.conformance.rest.shape import differences
from tests.conformance.rest.world import World
from trellis.db.seed.world import demo_id

AT = "/tracker/api/v1/webhooks"
SECRET = "webhook-secret"

_SWITCH_OFF = """mutation Off($id: ID!) {
  updateWebhook(id: $id, input: { active: false }) { webhook { active } } }"""


def new_webhook(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        body={
            "url": "https://example.com/webhook",
            "events": ["issue.created", "issue.updated"],
            "secret": SECRET,
            "active": True,
            "filters": {"project_id": world.project},
        },
    )


def is_registered(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name in ("url", "events", "active") if data[name] != ask.body[name]]
    return [*wrong, "the secret is shown"] if SECRET in response.text else wrong


def of_a_project_elsewhere(world: World) -> Ask:
    hopper = str(demo_id("project", "HOP"))
    return changed(new_webhook, filters={"project_id": hopper})(world)


def without_a_url(world: World) -> Ask:
    return changed(new_webhook, url=None)(world)


TRACKER_WEBHOOKS: Mapping[str, Case] = {
    "S1-webhooks-create": Case(
        new_webhook,
        {
            INVALID: changed(new_webhook, events=["issue.read"]),
            FORBIDDEN: without_rights(new_webhook),
        },
        is_registered,
    ),
}


def refused(asking: Asking, world: World, member: str) -> list[str]:
    """What is wrong with a refusal that has to name a member."""
    response = asking(world).send(world, "POST", AT)
    named = [one["field"] for one in response.json()["error"].get("details") or []]
    right = response.status_code == 422 and named == [member]
    return [] if right else [f"{member}: {response.status_code} {response.text[:200]}"]


def delivery(world: World, operation: Operation) -> list[str]:
    """A registered receiver that fails twice gets the same message three times; what is of other
    projects or for a webhook that was switched off does not come."""
    wrong = refused(changed(new_webhook, url="ftp://example.com"), world, "url")
    wrong += refused(without_a_url, world, "url")
    wrong += refused(of_a_project_elsewhere, world, "filters.project_id")
    with receiving() as receiver:
        asking = changed(
            new_webhook,
            url=receiver.url,
            events=["issue.created"],
            filters={"project_id": world.project},
        )
        ask = asking(world)
        id = ask.send(world, "POST", AT).json()["data"]["id"]
        receiver.statuses[:] = [500, 301]
        world.new_issue(summary="New issue created")
        # Alan is a member there, too.
        world.new_issue(projectId=str(demo_id("project", "ORBIT")))
        got = receiver.wait_for(3)
        if len(got) != 3:
            return [*wrong, f"{len(got)} requests instead of 3"]
        wrong += same_message(got)
        wrong += is_as_documented(operation, got[-1], id)
        world.graph(_SWITCH_OFF, {"id": id}, ask.token)
        other = asking(world).send(world, "POST", AT).json()["data"]["id"]
        world.new_issue(summary="After it was switched off")
        told = [json.loads(one.body) for one in receiver.wait_for(4)]
        summaries = [(one["webhook_id"], one["data"]["issue"]["summary"]) for one in told[2:]]
        if summaries != [(id, "New issue created"), (other, "After it was switched off")]:
            wrong.append(f"told: {summaries}")
        world.graph(_SWITCH_OFF, {"id": other}, ask.token)
    return wrong


def same_message(got: list[Received]) -> list[str]:
    ids = {one.headers["webhook-id"] for one in got}
    bodies = {one.body for one in got}
    return [] if len(ids) == len(bodies) == 1 else [f"{len(ids)} ids, {len(bodies)} bodies"]


def is_as_documented(operation: Operation, request: Received, id: str) -> list[str]:
    body = json.loads(request.body)
    wrong = differences(operation.request_example, body, may_have_more=True)
    if (body["event"], body["webhook_id"]) != ("issue.created", id):
        wrong.append(f"event {body['event']} of {body['webhook_id']}")
    if body["data"]["user"]["username"] != "alan":
        wrong.append(f"user {body['data']['user']}")
    if request.headers["content-type"] != "application/json":
        wrong.append(f"content type {request.headers['content-type']}")
    signature = hmac.digest(SECRET.encode(), request.body, "sha256").hex()
    if request.headers["x-hub-signature-256"] != f"sha256={signature}":
        wrong.append("X-Hub-Signature-256 is not that of the body")
    if abs(int(request.headers["x-hub-timestamp"]) - time.time()) > 60:
        wrong.append(f"X-Hub-Timestamp {request.headers['x-hub-timestamp']}")
    try:
        key = base64.b64encode(SECRET.encode()).decode()
        Webhook(key).verify(request.body, dict(request.headers))
    except WebhookVerificationError as refusal:
        wrong.append(f"Standard Webhooks: {refusal}")
    return wrong
