"""``member:project``: who reads a project's settings, asked of the subgraph itself, through a
router in the same process, and through one in another."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from tests.support.serving import served
from tests.support.subgraphs import Running, caller, running
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.config import Auth, Authorization, Config, SubgraphSource
from trellis.router.loading.composed import compose_members
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import load_supergraph, policies_of, transport_to
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.local import LocalTransport
from trellis.schema.policy import CallerPolicy, ObjectPolicy
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.projects.graph import make_subgraph
from trellis.subgraphs.projects.policies import MEMBER

SETTINGS = "query ($id: ID!) { project(id: $id) { key settings { timeTracking } } }"
LIST = "{ projects { edges { node { key settings { timeTracking } } } } }"
UPDATE = (
    "mutation ($id: ID!, $i: UpdateProjectInput!) "
    "{ updateProject(id: $id, input: $i) { project { settings { timeTracking } } } }"
)

PATIENCE = 30.0
"""Policies are waited for on busy machines, too."""

running_subgraph: Subgraph
"""What ``build_subgraph_app`` finds here by name, as it would in a module of its own."""


@pytest.fixture
async def projects(tmp_path: Path) -> AsyncIterator[Running]:
    settings = DataSettings(data_dir=tmp_path)
    async with running(make_subgraph, settings, beside=["accounts"]) as subgraph:
        yield subgraph


@pytest.fixture(params=["in process", "over HTTP"])
async def supergraph(
    request: pytest.FixtureRequest, projects: Running, tmp_path: Path
) -> AsyncIterator[Supergraph]:
    subgraph = projects.subgraph
    sdl = compose_members([Member("projects", subgraph.schema.as_str(), local=subgraph)])
    if request.param == "in process":
        yield Supergraph.load(
            sdl.supergraph_sdl,
            transports={"projects": LocalTransport(subgraph)},
            policies=[LocalPolicies("projects", subgraph.policies)],
            options=SupergraphOptions(policy_seconds=PATIENCE),
        )
        return
    globals()["running_subgraph"] = subgraph
    config = Config(
        subgraphs={"projects": SubgraphSource(module=f"{__name__}:running_subgraph")},
        auth=Auth(service_secret=SecretStr("s" * 32)),
        authorization=Authorization(policy_seconds=PATIENCE),
        data_dir=tmp_path,
    )
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(build_subgraph_app(config, "projects")))
        member = Member("projects", "", f"{url}/graphql")
        source = policies_of(member, config)
        assert source is not None
        graph = load_supergraph(
            sdl.supergraph_sdl,
            {"projects": transport_to(member, config)},
            config,
            policies=[source],
        )
        yield graph
        await LiveGraph.over(graph).aclose()


async def ask(graph: Supergraph, query: str, who: str, **variables: Any) -> Answer:
    context = RequestContext(caller(who))
    return await answer(GraphQLRequest(query, variables), context, graph)


@pytest.mark.parametrize(
    ("who", "keys"),
    [
        ("katherine", ["ORBIT", "ENG"]),  # a member
        ("grace", ["ORBIT", "COMP", "ENG"]),  # administers her organization's projects
        ("ada", ["TREE", "HOP", "ORBIT", "COMP", "ENG"]),  # administers the platform
    ],
)
async def test_whoever_sees_a_project_as_its_member_reads_its_settings(
    supergraph: Supergraph, who: str, keys: list[str]
):
    result = await ask(supergraph, LIST, who)
    assert not result.errors
    assert result.data is not None
    nodes = [edge["node"] for edge in result.data["projects"]["edges"]]
    assert [node["key"] for node in nodes] == keys
    assert all(isinstance(node["settings"]["timeTracking"], bool) for node in nodes)


async def test_a_foreign_project_tells_no_settings(supergraph: Supergraph):
    foreign = str(demo_id("project", "HOP"))
    result = await ask(supergraph, SETTINGS, "katherine", id=foreign)
    assert result.to_dict() == {"data": {"project": None}}


async def test_members_read_the_settings_that_they_have_changed(supergraph: Supergraph):
    wish = {"settings": {"timeTracking": False}}
    changed = await ask(supergraph, UPDATE, "grace", id=str(demo_id("project", "ENG")), i=wish)
    assert changed.to_dict() == {
        "data": {"updateProject": {"project": {"settings": {"timeTracking": False}}}}
    }


async def test_the_policy_answers_for_each_object_by_itself(projects: Running):
    policy = projects.subgraph.policies[MEMBER]
    assert isinstance(policy, ObjectPolicy)
    assert policy.needs == {"Project": "id"}
    ids = [demo_id("project", "ENG"), demo_id("project", "HOP"), uuid4(), "7", ""]
    objects = [{"__typename": "Project", "id": str(id)} for id in ids]
    assert await policy.decide(caller("katherine"), objects) == [True, *[False] * 4]
    assert await policy.decide(caller("tommy"), objects) == [False, True, *[False] * 3]
    assert await policy.decide(caller("katherine"), []) == []


async def test_objects_that_are_no_longer_the_callers_are_denied(projects: Running):
    """The router asks with what was fetched; the policy looks again."""

    async def nobody(caller: Any, objects: Any) -> list[bool]:
        return [False for _ in objects]

    subgraph = projects.subgraph
    assert not isinstance(subgraph.policies[MEMBER], CallerPolicy)
    sdl = compose_members([Member("projects", subgraph.schema.as_str(), local=subgraph)])
    graph = Supergraph.load(
        sdl.supergraph_sdl,
        transports={"projects": LocalTransport(subgraph)},
        policies=[LocalPolicies("projects", {MEMBER: ObjectPolicy(nobody, needs="id")})],
    )
    result = await ask(graph, SETTINGS, "grace", id=str(demo_id("project", "ENG")))
    assert result.data == {"project": None}
    assert [(e["path"], e["extensions"]["code"]) for e in result.errors] == [
        (["project", "settings"], "UNAUTHORIZED_FIELD_OR_TYPE")
    ]
