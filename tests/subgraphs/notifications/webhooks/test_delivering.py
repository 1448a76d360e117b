"""Events arrive at receivers: signed, tried again, in order, and nobody waits for somebody else."""

import asyncio
import base64
import hmac
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from tests.subgraphs.notifications.receiver import Received, receiving, status
from tests.subgraphs.notifications.webhooks.settings import FAST, HERE
from tests.subgraphs.notifications.webhooks.world import (
    ENG,
    ONE,
    PING,
    REDELIVER,
    ROTATE,
    UPDATE,
    World,
    about_issue,
    issue_created,
    issue_state,
    later,
    user,
)
from tests.support.subgraphs import caller
from trellis.schema.events import issues
from trellis.subgraphs.notifications.models import Project
from trellis.subgraphs.notifications.outbound import Outbound, OutboundLimits
from trellis.subgraphs.notifications.webhooks.schedule import Schedule
from trellis.subgraphs.notifications.webhooks.sealing import vault_of
from trellis.subgraphs.notifications.webhooks.sending import claim_next, send, settle


def answers(*codes: int) -> Callable[[Received], bytes]:
    """One after the other; the last for ever."""
    order = itertools.chain(codes, itertools.repeat(codes[-1]))
    return lambda _request: status(next(order))


async def state_of(world: World, id: str) -> tuple[bool, str | None]:
    found = (await world.running.ask(ONE, caller("grace"), id=id))["webhook"]
    return found["active"], found["disabledReason"]


async def announced(world: World, topic: str) -> list[dict[str, object]]:
    found = await world.running.bus.read_after("notifications", "0", 500)
    return [dict(one.payload) for one in found if one.topic == topic]


def told(request: Received) -> dict[str, Any]:
    return json.loads(request.body)


async def test_an_event_arrives_signed_and_is_in_the_log(both: World):
    async with receiving() as receiver:
        hook = await both.make(receiver)
        both.work()
        await both.hear(issue_created())
        [request] = await receiver.wait_for(1)
        [entry] = await both.ended(hook["id"])

    body = told(request)
    assert (body["event"], body["webhook_id"]) == ("issue.created", hook["id"])
    assert body["data"]["issue"]["summary"] == "New issue created"
    assert body["data"]["issue"]["project"] == {"id": str(ENG), "key": "ENG"}
    assert body["data"]["user"] == {"id": str(user("grace")), "username": "grace"}
    headers = request.headers
    assert headers["content-type"] == "application/json"
    key = base64.b64encode(b"webhook-secret").decode()
    assert Webhook(key).verify(request.body, dict(headers)) == body
    mac = hmac.digest(b"webhook-secret", request.body, "sha256").hex()
    assert headers["x-hub-signature-256"] == f"sha256={mac}"
    assert abs(int(headers["x-hub-timestamp"]) - time.time()) < 60
    assert (entry["status"], entry["event"]) == ("DELIVERED", "issue.created")
    assert entry["messageId"] == headers["webhook-id"]
    [attempt] = entry["attempts"]
    assert (attempt["status"], attempt["error"]) == (200, None)
    assert entry["nextAttemptAt"] is None


async def test_a_failed_delivery_is_tried_again_as_the_same_message(world: World):
    async with receiving(answers(500, 302, 204)) as receiver:
        hook = await world.make(receiver)
        world.work()
        await world.hear(issue_created())
        requests = await receiver.wait_for(3)
        [entry] = await world.ended(hook["id"])

    assert len({request.headers["webhook-id"] for request in requests}) == 1
    assert len({request.body for request in requests}) == 1
    assert [attempt["status"] for attempt in entry["attempts"]] == [500, 302, 204]
    assert entry["status"] == "DELIVERED"
    assert await state_of(world, hook["id"]) == (True, None)


