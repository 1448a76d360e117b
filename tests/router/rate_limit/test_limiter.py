"""An operation is counted by every rule that it matches, or refused by one and counted by none."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from graphql import parse

from tests.support.metrics import figures_here
from tests.support.recording import RecordingTransport
from trellis.router.answer import Answer
from trellis.router.authorization.authorize import Authorized
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config.rate_limits import RateLimitRule, RateLimits
from trellis.router.errors import PlanningLimit, SupergraphInvalid
from trellis.router.executor.executable import Executable
from trellis.router.executor.plans import Plans
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.rate_limit.directive import rules_of_fields
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rate_limit.report import Counted
from trellis.router.rate_limit.sliding_log import Level
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.rate_limit import Charge
from trellis.schema.request import RequestContext

LINK = (
    'extend schema @link(url: "https://specs.trellis.dev/trellis/v0.1", '
    'import: ["@rateLimit", "@rateLimitStates"]) '
    '@composeDirective(name: "@rateLimit") @composeDirective(name: "@rateLimitStates") '
    '@link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@composeDirective"])\n'
    "directive @rateLimit(limit: Int!, window: Int!, burst: Int, key: String, "
    "arguments: [String!], cost: Int, profiles: [String!], strict: Boolean) "
    "repeatable on FIELD_DEFINITION\n"
    "directive @rateLimitStates on FIELD_DEFINITION\n"
)
SDL = """
type Query { hello: String  secret: String  usage: Int @rateLimitStates }
type Mutation {
  login(email: String): Int
    @rateLimit(limit: 5, window: 60, key: "ip", strict: true)
    @rateLimit(limit: 2, window: 3600, key: "email", arguments: ["email"], profiles: ["learn"])
  update: Int
  deleteIt: Int
}
"""
ADA, BOB = Identity(id=UUID(int=1)), Identity(id=UUID(int=2))
ROBOT = Identity(id=UUID(int=7), kind="service", key_id="k1", tenant_id=UUID(int=5))
ROBOT_2 = Identity(id=UUID(int=7), kind="service", key_id="k2", tenant_id=UUID(int=6))
SECOND = 1_000_000


class Graph:
    """One subgraph behind the pipeline, with a clock of its own."""

    def __init__(
        self,
        *rules: RateLimitRule,
        sdl: str = SDL,
        **config: Any,
    ) -> None:
        self.now = 0
        self.transport = RecordingTransport({"data": {}})
        presets = {"none": ()} if "presets" not in config else config.pop("presets")
        profiles = dict.fromkeys(("graphql", "learn", "tracker"), next(iter(presets)))
        settings = RateLimits(
            **{"presets": presets, "profiles": profiles, "rules": rules, **config}
        )
        limiting = RateLimiting(settings, MemoryStore(clock=lambda: self.now))
        self.supergraph = Supergraph.load(
            composed(sdl),
            transports={"a": self.transport},
            options=SupergraphOptions(rate_limiting=limiting),
        )

    async def ask(
        self,
        document: str,
        identity: Identity = ANONYMOUS,
        variables: dict[str, Any] | None = None,
        **context: Any,
    ) -> Answer:
        given = {"client_address": "192.0.2.1", **context}
        request = GraphQLRequest(document, variables or {})
        return await answer(request, RequestContext(identity, **given), self.supergraph)

    @property
    def calls(self) -> int:
        return len(self.transport.requests)


def composed(sdl: str) -> str:
    composition = compose([Subgraph("a", "http://a", LINK + sdl)])
    assert composition.is_ok, [str(error) for error in composition.errors]
    return composition.supergraph_sdl


def rule(limit: int, window: int = 60, **more: Any) -> RateLimitRule:
    return RateLimitRule(**{"name": f"r{limit}", "limit": limit, "window": window, **more})


def codes(result: Answer) -> list[str]:
    return [error["extensions"]["code"] for error in result.errors]


def header(result: Answer, name: str) -> str:
    return dict(result.headers)[name.encode()].decode()


async def test_exactly_the_limit_is_admitted_per_window() -> None:
    graph = Graph(rule(3))

    answers = [await graph.ask("{ hello }") for _ in range(4)]

    assert [a.status for a in answers] == [200, 200, 200, 429]
    assert [header(a, "x-ratelimit-remaining") for a in answers] == ["2", "1", "0", "0"]
    assert graph.calls == 3
    graph.now += 60 * SECOND
    assert (await graph.ask("{ hello }")).status == 200


async def test_refusals_are_counted_by_the_rule_that_is_used_up() -> None:
    graph = Graph(rule(2, name="test_tight"), rule(50, name="test_wide"))
    for _ in range(5):
        await graph.ask("{ hello }")
    found = figures_here()
    assert found.of("rate_limit_refusals_total", rule="test_tight") == 3
    assert found.of("rate_limit_refusals_total", rule="test_wide") == 0


async def test_a_refusal_has_the_limit_and_the_time_to_wait() -> None:
    graph = Graph(rule(2))
    for _ in range(2):
        await graph.ask("{ hello }")
    graph.now += 20 * SECOND
    before = datetime.now(UTC)

    refused = await graph.ask("{ hello }")

    (error,) = refused.errors
    details = dict(error["extensions"])
    reset_at = datetime.fromisoformat(details.pop("reset_at"))
    assert details == {
        "code": "RATE_LIMITED",
        "limit": 2,
        "window": 60,
        "remaining": 0,
        "retry_after": 40,
    }
    assert 39 <= (reset_at - before).total_seconds() <= 43
    assert error["message"] == "Rate limit exceeded. Try again in 40 seconds."
    assert int(header(refused, "x-ratelimit-reset")) == int(reset_at.timestamp())
    assert not refused.executed and refused.data is None


async def test_headers_report_the_limit_with_the_fewest_attempts_and_all_for_the_ietf_draft() -> (
    None
):
    graph = Graph(rule(10, burst=4, name="many"), rule(7, 3600, name="few"))

    result = await graph.ask("{ hello }")

    assert header(result, "x-ratelimit-limit") == "7"
    assert header(result, "x-ratelimit-remaining") == "6"
    assert header(result, "ratelimit-policy") == (
        '"many-60";q=10;w=60, "many-10";q=4;w=10, "few-3600";q=7;w=3600'
    )
    assert header(result, "ratelimit") == (
        '"many-60";r=9;t=60, "many-10";r=3;t=10, "few-3600";r=6;t=3600'
    )


async def test_a_burst_refuses_by_its_own_window() -> None:
    graph = Graph(rule(100, burst=2))
    for _ in range(2):
        await graph.ask("{ hello }")

    refused = await graph.ask("{ hello }")

    assert refused.errors[0]["extensions"]["limit"] == 2
    assert refused.errors[0]["extensions"]["window"] == 10
    assert refused.errors[0]["extensions"]["retry_after"] == 10
    graph.now += 10 * SECOND
    assert header(await graph.ask("{ hello }"), "x-ratelimit-remaining") == "97"


async def test_nothing_remains_in_headers_while_a_burst_is_used_up() -> None:
    graph = Graph(rule(100, 3600, burst=2))

    first, second = await graph.ask("{ hello }"), await graph.ask("{ hello }")

    assert [header(one, "x-ratelimit-remaining") for one in (first, second)] == ["99", "0"]
    assert header(second, "x-ratelimit-limit") == "100"
    assert codes(await graph.ask("{ hello }")) == ["RATE_LIMITED"]


async def test_fields_can_be_excluded_from_a_class() -> None:
    graph = Graph(rule(2, classes=("write",), except_fields=("Mutation.login",)))

    logins = [await graph.ask("mutation { login }") for _ in range(5)]
    writes = [await graph.ask("mutation { login update }") for _ in range(1)]
    updates = [await graph.ask("mutation { update }") for _ in range(3)]

    assert [codes(one) for one in logins] == [[]] * 5
    assert [codes(one) for one in writes] == [["RATE_LIMITED"]]  # the sixth login
    assert [codes(one) for one in updates] == [[], [], ["RATE_LIMITED"]]


async def test_a_refused_operation_is_not_counted_by_other_rules() -> None:
    graph = Graph(rule(100), rule(1, 10, key="ip"))

    for _ in range(5):
        await graph.ask("{ hello }", ADA)

    result = await graph.ask("{ hello }", ADA, client_address="192.0.2.2")
    assert header(result, "ratelimit").startswith('"r100-60";r=98;')


async def test_callers_are_counted_separately() -> None:
    graph = Graph(rule(1))

    first = [await graph.ask("{ hello }", who) for who in (ADA, BOB, ANONYMOUS)]
    other_address = await graph.ask("{ hello }", client_address="192.0.2.2")
    second = [await graph.ask("{ hello }", who) for who in (ADA, BOB, ANONYMOUS)]

    assert [a.status for a in (*first, other_address)] == [200, 200, 200, 200]
    assert [a.status for a in second] == [429, 429, 429]


@pytest.mark.parametrize(
    "document",
    [
        "mutation { login a: login b: login c: login d: login e: login }",
        "mutation { ...F } fragment F on Mutation { login a: login b: login c: login d: login "
        "e: login }",
    ],
)
async def test_more_attempts_than_remain_are_refused_before_the_first_one_runs(
    document: str,
) -> None:
    graph = Graph()

    refused = await graph.ask(document)

    assert (refused.status, codes(refused), graph.calls) == (429, ["RATE_LIMITED"], 0)
    assert "counts 6 times at once; at most 5" in refused.errors[0]["message"]
    assert (await graph.ask("mutation { login a: login b: login c: login d: login }")).status == 200


async def test_attempts_by_e_mail_address_are_counted_by_address_and_dialect() -> None:
    graph = Graph()
    login = "mutation($e: String) { login(email: $e) }"

    async def log_in(email: str, number: int, profile: str = "learn") -> int:
        address = f"192.0.2.{number}"
        result = await graph.ask(
            login, variables={"e": email}, client_address=address, profile=profile
        )
        return result.status

    assert [await log_in("ada@x.org", n) for n in range(3)] == [200, 200, 429]
    assert await log_in("ADA@x.org ", 4) == 429
    assert await log_in("bob@x.org", 5) == 200
    assert await log_in("ada@x.org", 6, "graphql") == 200


async def test_attempts_at_a_field_are_counted_over_all_dialects() -> None:
    graph = Graph()
    profiles = ("graphql", "learn", "tracker", "graphql", "tracker", "learn")

    statuses = [
        (await graph.ask("mutation { login }", profile=profile)).status for profile in profiles
    ]

    assert statuses == [200, 200, 200, 200, 200, 429]


async def test_classes_are_counted_separately_and_a_delete_route_counts_as_delete() -> None:
    graph = Graph(
        rule(9, name="read", classes=("read", "subscription")),
        rule(4, name="write", classes=("write",)),
        rule(2, name="delete", classes=("delete",)),
    )

    read = await graph.ask("{ hello }")
    both = await graph.ask("mutation { update deleteIt }")
    by_route = await graph.ask("mutation { update }", route="DELETE /things/{id}")
    refused = await graph.ask("mutation { deleteIt }")
    everything = await graph.ask("mutation { update deleteIt }", BOB, route="DELETE /things/{id}")
    more = await graph.ask("mutation { deleteIt }", BOB)

    assert header(everything, "ratelimit") == '"delete-60";r=0;t=60'
    assert more.status == 429
    assert header(read, "ratelimit-policy") == '"read-60";q=9;w=60'
    assert header(both, "ratelimit") == '"write-60";r=3;t=60, "delete-60";r=1;t=60'
    assert header(by_route, "ratelimit") == '"delete-60";r=0;t=60'
    assert refused.status == 429


async def test_the_class_of_a_document_depends_on_the_method_of_its_route() -> None:
    graph = Graph(rule(9, name="write", classes=("write",)), rule(9, classes=("delete",)))
    routes = ("POST /things/{id}", "DELETE /things/{id}", None, "DELETE /things/{id}")

    answers = [await graph.ask("mutation { update }", route=route) for route in routes]

    assert [header(a, "ratelimit") for a in answers] == [
        '"write-60";r=8;t=60',
        '"r9-60";r=8;t=60',
        '"write-60";r=7;t=60',
        '"r9-60";r=7;t=60',
    ]


@pytest.mark.parametrize("is_dear_first", [True, False])
async def test_rules_with_one_name_count_once_with_the_higher_cost_and_the_lower_limit(
    is_dear_first: bool,
) -> None:
    dear, tight = rule(100, name="same", cost=7), rule(10, name="same", cost=2)
    rules = (dear, tight) if is_dear_first else (tight, dear)
    graph = Graph(*rules)

    first, second = [await graph.ask("{ hello }") for _ in range(2)]

    assert header(first, "x-ratelimit-limit") == "10"
    assert header(first, "x-ratelimit-remaining") == "3"
    assert second.status == 429


async def test_a_rule_counts_each_of_its_fields() -> None:
    both = rule(10, cost=3, fields=("Mutation.update", "Mutation.deleteIt"))
    graph = Graph(both)

    result = await graph.ask("mutation { update deleteIt }")

    assert header(result, "x-ratelimit-remaining") == "4"


async def test_a_budget_counts_the_cost_of_operations() -> None:
    graph = Graph(rule(5, units="cost"))

    first = await graph.ask("{ a: hello b: hello c: hello }")
    second = await graph.ask("{ a: hello b: hello c: hello }")

    assert header(first, "x-ratelimit-remaining") == "2"
    assert second.status == 429


async def test_a_limit_of_zero_is_refused_as_not_included_in_the_subscription() -> None:
    graph = Graph(rule(0, fields=("Mutation.update",), tiers=("free",)))

    refused = await graph.ask("mutation { update }", ADA)
    paid = await graph.ask("mutation { update }", Identity(id=UUID(int=3), tier="basic"))

    assert (refused.status, codes(refused)) == (403, ["ENTITLEMENT_REQUIRED"])
    assert paid.status == 200


@pytest.mark.parametrize(
    ("closed_for", "tier", "required"),
    [
        (("free",), None, "basic"),
        (("free", "basic"), None, "pro"),
        (("free", "basic"), "basic", "pro"),
        (("free", "basic", "pro", "enterprise"), "pro", None),
        ((), None, None),
    ],
)
async def test_a_refusal_names_the_subscription_that_would_do(
    closed_for: tuple[str, ...], tier: str | None, required: str | None
) -> None:
    """Requirement S4-ERR-01: requiredTier, currentTier and upgradeUrl."""
    closed = rule(0, fields=("Mutation.update",), tiers=closed_for)
    graph = Graph(closed, upgrade_url="/plans")

    refused = await graph.ask("mutation { update }", Identity(id=UUID(int=3), tier=tier))

    [error] = refused.errors
    told = {name: value for name, value in error["extensions"].items() if name != "code"}
    assert told == (
        {}
        if required is None
        else {"required_tier": required, "current_tier": tier or "free", "upgrade_url": "/plans"}
    )


@pytest.mark.parametrize(
    ("document", "code", "status"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", 400),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED", 400),
        ("subscription { x }", "GRAPHQL_VALIDATION_FAILED", 400),
    ],
)
async def test_invalid_operations_are_counted(document: str, code: str, status: int) -> None:
    graph = Graph(rule(2))

    answers = [await graph.ask(document) for _ in range(3)]

    assert [(a.status, codes(a)) for a in answers] == [
        (status, [code]),
        (status, [code]),
        (429, ["RATE_LIMITED"]),
    ]
    assert [header(a, "x-ratelimit-remaining") for a in answers] == ["1", "0", "0"]
    assert (await graph.ask("{ hello }", ADA)).status == 200


@pytest.mark.parametrize("document", ["{ hello }", "{ nothing }", "{"])
async def test_a_counted_request_is_marked_as_counted(document: str) -> None:
    graph, charge = Graph(rule(1)), Charge()
    context = RequestContext(client_address="192.0.2.1", charge=charge)

    statuses = []
    for _ in range(2):  # admitted or refused, then stopped by the limit
        charge.is_taken = False
        result = await answer(GraphQLRequest(document), context, graph.supergraph)
        statuses.append(result.status)
        assert charge.is_taken
    assert statuses[1] == 429
    assert statuses[0] in (200, 400)


class Unplannable(Plans):
    """Every operation is valid, and none can be planned in time."""

    def executable(self, authorized: Authorized, labels: frozenset[str]) -> Executable:
        raise PlanningLimit("This operation takes too long to plan.")


async def test_an_operation_that_cannot_be_planned_counts_once() -> None:
    graph = Graph(rule(3))
    graph.supergraph = replace(graph.supergraph, plans=Unplannable(graph.supergraph.graph))

    answers = [await graph.ask("{ hello }") for _ in range(4)]

    assert [(a.status, codes(a)) for a in answers] == [
        *[(400, ["PLANNING_LIMIT"])] * 3,
        (429, ["RATE_LIMITED"]),
    ]
    assert [header(a, "x-ratelimit-remaining") for a in answers] == ["2", "1", "0", "0"]


@pytest.mark.parametrize(
    ("key", "same", "other"),
    [
        ("api_key", Identity(id=UUID(int=8), kind="service", key_id="k1"), ROBOT_2),
        ("tenant", Identity(id=UUID(int=8), tenant_id=UUID(int=5)), ROBOT_2),
    ],
)
async def test_callers_of_one_key_or_tenant_are_counted_together(
    key: str, same: Identity, other: Identity
) -> None:
    graph = Graph(rule(2, key=key))

    together = [(await graph.ask("{ hello }", who)).status for who in (ROBOT, same, ROBOT, same)]

    assert together == [200, 200, 429, 429]
    assert (await graph.ask("{ hello }", other)).status == 200
    assert (await graph.ask("{ hello }", ADA)).headers == (), "who has none is under no such rule"


async def test_an_attempt_can_cost_several_units() -> None:
    weighty = rule(10, name="budget", cost=4, fields=("Mutation.update",))
    graph = Graph(weighty)

    first = await graph.ask("mutation { a: update b: update }")
    refused = await graph.ask("mutation { update }")

    assert header(first, "x-ratelimit-remaining") == "2"
    assert refused.status == 429


async def test_a_budget_has_a_window_and_is_shared_by_all_kinds_of_operations() -> None:
    graph = Graph(rule(4, units="cost", cost=2))

    statuses = [
        (await graph.ask(document)).status
        for document in ("{ hello }", "mutation { update }", "{ hello }")
    ]
    graph.now += 60 * SECOND
    later = await graph.ask("{ a: hello b: hello }")

    assert statuses == [200, 200, 429]
    assert header(later, "x-ratelimit-remaining") == "0"


async def test_a_caller_without_a_matching_rule_is_not_counted_and_gets_no_headers() -> None:
    graph = Graph(rule(1, tiers=("anonymous",)))

    results = [await graph.ask("{ hello }", ADA) for _ in range(3)]

    assert [(r.status, r.headers) for r in results] == [(200, ())] * 3


async def test_only_tracker_has_the_header_with_the_window() -> None:
    presets = {"tracker": (rule(5, 3600),), "none": ()}
    graph = Graph(presets=presets, profiles={"tracker": "tracker", "learn": "tracker"})

    assert header(await graph.ask("{ hello }", profile="tracker"), "x-ratelimit-window") == "3600"
    graphql = await graph.ask("{ hello }", profile="graphql")
    assert b"x-ratelimit-window" not in dict(graphql.headers)


async def test_a_field_that_needs_states_gets_all_limits_of_its_caller() -> None:
    graph = Graph(rule(9), rule(4, 3600, fields=("Mutation.update",), name="updates"))

    await graph.ask("mutation { update }", ADA)
    await graph.ask("{ usage }", ADA)
    await graph.ask("{ hello }", ADA)

    _, asking, other = graph.transport.requests
    states = [(s.name, s.limit, s.window, s.remaining) for s in asking.context.rate_limit]
    assert states == [("r9", 9, 60, 7), ("updates", 4, 3600, 3), ("login", 5, 60, 5)]
    assert other.context.rate_limit == ()


async def test_the_state_of_a_limit_is_that_of_its_window_and_not_of_its_burst() -> None:
    graph = Graph(rule(9, burst=3))

    await graph.ask("{ usage }", ADA)

    (asking,) = graph.transport.requests
    states = [(s.name, s.limit, s.window) for s in asking.context.rate_limit]
    assert states == [("r9", 9, 60), ("login", 5, 60)]


def test_a_null_argument_of_the_directive_is_the_same_as_none() -> None:
    sdl = """
    schema @link(url: "https://specs.trellis.dev/trellis/v0.1", import: ["@rateLimit"]) {
      query: Query
    }
    type Query {
      some: Int @rateLimit(limit: 4, window: 60, burst: null, key: null, profiles: null)
      same: Int @rateLimit(limit: 4, window: 60)
    }
    """
    one, other = rules_of_fields(parse(sdl))
    assert [limit.window for limit in one.limits] == [limit.window for limit in other.limits]
    assert (one.key, one.profiles, one.cost) == (other.key, other.profiles, other.cost)


def test_a_state_has_the_time_at_which_the_whole_limit_is_available() -> None:
    (rule,) = rules_of_fields(
        parse(composed("type Query { a: Int @rateLimit(limit: 4, window: 9) }"))
    )
    counted = Counted(rule, rule.limits[0], 1, is_reported=True)
    before = time.time()

    counted.set_level(Level(used=1, wait=0, reset=3600 * SECOND - 1))

    state = counted.state()
    assert (state.limit, state.window, state.remaining) == (4, 9, 3)
    assert 3600 <= state.reset_at - before <= 3660  # whole seconds, and a busy machine


async def test_limits_by_e_mail_address_have_no_state_without_an_address() -> None:
    graph = Graph()

    await graph.ask("{ usage }", ADA, profile="learn")

    (asking,) = graph.transport.requests
    assert [(s.name, s.remaining) for s in asking.context.rate_limit] == [("login", 5)]


@pytest.mark.parametrize(
    "arguments",
    [
        'limit: 5, window: 60, key: "nobody"',
        "limit: -1, window: 60",
        "limit: 5, window: 0",
        'limit: 5, window: 60, key: "email"',
    ],
)
def test_an_invalid_limit_is_an_error(arguments: str) -> None:
    with pytest.raises(SupergraphInvalid, match=r"@rateLimit on Query\.hello"):
        Graph(sdl=f"type Query {{ hello: Int @rateLimit({arguments}) }}")


@pytest.mark.parametrize(
    ("link", "directive", "is_limited"),
    [
        ('import: ["@rateLimit"]', "rateLimit", True),
        ('import: ["@rateLimit"]', "trellis__rateLimit", True),
        ('as: "t"', "t__rateLimit", True),
        ('import: ["@rateLimitStates"]', "trellis__rateLimit", True),
        ('import: ["@rateLimitStates"]', "trellis", False),
        ('import: ["@rateLimitStates"]', "rateLimitStates", False),
        ('as: "t"', "t", False),
        ('as: "t"', "trellis__rateLimit", False),
        ('import: [{name: "@rateLimit", as: "@atMost"}]', "rateLimit", False),
    ],
)
def test_limits_are_read_by_their_linked_names(link: str, directive: str, is_limited: bool) -> None:
    sdl = f"""
    schema @link(url: "https://specs.trellis.dev/trellis/v0.1", {link}) {{ query: Query }}
    type Query {{ hello: Int @{directive}(limit: 1, window: 60) }}
    """
    assert len(rules_of_fields(parse(sdl))) == is_limited


async def test_a_renamed_import_has_an_effect() -> None:
    sdl = composed("type Query { hello: Int @rateLimit(limit: 1, window: 60) }")
    renamed = sdl.replace('"@rateLimit"', '{name: "@rateLimit", as: "@atMost"}').replace(
        "@rateLimit(", "@atMost("
    )
    graph = Graph()
    limiting = RateLimiting(RateLimits(), MemoryStore())
    graph.supergraph = Supergraph.load(
        renamed,
        transports={"a": graph.transport},
        options=SupergraphOptions(rate_limiting=limiting),
    )

    assert [(await graph.ask("{ hello }")).status for _ in range(2)] == [200, 429]


OWN_FIGURES = """
type Query { hello: Int }
type Mutation {
  login: Int
    @rateLimit(limit: 4, window: 60, key: "ip")
    @rateLimit(limit: 9, window: 60, key: "user")
    @rateLimit(limit: 2, window: 60, key: "ip", profiles: ["learn"])
}
"""


@pytest.mark.parametrize(("profile", "limit"), [("learn", 2), ("tracker", 4), ("graphql", 4)])
async def test_limits_for_a_dialect_replace_those_without_dialects(
    profile: str, limit: int
) -> None:
    graph = Graph(sdl=OWN_FIGURES)

    result = await graph.ask("mutation { login }", ADA, profile=profile)

    assert header(result, "x-ratelimit-limit") == str(limit)
    assert '"login-user-60";q=9;w=60' in header(result, "ratelimit-policy")


async def test_configured_rules_are_not_replaced_by_limits_of_fields() -> None:
    graph = Graph(rule(1, fields=("Mutation.login",), key="ip"), sdl=OWN_FIGURES)

    statuses = [(await graph.ask("mutation { login }", profile="learn")).status for _ in range(2)]

    assert statuses == [200, 429]
