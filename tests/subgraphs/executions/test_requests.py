"""Who may have what run, how often and for how long."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, func, select, update

from tests.subgraphs.executions.asking import (
    CANCEL,
    EXECUTE,
    READ,
    Scripted,
    execute,
    of_tier,
    read,
    run_next,
)
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.subgraphs.executions.models import Execution

ADA, ALAN = caller("ada"), caller("alan")
QUOTA = """query($r: [_Any!]!) { _entities(representations: $r) { ... on User {
  executionQuota { tier limit used remaining maxTimeout atOnce }
  executions { edges { node { id } } } } } }"""


async def count(executions: Running) -> int:
    async with executions.context().storage.read() as session:
        return (await session.execute(select(func.count()).select_from(Execution))).scalar_one()


async def test_a_run_is_queued_and_its_owner_alone_sees_it(executions: Running):
    made = await execute(executions, "out x", timeout=7)
    assert (made["status"], made["language"], made["timeout"]) == ("QUEUED", "JAVASCRIPT", 7)
    assert (made["stdout"], made["stderr"], made["exitCode"]) == ("", "", None)
    assert (await read(executions, made["id"]))["owner"]["id"] == str(ADA.id)
    assert (await executions.ask(READ, ALAN, id=made["id"]))["execution"] is None
    refused = await executions.refusal(CANCEL, ALAN, id=made["id"])
    assert refused["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("members", "problems"),
    [
        ({"code": ""}, [("code", "VALUE_TOO_SHORT")]),
        ({"code": "x" * 100_001}, [("code", "VALUE_TOO_LONG")]),
        ({"code": "a\0b"}, [("code", "INVALID_FORMAT")]),
        (
            {"stdin": "x" * 10_001, "timeout": 0},
            [("stdin", "VALUE_TOO_LONG"), ("timeout", "VALUE_OUT_OF_RANGE")],
        ),
        ({"timeout": 61}, [("timeout", "VALUE_OUT_OF_RANGE")]),
        ({"version": "0.0.1"}, [("version", "VERSION_UNAVAILABLE")]),
    ],
    ids=["empty", "long", "binary", "two at once", "too much time", "another version"],
)
async def test_what_is_not_acceptable_is_refused(
    executions: Running, members: dict[str, object], problems: list[tuple[str, str]]
):
    given = {"language": "JAVASCRIPT", "code": "out x", **members}
    before = await count(executions)
    refused = await executions.refusal(EXECUTE, ADA, i=given)
    assert refused["code"] == "BAD_USER_INPUT"
    assert [(one["field"], one["code"]) for one in refused["fields"]] == problems
    assert await count(executions) == before


async def test_limits_are_inclusive_and_spaces_belong_to_the_program(executions: Running):
    who = of_tier("ada", "basic")
    code = " " + "x" * 99_998 + "\n"
    made = await execute(executions, code, who, stdin=" " * 10_000, timeout=60)
    async with executions.context().storage.read() as session:
        row = await session.get(Execution, UUID(made["id"]))
    assert row is not None
    assert (row.code, row.stdin, row.seconds) == (code, " " * 10_000, 60)


async def test_more_time_than_the_subscription_includes_is_refused(executions: Running):
    given = {"language": "JAVASCRIPT", "code": "out x", "timeout": 31}
    refused = await executions.refusal(EXECUTE, ADA, i=given)
    assert refused["code"] == "ENTITLEMENT_REQUIRED"
    assert (refused["current_tier"], refused["required_tier"]) == ("free", "basic")
    assert (await execute(executions, timeout=30))["timeout"] == 30


async def test_a_day_has_so_many_runs_and_a_day_later_there_are_more(executions: Running):
    for _ in range(5):
        await execute(executions)
    given = {"language": "JAVASCRIPT", "code": "out x"}
    refused = await executions.refusal(EXECUTE, ADA, i=given)
    assert (refused["code"], refused["limit"], refused["window"]) == ("RATE_LIMITED", 5, 86_400)
    assert 86_000 < refused["retry_after"] <= 86_400
    [user] = await executions.entities(
        ADA,
        "... on User { executionQuota { limit used remaining } }",
        {"__typename": "User", "id": str(ADA.id)},
    )
    assert user["executionQuota"] == {"limit": 5, "used": 5, "remaining": 0}

    async with executions.context().storage.begin() as uow:
        first = select(col(Execution.id)).where(col(Execution.owner_id) == ADA.id).limit(1)
        day = {"created_at": utc_now() - timedelta(days=1, seconds=1)}
        mine = col(Execution.id).in_(first.scalar_subquery())
        await uow.session.execute(update(Execution).where(mine).values(**day))
    await execute(executions)
    assert (await executions.refusal(EXECUTE, ADA, i=given))["code"] == "RATE_LIMITED"


async def test_of_parallel_requests_no_more_than_the_quota_come_through(executions: Running):
    given = {"language": "JAVASCRIPT", "code": "out x"}
    answers = await asyncio.gather(*(executions.answer(EXECUTE, ADA, i=given) for _ in range(9)))
    assert sum(not answer.errors for answer in answers) == 5


@pytest.mark.parametrize(
    ("tier", "limit", "seconds", "at_once"),
    [
        ("free", 5, 30, 1),
        ("basic", 100, 60, 2),
        ("pro", 1_000, 60, 4),
        ("enterprise", 10_000, 60, 8),
    ],
)
async def test_each_tier_has_its_quota(
    executions: Running, tier: str, limit: int, seconds: int, at_once: int
):
    reference = {"__typename": "User", "id": str(ADA.id)}
    data = await executions.ask(QUOTA, of_tier("ada", tier), r=[reference])
    assert data["_entities"][0] == {
        "executionQuota": {
            "tier": tier,
            "limit": limit,
            "used": 0,
            "remaining": limit,
            "maxTimeout": seconds,
            "atOnce": at_once,
        },
        "executions": {"edges": []},
    }


async def test_what_others_have_run_and_may_run_is_not_told(executions: Running):
    await execute(executions)
    reference = {"__typename": "User", "id": str(ADA.id)}
    [seen] = (await executions.ask(QUOTA, ALAN, r=[reference]))["_entities"]
    assert seen == {"executionQuota": None, "executions": {"edges": []}}


async def test_a_run_in_the_queue_is_cancelled_and_never_started(executions: Running):
    id = (await execute(executions))["id"]
    done = (await executions.ask(CANCEL, ADA, id=id))["cancelExecution"]["execution"]
    runner = Scripted()
    assert done["status"] == "CANCELLED"
    assert not await run_next(executions, runner)
    assert runner.started == []
    again = await executions.refusal(CANCEL, ADA, id=id)
    assert (again["code"], again["status"]) == ("CONFLICT", "cancelled")


async def test_lists_are_filtered_by_status_and_language(executions: Running):
    await execute(executions)
    await execute(executions)
    await run_next(executions, Scripted())
    query = """query($f: ExecutionFilters) { executions(filters: $f, first: 10) {
      totalCount edges { node { status language } } } }"""
    for filters, found in (
        (None, ["QUEUED", "COMPLETED"]),
        ({"status": ["COMPLETED"]}, ["COMPLETED"]),
        ({"status": ["QUEUED", "QUEUED"], "language": ["JAVASCRIPT"]}, ["QUEUED"]),
        ({"language": ["RUST"]}, []),
        ({"status": []}, []),
    ):
        page = (await executions.ask(query, ADA, f=filters))["executions"]
        assert [edge["node"]["status"] for edge in page["edges"]] == found
        assert page["totalCount"] == len(found)
