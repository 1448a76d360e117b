"""Making, changing and deleting webhooks: who may, and what is kept."""

import asyncio
import base64
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.subgraphs.notifications.telling import HOP
from tests.subgraphs.notifications.webhooks.world import (
    CREATE,
    DELETE,
    ENG,
    LOG,
    ONE,
    PING,
    REDELIVER,
    ROTATE,
    UPDATE,
    World,
    user,
)
from tests.support.subgraphs import caller
from trellis.schema.scopes import SCOPES
from trellis.subgraphs.notifications.webhooks import use_cases

URL = "https://example.com/webhook"
LIST = "{ webhooks(first: 5) { totalCount edges { node { id events } } } }"


def given(**members: Any) -> dict[str, Any]:
    return {"url": URL, "events": ["ISSUE_UPDATED", "ISSUE_CREATED"], **members}


async def events_of(world: World) -> list[tuple[str, dict[str, Any]]]:
    found = await world.running.bus.read_after("notifications", "0", 100)
    return [(one.topic, dict(one.payload)) for one in found if one.topic.startswith("webhook.")]


async def test_a_webhook_is_made_and_changed_and_deleted(both: World):
    ask, grace = both.running.ask, caller("grace")
    made = (await ask(CREATE, grace, i=given(secret="webhook-secret")))["createWebhook"]
    hook = made["webhook"]
    assert made["secret"] is None
    assert hook == {
        "id": hook["id"],
        "url": URL,
        "events": ["ISSUE_CREATED", "ISSUE_UPDATED"],
        "active": True,
        "disabledReason": None,
        "filters": {"projectId": None},
        "previousSecretExpiresAt": None,
        "version": 1,
    }
    listed = (await ask(LIST, grace))["webhooks"]
    node = {"id": hook["id"], "events": hook["events"]}
    assert listed == {"totalCount": 1, "edges": [{"node": node}]}

    changes: dict[str, Any] = {"events": ["USER_CREATED"], "active": False, "version": 1}
    changes["filters"] = {"projectId": str(ENG)}
    changed = (await ask(UPDATE, grace, id=hook["id"], i=changes))["updateWebhook"]["webhook"]
    assert changed["events"] == ["USER_CREATED"]
    assert (changed["active"], changed["url"]) == (False, URL)
    assert changed["filters"] == {"projectId": str(ENG)}
    assert changed["version"] > 1
    [entity] = await both.running.entities(
        grace,
        "... on WebhookSubscription { url active }",
        {"__typename": "WebhookSubscription", "id": hook["id"]},
    )
    assert entity == {"url": URL, "active": False}

    gone = await ask(DELETE, grace, id=hook["id"])
    assert gone["deleteWebhook"]["deletedWebhookId"] == hook["id"]
    assert (await ask(LIST, grace))["webhooks"]["totalCount"] == 0
    told = await events_of(both)
    assert [topic for topic, _ in told] == ["webhook.created", "webhook.updated", "webhook.deleted"]
    assert told[1][1]["changed"] == ["events", "is_active", "project_id"]


async def test_secrets_are_shown_once_and_sealed(both: World):
    ask, grace = both.running.ask, caller("grace")
    made = (await ask(CREATE, grace, i=given()))["createWebhook"]
    secret, id = made["secret"], made["webhook"]["id"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    rotated = (await ask(ROTATE, grace, id=id, i={"overlapHours": 1}))["rotateWebhookSecret"]
    assert rotated["secret"] not in (None, secret)
    assert rotated["webhook"]["previousSecretExpiresAt"] is not None
    own = (await ask(ROTATE, grace, id=id, i={"secret": "a secret of mine", "overlapHours": 0}))[
        "rotateWebhookSecret"
    ]
    assert own == {"secret": None, "webhook": {"previousSecretExpiresAt": None}}

    async with both.storage.read() as session:
        rows = (await session.execute(text("select * from webhook_subscription"))).mappings()
        outbox = (await session.execute(text("select payload from outbox"))).scalars()
        kept = str([dict(row) for row in rows]) + str(list(outbox))
    assert "sealed:" in kept
    for one in (secret, rotated["secret"], "a secret of mine"):
        assert one not in kept
        assert one.removeprefix("whsec_") not in kept


BAD: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"url": "http://example.com/"}, set()),
    ({"url": "ftp://example.com/"}, {("url", "INVALID_FORMAT")}),
    ({"url": "https://10.0.0.1/"}, {("url", "INVALID_FORMAT")}),
    ({"url": "https://me:pw@example.com/"}, {("url", "INVALID_FORMAT")}),
    ({"url": f"https://example.com/{'a' * 2_000}"}, {("url", "VALUE_TOO_LONG")}),
    ({"events": []}, {("events", "REQUIRED_FIELD_MISSING")}),
    ({"secret": "short"}, {("secret", "VALUE_TOO_SHORT")}),
    ({"secret": " with a space around"}, {("secret", "INVALID_FORMAT")}),
    ({"secret": "x" * 201}, {("secret", "VALUE_TOO_LONG")}),
    ({"filters": {"projectId": "ENG"}}, {("filters.projectId", "INVALID_FORMAT")}),
    ({"url": "", "events": []}, {("url", "INVALID_FORMAT"), ("events", "REQUIRED_FIELD_MISSING")}),
]


