"""The figures of the documents, dialect by dialect and tier by tier."""

from uuid import UUID

import pytest

from trellis.router.config.rate_limits import RateLimitRule, RateLimits
from trellis.router.errors import ConfigError
from trellis.router.rate_limit.rules import Rule, RuleBook
from trellis.schema.identity import ANONYMOUS, Identity

ID = UUID(int=1)
USER = Identity(id=ID)
PREMIUM = Identity(id=ID, roles=frozenset({"premium_user"}))
PRO = Identity(id=ID, tier="pro")
ADMIN = Identity(id=ID, roles=frozenset({"admin"}))
BOOK = RuleBook(RateLimits())


def figures(rule: Rule) -> list[tuple[int, int]]:
    return [(limit.window.limit, limit.window.seconds) for limit in rule.limits]


def whole(profile: str, identity: Identity, route: str | None = None) -> dict[str, list]:
    """Name -> (limit, seconds) of the rules of whole operations."""
    found: dict[str, list] = {}
    for rule in BOOK.rules_for(profile, identity, route).whole:
        found.setdefault(rule.name, []).extend(figures(rule))
    return found


@pytest.mark.parametrize(
    ("identity", "limit", "burst"),
    [
        (ANONYMOUS, 100, 10),
        (USER, 1_000, 50),
        (PREMIUM, 5_000, 100),
        (PRO, 5_000, 100),
        (ADMIN, 10_000, 200),
    ],
)
def test_tracker_limits_by_role_and_hour(identity: Identity, limit: int, burst: int) -> None:
    assert whole("tracker", identity) == {"requests": [(limit, 3600), (burst, 10)]}


