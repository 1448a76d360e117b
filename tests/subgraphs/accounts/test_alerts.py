"""Requirement S4-SEC-07: suspicious patterns raise an alert that says what it counted."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.subgraphs.accounts.signing_in import LOGIN, log_in, refresh, refresh_code
from tests.support.subgraphs import Running
from trellis.db.seed.world import demo_id
from trellis.subgraphs.accounts import alerts
from trellis.subgraphs.accounts.alerts import AT_ONE_ACCOUNT, Pattern, Refusals

THREE = Pattern("three", 3, 60)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Any]:
    """Gives the alerts so far."""
    with caplog.at_level("WARNING", logger="trellis.accounts"):
        yield lambda: [
            vars(record)["alert"] for record in caplog.records if record.message == "security_alert"
        ]


def test_as_many_as_a_pattern_has_are_told_of_and_again_after_as_many(told: Any):
    refusals = Refusals()
    for _ in range(7):
        refusals.count(THREE, "a")
    found = {"pattern": "three", "subject": "a", "count": 3, "seconds": 60}
    assert told() == [found, found]


def test_subjects_and_patterns_are_counted_apart(told: Any):
    refusals = Refusals()
    for subject in ("a", "b"):
        for pattern in (THREE, Pattern("others", 3, 60)):
            refusals.count(pattern, subject)
            refusals.count(pattern, subject)
    assert told() == []


def test_what_is_long_ago_does_not_count(told: Any):
    clock = Clock()
    refusals = Refusals(clock=clock)
    for clock.now in (0.0, 59.9, 60.0, 119.9):
        refusals.count(THREE, "a")
    assert told() == []
    refusals.count(THREE, "a")
    assert len(told()) == 1


def test_no_more_subjects_are_kept_than_there_is_room_for(
    told: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(alerts, "_MOST_SUBJECTS", 2)
    refusals = Refusals()
    for subject in ("a", "a", "b", "c", "a", "c", "c"):
        refusals.count(THREE, subject)
    assert [one["subject"] for one in told()] == ["c"]


async def test_many_wrong_passwords_of_one_account_are_an_alert(accounts: Running, told: Any):
    wrong = {"email": "ada@example.com", "password": "wrong password"}
    for _ in range(AT_ONE_ACCOUNT.most - 1):
        await accounts.refusal(LOGIN, i=wrong)
    assert told() == []
    await accounts.refusal(LOGIN, i=wrong)
    assert told() == [
        {
            "pattern": "guesses_at_one_account",
            "subject": str(demo_id("user", "ada")),
            "count": 10,
            "seconds": 600,
        }
    ]


async def test_a_refresh_token_that_comes_twice_is_an_alert(accounts: Running, told: Any):
    first = await log_in(accounts)
    await refresh(accounts, first["refreshToken"])
    assert told() == []
    await refresh_code(accounts, first["refreshToken"])
    [found] = told()
    assert (found["pattern"], found["user"]) == (
        "refresh_token_reused",
        str(demo_id("user", "ada")),
    )
    assert first["refreshToken"] not in str(found)