async def test_after_one_try_and_five_retries_the_webhook_is_switched_off(both: World):
    async with receiving(answers(500)) as receiver:
        hook = await both.make(receiver)
        both.work()
        await both.hear(issue_created(1))
        [entry] = await both.ended(hook["id"])
        assert len(receiver.requests) == 6
        assert (entry["status"], len(entry["attempts"])) == ("FAILED", 6)
        assert await state_of(both, hook["id"]) == (False, "EXHAUSTED")
        [news] = await announced(both, "webhook.disabled")
        assert (news["owner_id"], news["reason"]) == (str(user("grace")), "exhausted")
        assert news["target"] == receiver.url.split("/")[2]

        await both.hear(issue_created(2))
        assert len(await both.log_of(hook["id"])) == 1
        assert len(receiver.requests) == 6

        receiver.answer = answers(200)
        changed = await both.running.ask(UPDATE, caller("grace"), id=hook["id"], i={"active": True})
        assert changed["updateWebhook"]["webhook"]["disabledReason"] is None
        await both.hear(issue_created(3))
        [third, _] = await both.ended(hook["id"], 2)
        assert third["status"] == "DELIVERED"


def test_retries_wait_longer_and_longer_with_some_chance():
    schedule = replace(FAST, first_retry=15.0)
    for attempts, seconds in ((1, 15), (2, 75), (3, 375), (4, 1_875), (5, 9_375)):
        waits = {schedule.delay(attempts).total_seconds() for _ in range(50)}
        assert 0.8 * seconds <= min(waits) < max(waits) <= 1.2 * seconds
        assert len(waits) > 10
    assert schedule.delay(1, retry_after=120.0).total_seconds() == 120.0
    assert schedule.delay(1, retry_after=1e9).total_seconds() == 3_600.0


def test_a_delivery_is_given_thirty_seconds():
    limits = Schedule.from_environment({}).limits
    assert (limits.seconds, limits.answer_bytes) == (30.0, 65_536)
    assert Schedule().lease > limits.seconds


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "3601"])
def test_a_setting_that_is_no_number_of_seconds_is_an_error_that_names_it(text: str):
    with pytest.raises(ValueError, match="TRELLIS_WEBHOOKS_RETRY_SECONDS"):
        Schedule.from_environment({"TRELLIS_WEBHOOKS_RETRY_SECONDS": text})


async def test_who_says_that_they_are_gone_is_not_asked_again(world: World):
    async with receiving(answers(410)) as receiver:
        hook = await world.make(receiver)
        await world.hear(issue_created(1))
        await world.hear(issue_created(2))
        world.work()
        log = await world.ended(hook["id"], 2)
    assert sorted(one["status"] for one in log) == ["FAILED", "WITHHELD"]
    assert len(receiver.requests) == 1
    assert await state_of(world, hook["id"]) == (False, "GONE")
    assert [one["reason"] for one in await announced(world, "webhook.disabled")] == ["gone"]


async def test_no_answer_no_connection_and_no_public_address_are_failures_that_say_why(
    world: World,
):
    schedule = replace(FAST, limits=OutboundLimits(seconds=1.0), first_retry=1_000.0)
    async with receiving(lambda _request: None) as silent:
        hooks = [
            await world.make(silent),
            await world.make("http://no-such-name.invalid/"),
            await world.make("http://127.0.0.1:9999/"),
        ]
        world.work(schedule)
        await world.hear(issue_created())
        for hook, reason in zip(
            hooks, ("within 1 seconds", "name is not known", "takes no connection"), strict=True
        ):
            [found] = await world.tried(hook["id"])
            assert found["attempts"][0]["status"] is None
            assert reason in found["attempts"][0]["error"]
            assert (found["status"], found["nextAttemptAt"] is None) == ("PENDING", False)


async def test_a_target_that_does_not_answer_delays_nobody_else(world: World):
    """As many queues of it as there are places for all, and they come first."""
    schedule = replace(FAST, places=6, places_of_target=4, places_of_organization=100)
    async with receiving(lambda _request: None) as dead, receiving() as alive:
        for _ in range(8):
            await world.make(dead)
        hook = await world.make(alive)
        world.work(replace(schedule, limits=OutboundLimits(seconds=60.0)))
        for number in range(5):
            await world.hear(issue_created(number))
        await alive.wait_for(5, seconds=10)
        await world.ended(hook["id"], 5)
        assert dead.connections == 4
        assert len(dead.requests) == 4