@pytest.mark.parametrize(("members", "problems"), BAD, ids=[str(one)[:40] for one, _ in BAD])
async def test_what_is_not_acceptable_is_named(
    world: World, members: dict[str, Any], problems: set[tuple[str, str]]
):
    # Added networks may be reached without TLS: http:// is checked when it is connected.
    if not problems:
        assert await world.make(members["url"])
        return
    refusal = await world.running.refusal(CREATE, caller("grace"), i=given(**members))
    assert refusal["code"] == "BAD_USER_INPUT"
    assert {(one["field"], one["code"]) for one in refusal["fields"]} >= problems
    assert await events_of(world) == []


async def test_only_public_addresses_and_tls_are_accepted_without_the_setting(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("TRELLIS_OUTBOUND_NETWORKS")
    for url in ("http://example.com/", "https://127.0.0.1/", "https://localhost/x"):
        refusal = await world.running.refusal(CREATE, caller("grace"), i=given(url=url))
        assert refusal["fields"][0]["field"] == "url"


async def test_who_may_not_read_something_is_not_told_of_it(world: World):
    for event, scope in (
        ("ISSUE_CREATED", "read:issues"),
        ("PROJECT_DELETED", "read:projects"),
        ("USER_UPDATED", "read:profile"),
        ("WORKFLOW_CREATED", "read:workflows"),
    ):
        who = caller("grace", without=scope)
        refusal = await world.running.refusal(CREATE, who, i=given(events=[event]))
        assert (refusal["code"], refusal["required_permission"]) == ("FORBIDDEN", scope)
    hook = await world.make(URL)
    who = caller("grace", without="read:workflows")
    refusal = await world.running.refusal(
        UPDATE, who, id=hook["id"], i={"events": ["WORKFLOW_UPDATED"]}
    )
    assert refusal["code"] == "FORBIDDEN"


async def test_a_project_that_is_not_seen_is_as_one_that_is_not_there(world: World):
    answers = [
        await world.running.refusal(
            CREATE, caller("grace"), i=given(filters={"projectId": str(id)})
        )
        for id in (HOP, uuid4())
    ]
    assert answers[0] == answers[1]
    assert answers[0]["fields"][0]["field"] == "filters.projectId"


async def test_whoever_has_no_account_here_has_no_webhooks(world: World):
    stranger = replace(caller("grace"), id=uuid4())
    assert (await world.running.refusal(CREATE, stranger, i=given()))["code"] == "FORBIDDEN"
    moved = replace(caller("grace"), tenant_id=uuid4())
    assert (await world.running.refusal(CREATE, moved, i=given()))["code"] == "FORBIDDEN"


async def test_nobody_else_sees_or_changes_a_webhook(world: World):
    """Neither administrators nor people of the same project."""
    hook = await world.make(URL)
    ping = (await world.running.ask(PING, caller("grace"), id=hook["id"]))["pingWebhook"]
    delivery = ping["delivery"]["id"]
    for name in ("ada", "alan", "hedy"):
        who = caller(name)
        assert (await world.running.ask(ONE, who, id=hook["id"]))["webhook"] is None
        assert (await world.running.ask(LOG, who, id=hook["id"]))["webhook"] is None
        assert (await world.running.ask(LIST, who))["webhooks"]["totalCount"] == 0
        for query, variables in (
            (UPDATE, {"id": hook["id"], "i": {"active": False}}),
            (DELETE, {"id": hook["id"]}),
            (ROTATE, {"id": hook["id"], "i": {}}),
            (PING, {"id": hook["id"]}),
            (REDELIVER, {"id": delivery}),
        ):
            refusal = await world.running.refusal(query, who, **variables)
            assert refusal["code"] == "NOT_FOUND", query
        representations = [
            {"__typename": "WebhookSubscription", "id": hook["id"]},
            {"__typename": "WebhookDelivery", "id": delivery},
        ]
        assert await world.running.entities(who, "__typename", *representations) == [None, None]
    assert (await world.running.ask(ONE, caller("grace"), id=hook["id"]))["webhook"]["active"]


async def test_a_change_of_another_version_is_refused(world: World):
    hook = await world.make(URL)
    ask = world.running.ask(UPDATE, caller("grace"), id=hook["id"], i={"url": f"{URL}/2"})
    assert (await ask)["updateWebhook"]["webhook"]["version"] == 2
    refusal = await world.running.refusal(
        UPDATE, caller("grace"), id=hook["id"], i={"url": f"{URL}/3", "version": 1}
    )
    assert (refusal["code"], refusal["currentVersion"]) == ("CONFLICT", 2)


async def test_a_change_that_changes_nothing_is_no_news(world: World):
    hook = await world.make(URL)
    await world.running.ask(UPDATE, caller("grace"), id=hook["id"], i={"url": URL, "active": True})
    assert [topic for topic, _ in await events_of(world)] == ["webhook.created"]


@pytest.mark.parametrize("overlap", [-1, 169])
async def test_secrets_overlap_for_a_week_at_most(world: World, overlap: int):
    hook = await world.make(URL)
    refusal = await world.running.refusal(
        ROTATE, caller("grace"), id=hook["id"], i={"overlapHours": overlap}
    )
    assert refusal["fields"][0]["field"] == "overlapHours"


async def test_of_many_that_are_made_at_once_a_person_keeps_twenty(both: World):
    answers = await asyncio.gather(
        *(both.running.answer_of_many(CREATE, caller("grace"), i=given()) for _ in range(30))
    )
    assert sum(not answer.errors for answer in answers) == 20
    codes = {answer.errors[0].extensions["code"] for answer in answers if answer.errors}
    assert codes == {"CONFLICT"}
    listed = await both.running.ask(LIST, caller("grace"))
    assert listed["webhooks"]["totalCount"] == 20
    assert await both.make(URL, "alan")


async def test_what_is_switched_off_is_not_tried_out(world: World):
    hook = await world.make(URL, active=False)
    assert (await world.running.refusal(PING, caller("grace"), id=hook["id"]))["code"] == "CONFLICT"


async def test_no_more_than_a_hundred_wait_that_were_asked_for_by_hand(world: World):
    hook = await world.make(URL)
    async with world.storage.begin() as uow:
        for _ in range(99):
            await use_cases.ping_webhook(uow, caller("grace"), UUID(hook["id"]))
    assert await world.running.ask(PING, caller("grace"), id=hook["id"])
    refusal = await world.running.refusal(PING, caller("grace"), id=hook["id"])
    assert (refusal["code"], refusal["limit"]) == ("CONFLICT", 100)


async def test_what_still_waits_is_not_sent_once_more(world: World):
    hook = await world.make(URL)
    ping = await world.running.ask(PING, caller("grace"), id=hook["id"])
    delivery = ping["pingWebhook"]["delivery"]
    assert (delivery["event"], delivery["status"]) == ("ping", "PENDING")
    assert delivery["messageId"] == delivery["id"]
    refusal = await world.running.refusal(REDELIVER, caller("grace"), id=delivery["id"])
    assert refusal["code"] == "CONFLICT"


def test_people_have_the_scopes_that_events_need():
    assert {"read:issues", "read:projects", "read:profile", "read:workflows"} <= SCOPES
    assert user("grace") == caller("grace").id
