"""``docs/webhooks.md``: what it shows to receivers works, and what it promises is what is set."""

import json
import re
import time
from uuid import uuid4

from tests.support.shared import ROOT
from trellis.subgraphs.notifications.outbound import OutboundLimits
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.listening import MAX_WAITING
from trellis.subgraphs.notifications.webhooks.schedule import MAX_ATTEMPTS, Schedule
from trellis.subgraphs.notifications.webhooks.signing import signed_headers
from trellis.subgraphs.notifications.webhooks.upkeep import KEEP, KEEP_NUMBER
from trellis.subgraphs.notifications.webhooks.use_cases import MAX_WEBHOOKS

GUIDE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_check_that_receivers_are_shown_tells_true_from_false():
    [code] = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    names: dict[str, object] = {}
    exec(code, names)
    is_genuine = names["is_genuine"]
    assert callable(is_genuine)
    body, now = b"{}", int(time.time())
    sent = {k.lower(): v for k, v in signed_headers(uuid4(), now, body, ["s3cret"]).items()}
    assert is_genuine(sent, body, "s3cret")
    assert not is_genuine(sent, body, "another")
    assert not is_genuine(sent, b"[]", "s3cret")
    old = {k.lower(): v for k, v in signed_headers(uuid4(), now - 400, body, ["s3cret"]).items()}
    assert not is_genuine(old, body, "s3cret")


def test_it_tells_every_event():
    told = GUIDE.partition("## What arrives")[2].partition("## Checking")[0]
    for event in WebhookEvent:
        kind, _, what = event.partition(".")
        assert f"`{event}`" in told or (f"`{kind}." in told and f"`.{what}`" in told), event
    [example] = re.findall(r"```json\n(.*?)```", told, re.S)
    assert list(json.loads(example)) == ["event", "timestamp", "webhook_id", "data"]


def test_its_numbers_are_those_in_force():
    schedule = Schedule.from_environment({})
    assert schedule.limits == OutboundLimits(seconds=30, answer_bytes=64 * 1_024)
    assert (MAX_ATTEMPTS, schedule.first_retry) == (1 + 5, 15)
    assert (MAX_WAITING, KEEP_NUMBER, KEEP.days, MAX_WEBHOOKS) == (5_000, 1_000, 14, 20)
    for words in ("within 30 seconds", "64 KB", "five times: after 15 seconds", "5,000 deliveries"):
        assert words in GUIDE
    for words in ("for two weeks, at most 1,000", "can have 20 webhooks"):
        assert words in GUIDE