async def test_an_organization_has_its_share_of_the_places(world: World):
    schedule = replace(FAST, places=100, places_of_target=1, places_of_organization=2)
    slow = [receiving(lambda _request: None) for _ in range(3)]
    async with slow[0] as one, slow[1] as two, slow[2] as three, receiving() as theirs:
        for receiver in (one, two, three):
            await world.make(receiver)
        other = await world.make(theirs, "hedy", events=["USER_UPDATED"])
        world.work(replace(schedule, limits=OutboundLimits(seconds=60.0)))
        await world.hear(issue_created())
        await asyncio.wait(
            [asyncio.create_task(r.wait_for(1, 60)) for r in (one, two, three)],
            return_when=asyncio.FIRST_COMPLETED,
        )
        ping = await world.running.ask(PING, caller("hedy"), id=other["id"])
        assert ping["pingWebhook"]["delivery"]["status"] == "PENDING"
        await theirs.wait_for(1)
        assert sum(receiver.connections for receiver in (one, two, three)) == 2


async def test_events_about_one_thing_come_in_order_and_hold_back_nothing_else(world: World):
    """The first of issue 1 fails at first: its later ones wait for it, those of issue 2 do not."""
    seen: list[tuple[str, str]] = []
    fails = {"left": 3}

    def answer(request: Received) -> bytes:
        body = json.loads(request.body)
        issue = body["data"]["issue"]
        if issue["key"] == "ENG-1" and issue.get("status") == "Open" and fails["left"]:
            fails["left"] -= 1
            return status(503)
        seen.append((issue["key"], issue["status"]))
        return status(200)

    schedule = replace(FAST, first_retry=0.02)
    async with receiving(answer) as receiver:
        hook = await world.make(receiver, events=["ISSUE_CREATED", "ISSUE_STATUS_CHANGED"])
        for number in (1, 2):
            await world.hear(issue_created(number))
            for old, new in (("Open", "In Progress"), ("In Progress", "Done")):
                event = issues.IssueStatusChanged(
                    **about_issue(number), old_status=old, new_status=new
                )
                await world.hear(event)
        world.work(schedule)
        await world.ended(hook["id"], 6)

    for key in ("ENG-1", "ENG-2"):
        assert [new for one, new in seen if one == key] == ["Open", "In Progress", "Done"]
    assert seen.index(("ENG-2", "Done")) < seen.index(("ENG-1", "Open"))


async def test_two_workers_send_each_delivery_once_and_in_order(both: World):
    async with receiving() as receiver:
        hook = await both.make(receiver, events=["ISSUE_CREATED", "ISSUE_UPDATED"])
        for number in range(3):
            await both.hear(issue_created(number))
            for turn in range(3):
                changed = issues.IssueUpdated(
                    **about_issue(number, version=turn + 2),
                    changed=("summary",),
                    state=issue_state(summary=str(turn)),
                )
                await both.hear(changed)
        for _ in range(3):
            both.work()
        await both.ended(hook["id"], 12)
    bodies = [told(request) for request in receiver.requests]
    assert len(bodies) == 12
    for number in range(3):
        mine = [b["data"]["issue"] for b in bodies if b["data"]["issue"]["key"] == f"ENG-{number}"]
        assert [one["summary"] for one in mine] == ["New issue created", "0", "1", "2"]


async def test_an_event_that_is_read_twice_is_delivered_once(world: World):
    async with receiving() as receiver:
        hook = await world.make(receiver)
        await world.hear(issue_created())
        log = world.streams["issues"]
        log.envelopes.append(replace(log.envelopes[-1], cursor=str(len(log.envelopes) + 1)))
        world.running.bus.log_grew("issues")
        await world.storage.catch_up("issues", timeout=10)
        world.work()
        await world.ended(hook["id"])
        assert len(await world.log_of(hook["id"])) == len(receiver.requests) == 1


