"""Leases in Redis last as long as those in the database, for all workers."""

from datetime import timedelta
from uuid import uuid4

import pytest

from trellis.schema.errors import Unavailable
from trellis.subgraphs.chat.redis_leases import RedisLeases


async def test_leases_of_several_workers_end_one_by_one(redis_url: str):
    one, other, person = RedisLeases(redis_url), RedisLeases(redis_url), uuid4()
    await one.renew("one", [person], timedelta(seconds=30))
    await other.renew("other", [person, uuid4()], timedelta(seconds=30))
    await one.renew("one", [person], timedelta(0))
    assert person in await one.living()
    await other.renew("other", [person], timedelta(0))
    assert person not in await one.living()
    await one.renew("one", [], timedelta(seconds=30))


async def test_a_redis_that_is_away_is_said_so():
    with pytest.raises(Unavailable):
        await RedisLeases("redis://127.0.0.1:9/0").living()
