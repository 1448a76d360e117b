"""Lists without a place for it in the body say by a link that there is more (S2-PAG-01,
S3-SRCH-01): whoever follows the links sees each item once."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.conformance.rest.world import World
from trellis.db.seed.world import PASSWORD

pytestmark = pytest.mark.xdist_group("rest_world")


def pages(
    world: World, path: str, headers: Mapping[str, str], rel: str
) -> Iterator[httpx.Response]:
    """The pages from ``path`` on in one direction."""
    target: str | None = path
    for _ in range(50):
        if target is None:
            return
        answer = world.client.get(target, headers=headers)
        assert answer.status_code == 200, answer.text
        yield answer
        target = answer.links.get(rel, {}).get("url")
    raise AssertionError(f"more than 50 pages from {path}")


def ids(answer: httpx.Response) -> list[Any]:
    found = answer.json()
    return [one["id"] for one in (found["events"] if isinstance(found, dict) else found)]


LISTS = {
    "events": "/commerce/api/users/{katherine}/events?limit=2",
    "payments": "/commerce/api/payments/user/{katherine}?limit=1",
    "orders": "/commerce/api/orders/user/{katherine}?limit=1",
    "tasks": "/todo/api/tasks?priority=high,medium,low&limit=1",
}


@pytest.mark.parametrize("name", LISTS)
def test_links_lead_through_a_list_and_back(world: World, name: str):
    for _ in range(3):  # so many events
        world.log_in("katherine@example.com", PASSWORD)
    headers = {"authorization": f"Bearer {world.token('katherine')}"}
    path = LISTS[name].format(katherine=world.person_id("katherine"))
    forth = list(pages(world, path, headers, "next"))
    seen = [id for answer in forth for id in ids(answer)]
    whole = world.client.get(f"{path.partition('limit')[0]}limit=100", headers=headers)
    assert seen == ids(whole)
    assert "link" not in whole.headers
    assert len(forth) > 1

    back = list(pages(world, str(forth[-1].request.url), headers, "prev"))
    assert [ids(answer) for answer in back] == [ids(answer) for answer in reversed(forth)]
