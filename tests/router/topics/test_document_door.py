"""``/asyncapi.json``: for everybody, or for each caller what they may see."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.rooms import EVE, Served, serving_rooms
from trellis.router.config import Authorization
from trellis.router.topics.document_door import EventDocument
from trellis.router.web.errors import Errors


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Served]:
    permitted = Authorization(schema_view="permitted")
    async with serving_rooms(tmp_path, authorization=permitted) as served:
        yield served


def client(rooms: Served, *, is_permitted_view: bool) -> httpx.AsyncClient:
    authenticate = rooms.callers.authenticate if is_permitted_view else None
    door = Errors(EventDocument(rooms.topics, rooms.supergraph, authenticate))
    transport = httpx.ASGITransport(app=door)
    return httpx.AsyncClient(transport=transport, base_url="http://rooms.test")


async def test_it_is_sent_once_to_who_keeps_it(rooms: Served):
    async with client(rooms, is_permitted_view=False) as http:
        first = await http.get("/asyncapi.json")
        assert first.json()["asyncapi"] == "3.0.0"
        again = await http.get("/asyncapi.json", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await http.head("/asyncapi.json")).content == b""
        assert (await http.post("/asyncapi.json")).status_code == 405


async def test_in_the_permitted_view_it_has_the_topics_of_the_caller(rooms: Served):
    async with client(rooms, is_permitted_view=True) as http:

        async def operations(who: str) -> set[str]:
            headers = {"authorization": f"Bearer {who}"}
            response = await http.get("/asyncapi.json", headers=headers)
            assert response.headers["cache-control"] == "private, no-cache"
            return set(response.json()["operations"])

        assert "roomEvents" in await operations("ada")
        everybody = {"subscribe", "unsubscribe", "ping"}
        assert await operations("eve") == everybody | {
            *("blocksEvents", "breaksEvents", "countdownEvents")
        }
    assert EVE.scopes == frozenset()
