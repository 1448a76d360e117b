"""The limits of the documents on a real server, door by door, with the real figures."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.trellis_server import DEMO_EMAIL, DEMO_PASSWORD, TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = pytest.mark.xdist_group("rate limits")  # one server for all of them

LOG_IN = "mutation($i: LoginInput!) { login(input: $i) { accessToken } }"
RESET = "mutation($e: String!) { requestPasswordReset(email: $e) { message } }"
LIMIT = "{ name limit window used remaining resetsAt }"
USAGE = f"{{ myUsage {{ tier requests {LIMIT} executions {LIMIT} uploads {LIMIT} }} }}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrellisServer]:
    """A server of this module alone: what one test counts would be missing in another's."""
    settings = {
        "TRELLIS_RATE_LIMIT__ENABLED": "true",
        "TRELLIS_RATE_LIMIT__DEVELOPMENT_FACTOR": "1",
    }
    running = TrellisServer(tmp_path_factory.mktemp("limited"), settings)
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def token(server: TrellisServer) -> str:
    return server.log_in()


@pytest.fixture
def http(server: TrellisServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as client:
        yield client


def ask(
    http: httpx.Client, query: str, token: str | None = None, **variables: Any
) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def codes(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in answer.json().get("errors", ())]


def test_signed_in_callers_have_a_thousand_requests_an_hour_of_their_own(
    http: httpx.Client, server: TrellisServer, token: str
) -> None:
    first, second = (ask(http, "{ me { id } }", token) for _ in range(2))

    assert first.headers["x-ratelimit-limit"] == "10000"  # the demo account is an administrator's
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in (first, second)]
    assert left[0] - left[1] == 1
    assert 'requests-10";q=200;w=10' in first.headers["ratelimit-policy"]


def test_usage_tells_the_limits_and_what_is_used(http: httpx.Client, token: str) -> None:
    usage = ask(http, USAGE, token).json()["data"]["myUsage"]
    again = ask(http, USAGE, token).json()["data"]["myUsage"]

    (requests,) = usage["requests"]
    assert (requests["limit"], requests["window"]) == (10_000, 3600)
    assert requests["used"] + requests["remaining"] == 10_000
    assert again["requests"][0]["used"] == requests["used"] + 1
    assert usage["executions"]["window"] == 86_400
    assert usage["uploads"]["limit"] == 100


def test_tracker_is_told_window_and_figures_of_its_document(http: httpx.Client, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    answer = http.get("/tracker/api/v1/users/me", headers=headers)

    assert answer.headers["x-ratelimit-limit"] == "10000"
    assert answer.headers["x-ratelimit-window"] == "3600"


def test_learn_counts_by_minute_and_route(http: httpx.Client, token: str) -> None:
    answer = http.get("/learn/api/v1/users/me", headers={"authorization": f"Bearer {token}"})

    policies = answer.headers["ratelimit-policy"].split(", ")
    assert '"route-users-60";q=60;w=60' in policies
    assert {policy.partition(";")[0] for policy in policies} >= {'"read-60"', '"read-3600"'}
    assert "x-ratelimit-window" not in answer.headers


def test_learn_shows_ten_videos_in_a_minute(http: httpx.Client, token: str) -> None:
    path = f"/learn/api/v1/lessons/{demo_id('lesson', 'python-1')}/video"
    signed_in = {"authorization": f"Bearer {token}"}
    answers = [http.get(path, headers=signed_in) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    error = answers[10].json()["error"]
    assert (error["code"], error["limit"]) == ("RATE_LIMIT_EXCEEDED", 10)
    assert '"route-courses-60";q=100;w=60' in answers[0].headers["ratelimit-policy"]


def test_tracker_lets_nobody_try_a_fourth_login_in_ten_seconds(http: httpx.Client) -> None:
    body = {"email": DEMO_EMAIL, "password": "wrong"}
    answers = [http.post("/tracker/api/v1/auth/login", json=body) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    error = answers[3].json()["error"]
    assert error["code"] == "RATE_LIMIT_EXCEEDED"
    assert (error["details"]["limit"], error["details"]["window"]) == (3, 10)
    assert error["details"]["reset_at"].endswith("Z")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 10


def test_tracker_lets_nobody_search_a_twenty_first_time_in_ten_seconds(
    http: httpx.Client, token: str
) -> None:
    signed_in = {"authorization": f"Bearer {token}"}
    path, query = "/tracker/api/v1/search", {"q": "card"}
    answers = [http.get(path, params=query, headers=signed_in) for _ in range(21)]
    suggested = http.get(f"{path}/suggestions", params=query, headers=signed_in)

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    error = answers[20].json()["error"]
    assert error["code"] == "RATE_LIMIT_EXCEEDED"
    assert (error["details"]["limit"], error["details"]["window"]) == (20, 10)
    assert '"search-3600";q=500;w=3600' in answers[0].headers["ratelimit-policy"]
    assert suggested.status_code == 200


def test_letters_are_limited_by_the_address_they_go_to(http: httpx.Client) -> None:
    answers = [
        ask(http, RESET, e=email)
        for email in ("x@example.org", " X@example.org", "x@EXAMPLE.org", "x@example.org")
    ]
    other = ask(http, RESET, e="y@example.org")

    assert [codes(answer) for answer in answers] == [[], [], [], ["RATE_LIMITED"]]
    assert answers[3].status_code == 429
    assert codes(other) == []


def test_logins_are_tries_whether_they_succeed_or_not(http: httpx.Client, token: str) -> None:
    """One was spent on the token, five a minute are allowed over all doors of these dialects."""
    right = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
    wrong = {"email": "nobody@example.org", "password": "wrong"}

    found = [codes(ask(http, LOG_IN, i=wish)) for wish in (right, wrong, right, wrong, right)]

    assert found == [
        [],
        ["INVALID_CREDENTIALS"],
        [],
        ["INVALID_CREDENTIALS"],
        ["RATE_LIMITED"],
    ]


def test_a_flood_of_bad_tokens_is_limited_and_locks_out_nobody_who_is_signed_in(
    http: httpx.Client, token: str
) -> None:
    statuses = [ask(http, "{ me { id } }", "forged").status_code for _ in range(60)]

    assert set(statuses) == {401, 429}
    assert statuses[-1] == 429
    assert ask(http, "{ me { id } }", token).status_code == 200