async def test_a_stream_that_is_read_from_the_start_again_tells_nothing_twice(world: World):
    hook = await world.make("https://example.com/")
    await world.hear(issue_created(1))
    async with world.storage.begin() as uow:
        await uow.session.execute(text("delete from inbox"))
    log = world.streams["issues"]
    log.envelopes.append(replace(log.envelopes[-1], cursor=str(len(log.envelopes) + 1)))
    await world.hear(issue_created(2))
    assert len(await world.log_of(hook["id"])) == 2


async def test_a_filter_limits_deliveries_to_a_project(world: World):
    async with receiving() as receiver:
        hook = await world.make(receiver, "ada", filters={"projectId": str(ENG)})
        whole = await world.make(receiver, "ada")
        other = UUID(int=ENG.int ^ 1)
        async with world.storage.begin() as uow:
            eng = await uow.session.get_one(Project, ENG)
            uow.session.add(
                Project(id=other, key="OTH", organization_id=eng.organization_id, version=1)
            )
        await world.hear(issue_created(1))
        await world.hear(issue_created(2, other))
        assert len(await world.log_of(hook["id"], "ada")) == 1
        assert len(await world.log_of(whole["id"], "ada")) == 2


async def test_what_happens_while_it_is_switched_off_is_not_told(both: World):
    async with receiving() as receiver:
        hook = await both.make(receiver, active=False)
        await both.hear(issue_created(1))
        change = {"id": hook["id"], "i": {"active": True}}
        await both.running.ask(UPDATE, caller("grace"), **change)
        await both.hear(issue_created(2))
        await both.running.ask(UPDATE, caller("grace"), id=hook["id"], i={"active": False})
        [waiting] = await both.log_of(hook["id"])
        assert waiting["status"] == "WITHHELD"
        both.work()
        await both.running.ask(UPDATE, caller("grace"), **change)
        await both.hear(issue_created(3))
        await receiver.wait_for(1)
        await both.ended(hook["id"], 2)
        assert [told(one)["data"]["issue"]["key"] for one in receiver.requests] == ["ENG-3"]


async def test_what_was_before_a_webhook_is_not_told_to_it(world: World):
    hook = await world.make("https://example.com/")
    await world.hear(issue_created(1), at=later(-3_600))
    assert await world.log_of(hook["id"]) == []
    await world.hear(issue_created(2))
    assert len(await world.log_of(hook["id"])) == 1


async def test_a_summary_is_known_to_events_that_do_not_tell_it(world: World):
    async with receiving() as receiver:
        hook = await world.make(receiver, events=["ISSUE_ASSIGNED", "ISSUE_DELETED"])
        await world.hear(issue_created(1))
        await world.hear(issues.IssueAssigned(**about_issue(1), assignee_id=user("alan")))
        await world.hear(issues.IssueDeleted(**about_issue(1)))
        await world.hear(issues.IssueAssigned(**about_issue(2), assignee_id=None))
        world.work()
        await world.ended(hook["id"], 3)
    summaries = [told(one)["data"]["issue"]["summary"] for one in receiver.requests]
    assert summaries == ["New issue created", "New issue created", None]


async def test_a_ping_arrives(world: World):
    async with receiving() as receiver:
        hook = await world.make(receiver)
        world.work()
        await world.running.ask(PING, caller("grace"), id=hook["id"])
        [request] = await receiver.wait_for(1)
        await world.ended(hook["id"])
    assert told(request)["event"] == "ping"
    assert told(request)["data"] == {"user": {"id": str(user("grace")), "username": "grace"}}


async def test_a_delivery_can_be_made_once_more_as_the_same_message(world: World):
    async with receiving() as receiver:
        hook = await world.make(receiver)
        world.work()
        await world.hear(issue_created())
        [first] = await world.ended(hook["id"])
        again = await world.running.ask(REDELIVER, caller("grace"), id=first["id"])
        delivery = again["redeliverWebhook"]["delivery"]
        assert delivery["messageId"] == first["messageId"]
        assert delivery["redeliveryOf"] == first["id"]
        await world.ended(hook["id"], 2)
        one, other = await receiver.wait_for(2)
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    assert one.body == other.body


