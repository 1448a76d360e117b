"""The subgraph as it runs in the product: with its jobs, and with what people are told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.subgraphs.notifications.receiver import receiving, status
from tests.subgraphs.notifications.telling import BESIDE
from tests.subgraphs.notifications.webhooks.world import CREATE, PING
from tests.support.subgraphs import Running, caller, running
from trellis.db.settings import DataSettings
from trellis.subgraphs.notifications.graph import make_subgraph

NOTICES = "{ notifications(first: 10) { edges { node { type message data } } } }"


async def test_an_owner_is_told_that_a_webhook_was_switched_off(tmp_path: Path):
    settings = DataSettings(data_dir=tmp_path)
    async with (
        receiving(lambda _request: status(410)) as receiver,
        running(make_subgraph, settings, BESIDE) as subgraph,
    ):
        given = {"url": receiver.url, "events": ["ISSUE_CREATED"]}
        made = (await subgraph.ask(CREATE, caller("grace"), i=given))["createWebhook"]
        id = made["webhook"]["id"]
        await subgraph.ask(PING, caller("grace"), id=id)
        [notice] = await notices(subgraph)
        assert notice["data"] == {"webhook_id": id}
        assert receiver.url.split("/")[2] in notice["message"]
        assert len(receiver.requests) == 1


async def notices(subgraph: Running) -> list[dict[str, Any]]:
    """What grace is told of webhooks, once there is something."""
    for _ in range(1_000):
        found = await subgraph.ask(NOTICES, caller("grace"))
        nodes = [edge["node"] for edge in found["notifications"]["edges"]]
        told = [node for node in nodes if node["type"] == "webhook_disabled"]
        if told:
            return told
        await asyncio.sleep(0.01)
    raise AssertionError("nothing came")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRELLIS_OUTBOUND_NETWORKS", "loopback"), ("TRELLIS_WEBHOOKS_RETRY_SECONDS", "soon")],
)
async def test_a_setting_that_cannot_be_read_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        async with running(make_subgraph, DataSettings(data_dir=tmp_path), BESIDE):
            raise AssertionError("it runs")
