"""A policy that is unknown, late, raising or talking nonsense denies, and only what it guards."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from tests.support.office import ADA, MEMBERS, POLICIES, composed_office
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies, PolicyRegistry, PolicySpec
from trellis.router.config import Auth, Config
from trellis.router.errors import ConfigError, SubgraphUnavailable
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import policies_of
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import Identity
from trellis.schema.policy import CallerPolicy, ObjectPolicy, Policy
from trellis.schema.request import RequestContext

SUPERGRAPH = composed_office()
QUERY = '{ projects { id budget } report(id: "1") billing }'
SECONDS = 0.2


def supergraph(*policies: LocalPolicies, **options: Any) -> Supergraph:
    options = {"policy_seconds": SECONDS, **options}
    return Supergraph.load(
        SUPERGRAPH,
        transports={one.name: LocalTransport(one) for one in MEMBERS},
        policies=policies,
        options=SupergraphOptions(**options),
    )


async def ask(query: str, graph: Supergraph, who: Identity = ADA) -> Answer:
    return await answer(GraphQLRequest(query), RequestContext(who), graph)


async def ask_with(query: str, **policies: Policy) -> Answer:
    renamed = {name.replace("_", ":"): policy for name, policy in policies.items()}
    return await ask(query, supergraph(LocalPolicies("office", {**POLICIES, **renamed})))


async def slow(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
    await asyncio.sleep(60)
    return [True for _ in objects]


async def raises(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
    raise RuntimeError("swordfish")


async def short(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
    return [True for _ in objects][1:]


async def long(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
    return [True for _ in objects] + [True]


async def nothing(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    return None


async def one_yes(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    return True


async def words(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    return "yes"[: len(objects)]


async def ones(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    return [1 for _ in objects]


async def stream(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    return (True for _ in objects)


def not_async(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    return [True for _ in objects]


async def times_out_itself(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Any:
    raise TimeoutError


BAD = [slow, raises, short, long, nothing, one_yes, words, ones, stream, not_async]


@pytest.mark.parametrize("decide", [*BAD, times_out_itself], ids=lambda one: one.__name__)
async def test_a_bad_answer_denies_and_the_rest_is_answered(decide: Any):
    policy = ObjectPolicy(decide, needs="ownerName")
    result = await ask_with(QUERY, owner_project=policy)
    projects = [{"id": id, "budget": None} for id in "123"]
    assert result.data == {"projects": projects, "report": None, "billing": "open"}
    paths = [".".join(map(str, error["path"])) for error in result.errors]
    assert paths == ["report", *(f"projects.{place}.budget" for place in range(3))]
    assert {error["extensions"]["code"] for error in result.errors} == {
        "UNAUTHORIZED_FIELD_OR_TYPE"
    }
    assert "swordfish" not in str(result.errors)
    assert "could not be evaluated" in result.errors[-1]["message"]


@pytest.mark.parametrize("answered", [None, 1, "yes", [True]])
async def test_a_policy_about_the_caller_must_say_true(answered: Any):
    async def decide(caller: Identity) -> Any:
        return answered

    result = await ask_with("{ ledger billing }", auditor=CallerPolicy(decide))
    assert result.data == {"ledger": None, "billing": "open"}


async def test_policies_wait_for_one_another_no_longer_than_one_of_them():
    async def late(caller: Identity) -> bool:
        await asyncio.sleep(60)
        return True

    started = asyncio.get_running_loop().time()
    query = "{ ledger premium audit(id: 1) projects { mixed } }"
    policies = {"auditor": CallerPolicy(late), "tier_pro": CallerPolicy(late)}
    result = await ask_with(query, **policies)
    assert len(result.errors) == 4
    assert asyncio.get_running_loop().time() - started < 20


async def test_what_is_wrong_is_logged_with_the_name_of_the_policy():
    with capture_logs() as logs:
        await ask_with(QUERY, owner_project=ObjectPolicy(raises, needs="ownerName"))
    failed = [entry for entry in logs if entry["event"] == "policy_failed"]
    assert {entry["policy"] for entry in failed} == {"owner:project"}


@pytest.mark.parametrize(
    ("decide", "event"), [(slow, "policy_late"), (times_out_itself, "policy_failed")]
)
async def test_a_policy_is_late_when_it_takes_longer_than_it_may(decide: Any, event: str):
    with capture_logs() as logs:
        await ask_with(QUERY, owner_project=ObjectPolicy(decide, needs="ownerName"))
    assert {entry["event"] for entry in logs} == {event}


@pytest.mark.parametrize(
    "needs", ["nothing", "ownerName {", "ownerName { x }", "vault", {"Vault": "number"}]
)
async def test_needs_that_cannot_be_fetched_deny(needs: Any):
    async def everybody(caller: Identity, objects: Sequence[Any]) -> list[bool]:
        return [True for _ in objects]

    policy = ObjectPolicy(everybody, needs=needs)
    result = await ask_with("{ projects { id budget } }", owner_project=policy)
    assert result.data == {"projects": [{"id": id, "budget": None} for id in "123"]}


async def test_a_policy_may_need_nothing_but_the_type():
    async def everybody(caller: Identity, objects: Sequence[Any]) -> list[bool]:
        assert objects == [{"__typename": "Project"}]
        return [True]

    result = await ask_with("{ projects { budget } }", owner_project=ObjectPolicy(everybody))
    assert result.to_dict() == {"data": {"projects": [{"budget": n} for n in (100, 200, 300)]}}


class Faulty:
    """A subgraph whose answers lose the owner's name, with an error."""

    is_in_process = True

    def __init__(self, *, tells: bool) -> None:
        self._inner = LocalTransport(MEMBERS[0])
        self._tells = tells

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        response = await self._inner.send(request)
        assert response.data is not None
        for project in response.data["projects"]:
            project["ownerName"] = None
        errors = [{"message": "lost", "path": ["projects", 0, "ownerName"]}] if self._tells else []
        return SubgraphResponse(response.data, errors)

    subscribe = LocalTransport.subscribe

    async def aclose(self) -> None:
        return None