async def test_while_a_secret_is_replaced_a_receiver_may_know_either(world: World):
    new, old = "a new secret", "webhook-secret"
    async with receiving() as receiver:
        hook = await world.make(receiver)
        change = {"secret": new, "overlapHours": 24}
        await world.running.ask(ROTATE, caller("grace"), id=hook["id"], i=change)
        world.work()
        await world.hear(issue_created(1))
        [during] = await receiver.wait_for(1)
        await world.running.ask(
            ROTATE, caller("grace"), id=hook["id"], i={"secret": new, "overlapHours": 0}
        )
        await world.hear(issue_created(2))
        [_, after] = await receiver.wait_for(2)
    assert [verifies(during, one) for one in (new, old)] == [True, True]
    assert [verifies(after, one) for one in (new, old)] == [True, False]
    assert len(after.headers["webhook-signature"].split()) == 1


def verifies(request: Received, secret: str) -> bool:
    try:
        Webhook(base64.b64encode(secret.encode()).decode()).verify(
            request.body, dict(request.headers)
        )
    except WebhookVerificationError:
        return False
    return True


async def test_what_waits_without_end_switches_a_webhook_off(world: World):
    hook = await world.make("https://example.com/")
    await world.hear(issue_created(1))
    async with world.storage.begin() as uow:
        columns = (
            "webhook_id, message_id, event, key, project_id, occurred_at, data, status, attempts, "
            "tries, next_attempt_at, created_at"
        )
        await uow.session.execute(
            text(
                f"with recursive n(i) as (select 1 union all select i + 1 from n where i < 4999) "
                f"insert into webhook_delivery (id, event_id, {columns}) "
                f"select lower(hex(randomblob(16))), lower(hex(randomblob(16))), {columns} "
                f"from webhook_delivery, n"
            )
        )
    await world.hear(issue_created(2))
    assert await state_of(world, hook["id"]) == (False, "OVERFLOW")
    assert {one["status"] for one in await world.log_of(hook["id"])} == {"WITHHELD"}
    assert len(await announced(world, "webhook.disabled")) == 1


async def test_a_delivery_whose_sender_died_is_made_again_when_its_lease_is_over(world: World):
    schedule = replace(FAST, lease=0.2)
    async with receiving() as receiver:
        hook = await world.make(receiver)
        await world.hear(issue_created())
        vault, id = vault_of(world.storage), UUID(hook["id"])
        died = await claim_next(world.storage, vault, id, schedule)
        assert died is not None
        assert await claim_next(world.storage, vault, id, schedule) is None
        world.work(schedule)
        [request] = await receiver.wait_for(1)
        [entry] = await world.ended(hook["id"])
        late = await send(Outbound(HERE), died, schedule)
        await settle(world.storage, died, replace(late, status=500), schedule)
    assert request.headers["webhook-id"] == str(died.message_id)
    assert (entry["status"], len(entry["attempts"])) == ("DELIVERED", 1)
    # What comes of the first attempt after the second is of no interest any more.
    assert await world.log_of(hook["id"]) == [entry]


async def test_a_delivery_whose_sender_is_stopped_is_made_again_at_once(world: World):
    schedule = replace(FAST, lease=1_000.0)
    async with receiving(lambda _request: None) as receiver:
        hook = await world.make(receiver)
        world.work(schedule)
        await world.hear(issue_created())
        await receiver.wait_for(1)
        await world.rest()
        receiver.answer = answers(200)
        world.work(schedule)
        one, other = await receiver.wait_for(2)
        [entry] = await world.ended(hook["id"])
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    assert entry["status"] == "DELIVERED"


async def test_senders_that_die_again_and_again_send_six_times_at_most(world: World):
    schedule = replace(FAST, lease=0.05)
    async with receiving(lambda _request: None) as receiver:
        hook = await world.make(receiver)
        await world.hear(issue_created())
        for number in range(1, 7):
            world.work(schedule)
            await receiver.wait_for(number)
            await world.rest()
        world.work(schedule)
        [entry] = await world.ended(hook["id"])
        assert len(receiver.requests) == 6
    assert entry["status"] == "FAILED"
    assert await state_of(world, hook["id"]) == (False, "EXHAUSTED")
