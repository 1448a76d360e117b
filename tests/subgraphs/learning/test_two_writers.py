"""Who enrols by a purchase while it is refunded."""

import asyncio
from uuid import UUID

from tests.subgraphs.learning.asking import (
    ALAN,
    ENROLL,
    course_id,
    order,
    topics,
)
from tests.support.postgres_locks import somebody_waits
from tests.support.subgraphs import Running
from trellis.subgraphs.learning.settings import LearningSettings
from trellis.subgraphs.learning.use_cases.enrolling import enroll

PAID = course_id("networks")


async def test_a_refund_ends_also_the_enrolment_that_is_being_made(school: Running):
    await order(school, 1, PAID)
    storage = school.context().storage
    async with storage.begin() as uow:
        await enroll(uow, ALAN, UUID(PAID), settings=LearningSettings())
        refund = asyncio.create_task(order(school, 1, PAID, cancelled=True))
        await somebody_waits(storage.database)
    await refund

    assert await topics(school) == ["enrollment.created", "enrollment.ended"]
    assert (await school.refusal(ENROLL, ALAN, id=PAID))["code"] == "ENTITLEMENT_REQUIRED"