@pytest.mark.parametrize("tells", [True, False])
async def test_what_got_lost_on_the_way_denies(tells: bool):
    async def everybody(caller: Identity, objects: Sequence[Any]) -> list[bool]:
        return [True for _ in objects]

    policies = {**POLICIES, "owner:project": ObjectPolicy(everybody, needs="ownerName")}
    graph = Supergraph.load(
        SUPERGRAPH,
        transports={"office": Faulty(tells=tells)},  # type: ignore[dict-item]
        policies=[LocalPolicies("office", policies)],
    )
    result = await ask("{ projects { budget } }", graph)
    assert result.data == {"projects": [{"budget": None}] * 3}


async def test_two_subgraphs_cannot_register_one_name():
    with pytest.raises(ConfigError, match="both register the policy `auditor`"):
        supergraph(LocalPolicies("office", POLICIES), LocalPolicies("billing", POLICIES))


async def test_reject_mode_refuses_the_query_for_one_object():
    graph = supergraph(LocalPolicies("office", POLICIES), reject=True, policy_seconds=1.0)
    result = await ask("{ projects { budget } billing }", graph)
    assert (result.executed, result.status, "data" in result.to_dict()) == (False, 403, False)
    assert [error["path"] for error in result.errors] == [["projects", 1, "budget"]]
    assert (await ask('{ project(id: "1") { budget } }', graph)).errors == []


# -- in another process ------------------------------------------------------------------------


class Elsewhere:
    """A source of policies that can be down, and can change."""

    def __init__(self, name: str = "office") -> None:
        self.name = name
        self.is_outdated = False
        self.is_down = False
        self.policies: dict[str, PolicySpec] = {"auditor": PolicySpec(None)}
        self.lists = 0

    async def declared(self) -> Mapping[str, PolicySpec]:
        self.lists += 1
        if self.is_down:
            raise SubgraphUnavailable(self.name, "The subgraph cannot be reached.")
        self.is_outdated = False
        return dict(self.policies)

    async def holds(self, policy: str, context: RequestContext) -> Any:
        return True

    async def judge(self, policy: str, context: RequestContext, objects: Sequence[Any]) -> Any:
        return [True for _ in objects]


def graph_over(*sources: Any) -> Supergraph:
    transports = {one.name: LocalTransport(one) for one in MEMBERS}
    return Supergraph.load(SUPERGRAPH, transports=transports, policies=sources)