@pytest.mark.parametrize(
    ("tier", "read", "write", "delete"),
    [
        (None, [(30, 60), (500, 3600)], [(15, 60)], [(7, 60)]),
        ("basic", [(60, 60), (2000, 3600)], [(30, 60)], [(15, 60)]),
        ("pro", [(120, 60), (5000, 3600)], [(60, 60)], [(30, 60)]),
        ("enterprise", [(300, 60), (20_000, 3600)], [(150, 60)], [(75, 60)]),
    ],
)
def test_learn_limits_by_tier_and_class(tier: str | None, read: list, write: list, delete: list):
    found = whole("learn", Identity(id=ID, tier=tier))

    hour = read[1][0]
    assert found == {
        "read": read,
        "write": [*write, (hour // 2, 3600)],
        "delete": [*delete, (hour // 4, 3600)],
    }


def test_learn_does_not_count_logins_and_registrations_as_writes() -> None:
    for rule in BOOK.rules_for("learn", ANONYMOUS, None).whole:
        assert rule.except_fields == {
            "Mutation.login",
            "Mutation.register",
            "Mutation.requestPasswordReset",
        }


def test_anonymous_callers_have_the_free_tier_of_learn() -> None:
    assert whole("learn", ANONYMOUS) == whole("learn", Identity(id=ID, tier="free"))


@pytest.mark.parametrize(
    ("route", "name", "limit"),
    [
        ("GET /api/v1/users", "route-users", 60),
        ("GET /api/v1/users/{id}", "route-users", 60),
        ("GET /api/v1/courses/search", "route-courses", 100),
        ("GET /api/v1/lessons/{id}/video", "route-courses", 100),
        ("POST /api/v1/dm/{user_id}", "route-chat", 120),
        ("GET /api/v1/messages", "route-chat", 120),
        ("POST /api/v1/executions", "route-executions", 30),
    ],
)
def test_routes_of_learn_have_additional_limits(route: str, name: str, limit: int) -> None:
    assert whole("learn", PRO, route)[name] == [(limit, 60)]


def test_a_path_with_a_similar_beginning_is_another_route() -> None:
    assert set(whole("learn", PRO, "GET /api/v1/usersettings")) == {"read", "write", "delete"}


def test_pm_has_no_burst_and_commerce_and_todo_have_the_authenticated_tier_of_tracker() -> None:
    assert whole("pm", ANONYMOUS) == whole("pm", ADMIN) == {"requests": [(1_000, 3600)]}
    for profile in ("commerce", "todo"):
        for identity in (ANONYMOUS, USER, ADMIN):
            assert whole(profile, identity) == {"requests": [(1_000, 3600), (50, 10)]}


def test_anonymous_callers_of_graphql_have_the_authenticated_tier_of_tracker() -> None:
    assert whole("graphql", ANONYMOUS) == whole("tracker", USER)
    assert whole("graphql", ADMIN) == whole("tracker", ADMIN)
    tracker, graphql = (
        BOOK.rules_for(name, USER, None).of_fields for name in ("tracker", "graphql")
    )
    for field in ("Mutation.uploadFile", "Query.search"):
        assert list(map(figures, graphql[field])) == list(map(figures, tracker[field]))


def test_uploads_search_and_executions_are_counted_by_field() -> None:
    tracker = BOOK.rules_for("tracker", USER, None).of_fields
    learn = BOOK.rules_for("learn", Identity(id=ID, tier="basic"), None).of_fields

    assert [figures(rule) for rule in tracker["Mutation.uploadFile"]] == [[(100, 3600), (5, 10)]]
    assert [figures(rule) for rule in tracker["Query.search"]] == [[(500, 3600), (20, 10)]]
    assert [figures(rule) for rule in learn["Mutation.uploadFile"]] == [[(20, 3600)]]
    assert [figures(rule) for rule in learn["Mutation.executeCode"]] == [[(100, 86_400)]]


@pytest.mark.parametrize(
    ("tier", "a_day", "an_hour"),
    [
        ("free", 5, 0),
        ("basic", 100, 20),
        ("pro", 1_000, 100),
        ("enterprise", 10_000, 500),
    ],
)
def test_learn_limits_executions_and_uploads_by_tier(tier: str, a_day: int, an_hour: int) -> None:
    caller = Identity(id=ID, tier=tier)
    learn = BOOK.rules_for("learn", caller, None).of_fields
    graphql = BOOK.rules_for("graphql", caller, None).of_fields

    assert [figures(rule) for rule in learn["Mutation.executeCode"]] == [[(a_day, 86_400)]]
    assert [figures(rule) for rule in learn["Mutation.uploadFile"]] == [[(an_hour, 3600)]]
    assert [figures(rule) for rule in graphql["Mutation.executeCode"]] == [[(a_day, 86_400)]]


def test_a_configuration_can_replace_and_assign_presets_and_add_rules() -> None:
    strict = RateLimitRule(name="requests", limit=1, window=5)
    everywhere = RateLimitRule(name="sign-up", limit=2, window=7, fields=("Mutation.register",))
    config = RateLimits(presets={"mine": (strict,)}, profiles={"pm": "mine"}, rules=(everywhere,))

    rules = RuleBook(config).rules_for("pm", USER, None)

    assert [figures(rule) for rule in rules.whole] == [[(1, 5)]]
    assert list(rules.of_fields) == ["Mutation.register"]


def test_an_unknown_preset_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError) as mistake:
        RuleBook(RateLimits(profiles={"pm": "pn"}, presets={"mine": ()}))

    assert str(mistake.value) == (
        "`rate_limit.profiles.pm`: unknown preset `pn`, only default, learn, "
        "mine, pm, signed-in, tracker."
    )


def test_the_development_factor_applies_to_the_preset_of_graphql() -> None:
    book = RuleBook(RateLimits(), factor=1000)

    (graphql,) = book.rules_for("graphql", USER, None).whole
    (other,) = book.rules_for("a dialect without a preset", USER, None).whole
    (tracker,) = book.rules_for("tracker", USER, None).whole

    assert figures(graphql) == figures(other) == [(1_000_000, 3600)]
    assert figures(tracker) == [(1_000, 3600), (50, 10)]