async def test_policies_that_cannot_be_learnt_are_unknown_until_they_can():
    now, source = [0.0], Elsewhere()
    known, wanted = PolicyRegistry([source], clock=lambda: now[0]), frozenset(["auditor"])
    source.is_down = True
    with capture_logs() as logs:
        for _ in range(5):
            assert (await known.load(wanted)).declared == {}
    assert source.lists == 1  # and not asked again with every request
    assert [entry["event"] for entry in logs] == ["policies_not_listed", "unknown_policies_deny"]
    assert logs[1]["policies"] == ["auditor"]
    now[0] = 0.9
    await known.load(wanted)
    assert source.lists == 1
    source.is_down = False
    now[0] = 1.0
    for _ in range(5):
        assert (await known.load(wanted)).declared == {"auditor": PolicySpec(None)}
    assert source.lists == 2


async def test_a_list_that_is_out_of_date_is_read_again():
    now, source = [0.0], Elsewhere()
    known, wanted = PolicyRegistry([source], clock=lambda: now[0]), frozenset(["auditor"])
    assert (await known.load(wanted)).about_objects == set()
    source.policies = {"auditor": PolicySpec({"": ""})}
    source.is_outdated = True
    now[0] += 10
    assert (await known.load(wanted)).about_objects == {"auditor"}
    assert (await known.load(wanted)).about_objects == {"auditor"}
    assert source.lists == 2


async def test_known_names_are_not_asked_for_again():
    now, source = [0.0], Elsewhere()
    known = PolicyRegistry([source], clock=lambda: now[0])
    await known.load(frozenset(["auditor"]))
    now[0] += 10
    assert (await known.load(frozenset(["auditor"]))).declared == {"auditor": PolicySpec(None)}
    assert source.lists == 1


async def test_whoever_asks_while_the_list_is_on_its_way_waits_for_it():
    class Slow(Elsewhere):
        async def declared(self) -> Mapping[str, PolicySpec]:
            await asyncio.sleep(0)
            return await super().declared()

    source = Slow()
    known, wanted = PolicyRegistry([source]), frozenset(["auditor"])
    books = await asyncio.gather(*(known.load(wanted) for _ in range(3)))
    assert [book.declared for book in books] == [{"auditor": PolicySpec(None)}] * 3
    assert source.lists == 1


def test_a_policy_about_callers_needs_nothing_of_any_object():
    assert PolicySpec(None).needs_of("Project") is None
    assert PolicySpec({"Project": "id", "": "name"}).needs_of("Project") == "id"
    assert PolicySpec({"Project": "id", "": "name"}).needs_of("Note") == "name"
    assert PolicySpec({"Project": "id"}).needs_of("Note") is None


async def test_names_nobody_has_are_looked_for_again_after_a_while():
    now, source = [0.0], Elsewhere()
    known, wanted = PolicyRegistry([source], clock=lambda: now[0]), frozenset(["new"])
    for _ in range(3):
        assert "new" not in (await known.load(wanted)).declared
    source.policies["new"] = PolicySpec(None)
    now[0] += 10
    assert "new" in (await known.load(wanted)).declared
    assert source.lists == 2


async def test_policies_that_cannot_be_learnt_deny():
    source = Elsewhere()
    source.is_down = True
    graph = graph_over(source)
    assert (await ask("{ ledger billing }", graph)).data == {"ledger": None, "billing": "open"}


async def test_policies_that_are_not_told_in_time_deny():
    class Silent(Elsewhere):
        async def declared(self) -> Mapping[str, PolicySpec]:
            await asyncio.Event().wait()
            raise AssertionError

    graph = Supergraph.load(
        SUPERGRAPH,
        transports={one.name: LocalTransport(one) for one in MEMBERS},
        policies=[Silent()],
        options=SupergraphOptions(policy_seconds=SECONDS),
    )
    result = await ask("{ ledger billing }", graph)
    assert result.data == {"ledger": None, "billing": "open"}


async def test_a_name_that_two_subgraphs_elsewhere_have_denies():
    known = PolicyRegistry([Elsewhere("one"), Elsewhere("two")])
    assert (await known.load(frozenset(["auditor"]))).declared == {}


async def test_a_subgraph_that_is_down_denies(tmp_path: Path):
    config = Config(auth=Auth(service_secret=SecretStr("s" * 32)), data_dir=tmp_path)
    source = policies_of(Member("office", "", "http://127.0.0.1:9/graphql"), config)
    graph = graph_over(source)
    assert (await ask("{ ledger billing }", graph)).data == {"ledger": None, "billing": "open"}
    await graph.enforcer.registry.aclose()


async def test_somebody_elses_subgraph_has_no_policies(tmp_path: Path):
    member = Member("office", "", "http://127.0.0.1:9/graphql", gets_service_token=False)
    assert policies_of(member, Config(data_dir=tmp_path)) is None
