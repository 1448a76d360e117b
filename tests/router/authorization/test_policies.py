"""Policies in Python: about callers and arguments before planning, about objects afterwards."""

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.office import (
    ADA,
    AUDITOR,
    BOB,
    MEMBERS,
    POLICIES,
    PRO,
    composed_office,
    diary,
)
from tests.support.recording import RecordingTransport
from tests.support.serving import served
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Auth, Authorization, Config, SubgraphSource
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import load_supergraph, policies_of, transport_to
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import answer, stream
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import CallerPolicy, ObjectPolicy, Policy
from trellis.schema.request import RequestContext

OFFICE = "tests.support.office"
CODE = "UNAUTHORIZED_FIELD_OR_TYPE"
SUPERGRAPH = composed_office()


class Office:
    """The graph as its callers meet it."""

    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph

    async def ask(self, query: str, who: Identity = ADA, **members: Any) -> Answer:
        diary.clear()
        return await answer(GraphQLRequest(query, **members), RequestContext(who), self.supergraph)

    async def events(self, query: str, who: Identity = ADA) -> list[Answer]:
        diary.clear()
        request = GraphQLRequest(query, kinds=ALL_KINDS)
        return [one async for one in stream(request, RequestContext(who), self.supergraph)]


def local_supergraph(policies: Mapping[str, Policy] = POLICIES, **options: Any) -> Supergraph:
    return Supergraph.load(
        SUPERGRAPH,
        transports={one.name: LocalTransport(one) for one in MEMBERS},
        policies=[LocalPolicies("office", policies)],
        options=SupergraphOptions(**options),
    )


@pytest.fixture(scope="module")
async def remote_supergraph(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Supergraph]:
    """The same subgraphs, each behind HTTP as in the distributed edition."""
    sources = {one.name: SubgraphSource(module=f"{OFFICE}:{one.name}") for one in MEMBERS}
    config = Config(
        subgraphs=sources,
        auth=Auth(service_secret=SecretStr("s" * 32)),
        authorization=Authorization(policy_seconds=30),  # on busy machines, too
        data_dir=tmp_path_factory.mktemp("data"),
    )
    async with AsyncExitStack() as stack:
        members = []
        for one in MEMBERS:
            app = build_subgraph_app(config, one.name)
            url = await stack.enter_async_context(served(app))
            members.append(Member(one.name, "", f"{url}/graphql"))
        transports = {member.name: transport_to(member, config) for member in members}
        policies = [policies_of(member, config) for member in members]
        supergraph = load_supergraph(SUPERGRAPH, transports, config, policies=policies)  # type: ignore[arg-type]
        yield supergraph
        await LiveGraph.over(supergraph).aclose()


@pytest.fixture(params=["in process", "over HTTP"])
def graph(request: pytest.FixtureRequest) -> Office:
    if request.param == "in process":
        return Office(local_supergraph())
    return Office(request.getfixturevalue("remote_supergraph"))


def denied(result: Answer) -> list[str]:
    """The paths denied; any other error fails the test."""
    assert {error["extensions"]["code"] for error in result.errors} <= {CODE}, result.errors
    return [".".join(map(str, error["path"])) for error in result.errors]


# -- about the caller -------------------------------------------------------------------------


async def test_a_policy_about_the_caller_opens_a_field(graph: Office):
    result = await graph.ask("{ ledger }", AUDITOR)
    assert result.to_dict() == {"data": {"ledger": "ledger"}}
    assert diary.policies == [("auditor", "eve", None)]


async def test_a_policy_that_denies_the_caller_keeps_the_field_from_being_fetched(graph: Office):
    result = await graph.ask("{ ledger projects { id } }", ADA)
    assert result.data == {"ledger": None, "projects": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}
    assert denied(result) == ["ledger"]
    assert diary.resolved == []


async def test_each_policy_about_the_caller_is_asked_once_an_operation(graph: Office):
    await graph.ask('{ ledger a: ledger projects { mixed } audit(id: "1") premium }', AUDITOR)
    assert len(diary.calls("auditor")) == len(diary.calls("tier:pro")) == 1


async def test_only_policies_that_matter_are_asked(graph: Office):
    await graph.ask("{ projects { id name } }", ADA)
    assert diary.policies == []
    await graph.ask("{ books }", AUDITOR)  # who lacks the scope anyway
    assert diary.policies == []
    await graph.ask("{ premium }", ANONYMOUS)
    assert diary.policies == []


async def test_policies_and_scopes_must_both_be_met(graph: Office):
    reader = Identity(id=AUDITOR.id, roles=AUDITOR.roles, scopes=frozenset({"read:books"}))
    assert (await graph.ask("{ books }", reader)).data == {"books": "books"}
    assert denied(await graph.ask("{ books }", AUDITOR)) == ["books"]


async def test_an_unknown_policy_denies(graph: Office):
    assert denied(await graph.ask("{ lost }", ADA)) == ["lost"]


# -- about arguments --------------------------------------------------------------------------


async def test_root_fields_are_decided_by_their_arguments(graph: Office):
    query = 'query ($id: ID!) { mine: report(id: $id) other: report(id: "2") }'
    result = await graph.ask(query, ADA, variables={"id": "3"})
    assert result.data == {"mine": "report 3", "other": None}
    assert denied(result) == ["other"]
    assert result.errors[0]["message"] == (
        "Not authorized to access 'Query.report': it needs policies owner:project."
    )
    assert diary.resolved == ["Query.report 3"]
    assert diary.calls("owner:project") == [
        [
            {"__typename": "Query", "__field": "report", "id": "3"},
            {"__typename": "Query", "__field": "report", "id": "2"},
        ]
    ]


async def test_policies_see_the_defaults_of_arguments(graph: Office):
    assert (await graph.ask("{ report }", ADA)).data == {"report": "report 1"}
    query = "query ($id: ID!) { report(id: $id) }"
    assert (await graph.ask(query, BOB, variables={"id": "1"})).data == {"report": None}


async def test_an_argument_that_cannot_be_read_is_denied_and_no_policy_is_asked(graph: Office):
    query = 'query ($id: ID = "1") { ledger report(id: $id) }'
    result = await graph.ask(query, AUDITOR, variables={"id": None}, wants_plan=True)
    assert result.data == {"ledger": "ledger", "report": None}
    assert denied(result) == ["report"]
    assert diary.calls("owner:project") == []
    (report,) = result.extensions["queryPlan"]["permissions"]
    assert report["policies"] == [{"policy": "owner:project", "verdict": "was not evaluated"}]


async def test_the_verdict_on_other_variables_is_not_reused(graph: Office):
    query = "query ($id: ID!) { report(id: $id) }"
    for _ in range(2):
        for id, report in (("1", "report 1"), ("2", None), ("3", "report 3")):
            assert (await graph.ask(query, ADA, variables={"id": id})).data == {"report": report}


@pytest.mark.parametrize(
    ("who", "id", "is_open"),
    [(ADA, "1", False), (AUDITOR, "1", False), (PRO, "1", True), (PRO, "2", True)],
)
async def test_alternatives_may_mix_callers_and_arguments(
    graph: Office, who: Identity, id: str, is_open: bool
):
    result = await graph.ask(f'{{ audit(id: "{id}") }}', who)
    assert result.data == {"audit": f"audit {id}" if is_open else None}


async def test_an_owner_who_audits_passes_by_both_names_together(graph: Office):
    both = Identity(id=ADA.id, username="ada", roles=frozenset({"auditor"}))
    assert (await graph.ask('{ audit(id: "1") }', both)).data == {"audit": "audit 1"}
    assert denied(await graph.ask('{ audit(id: "2") }', both)) == ["audit"]


async def test_a_mutation_is_refused_as_a_whole_by_one_argument(graph: Office):
    query = 'mutation { touch(id: "1") { id } rename(id: "2") { id } }'
    result = await graph.ask(query, ADA)
    assert (result.executed, result.status, denied(result)) == (False, 403, ["rename"])
    assert diary.resolved == []
    allowed = await graph.ask('mutation { rename(id: "1") { name budget } }', ADA)
    assert allowed.to_dict() == {"data": {"rename": {"name": "Project 1", "budget": 100}}}


# -- about objects ----------------------------------------------------------------------------


async def test_fields_of_objects_that_do_not_pass_are_null(graph: Office):
    result = await graph.ask("{ projects { name budget } }", ADA)
    assert result.data == {
        "projects": [
            {"name": "Project 1", "budget": 100},
            {"name": "Project 2", "budget": None},
            {"name": "Project 3", "budget": 300},
        ]
    }
    assert result.errors == [
        {
            "message": "Not authorized to access 'Project.budget': it needs policies "
            "owner:project.",
            "path": ["projects", 1, "budget"],
            "extensions": {"code": CODE},
        }
    ]


async def test_one_call_decides_about_all_objects_each_once(graph: Office):
    query = (
        "{ projects { budget strict } a: projects { budget } things { ... on Project { mixed } } }"
    )
    await graph.ask(query, ADA)
    assert diary.calls("owner:project") == [
        [{"__typename": "Project", "ownerName": name} for name in ("ada", "bob")]
    ]


async def test_what_policies_need_stays_out_of_the_answer(graph: Office):
    result = await graph.ask('{ project(id: "1") { budget } }', ADA)
    assert result.to_dict() == {"data": {"project": {"budget": 100}}}
    same = await graph.ask('{ project(id: "1") { owner: ownerName budget ownerName } }', ADA)
    assert same.data == {"project": {"owner": "ada", "budget": 100, "ownerName": "ada"}}


async def test_nulls_propagate_from_fields_denied(graph: Office):
    result = await graph.ask("{ maybeProjects { name strict } }", BOB)
    assert result.data == {"maybeProjects": [None, {"name": "Project 2", "strict": 2}, None, None]}
    assert denied(result) == ["maybeProjects.0.strict", "maybeProjects.2.strict"]
    all_lost = await graph.ask("{ projects { strict } }", BOB)
    assert all_lost.data is None
    assert denied(all_lost) == ["projects.0.strict", "projects.2.strict"]


async def test_objects_of_a_guarded_type_are_null_as_a_whole(graph: Office):
    result = await graph.ask('{ project(id: "2") { vault { code } vaults { number } } }', ADA)
    assert result.data == {"project": {"vault": None, "vaults": [{"number": 1}, None]}}
    assert denied(result) == ["project.vault", "project.vaults.1"]
    assert result.errors[0]["message"] == (
        "Not authorized to access 'Vault': it needs policies keeper:vault."
    )
    required = await graph.ask('{ project(id: "2") { name onlyVault { __typename } } }', ADA)
    assert required.data == {"project": None}
    assert denied(required) == ["project.onlyVault"]


async def test_lists_of_lists_keep_their_shape(graph: Office):
    result = await graph.ask("{ rows { id budget } }", BOB)
    assert result.data == {
        "rows": [
            [{"id": "1", "budget": None}, {"id": "2", "budget": 200}],
            [],
            [{"id": "3", "budget": None}],
        ]
    }
    assert denied(result) == ["rows.0.0.budget", "rows.2.0.budget"]


@pytest.mark.parametrize("field", ["things", "hits"])
async def test_each_member_of_an_abstract_type_answers_for_itself(graph: Office, field: str):
    query = f"{{ {field} {{ __typename ... on Project {{ x: budget }} ... on Note {{ y: id }} }} }}"
    result = await graph.ask(query, ADA)
    assert result.data == {
        field: [
            {"__typename": "Project", "x": 100},
            {"__typename": "Note", "y": "n-ada"},
            {"__typename": "Note", "y": "n-bob"},
            {"__typename": "Memo"},
            {"__typename": "Project", "x": None},
        ]
    }
    assert denied(result) == [f"{field}.4.x"]
    both = f"{{ {field} {{ ... on Project {{ x: budget }} ... on Note {{ z: secret }} }} }}"
    assert denied(await graph.ask(both, ADA)) == [f"{field}.2.z", f"{field}.4.x"]
    assert len(diary.calls("owner:project")) == 1


async def test_the_type_need_not_be_asked_for(graph: Office):
    result = await graph.ask("{ things { name ... on Project { budget } } }", BOB)
    assert result.data == {
        "things": [
            {"name": "Project 1", "budget": None},
            {"name": "of ada"},
            {"name": "of bob"},
            {"name": "memo"},
            {"name": "Project 2", "budget": 200},
        ]
    }


async def test_aliases_fragments_and_conditions_do_not_help(graph: Office):
    query = """query ($on: Boolean!) {
      projects {
        a: budget ...B @include(if: $on) ... @skip(if: $on) { c: budget } friend { budget }
      }
    } fragment B on Project { b: budget ... on Thing { ... on Project { d: budget } } }"""
    result = await graph.ask(query, ADA, variables={"on": True})
    assert result.data == {
        "projects": [
            {"a": 100, "b": 100, "d": 100, "friend": {"budget": None}},
            {"a": None, "b": None, "d": None, "friend": {"budget": 100}},
            {"a": 300, "b": 300, "d": 300, "friend": None},
        ]
    }
    assert denied(result) == [
        "projects.0.friend.budget",
        "projects.1.a",
        "projects.1.b",
        "projects.1.d",
    ]


async def test_fields_of_another_subgraph_are_guarded_by_what_the_first_one_knows(graph: Office):
    result = await graph.ask("{ billed { cost invoices { number } } }", BOB)
    assert result.data == {
        "billed": [{"cost": 14, "invoices": [{"number": 2}]}, {"cost": 7, "invoices": None}]
    }
    assert denied(result) == ["billed.1.invoices"]


async def test_alternatives_may_mix_callers_and_objects(graph: Office):
    query = "{ projects { mixed } }"
    both = Identity(id=ADA.id, username="ada", roles=frozenset({"auditor"}))
    mixed = [p["mixed"] for p in ((await graph.ask(query, both)).data or {})["projects"]]
    assert mixed == ["mixed 1", None, "mixed 3"]
    assert (await graph.ask(query, PRO)).errors == ()
    assert [name for name, *_ in diary.policies] == ["auditor", "tier:pro"]  # no object is asked
    nothing = await graph.ask(query, ADA)  # neither: decided before anything is fetched
    assert denied(nothing) == ["projects.mixed"]


async def test_what_is_denied_beforehand_is_told_beside_the_objects_denied(graph: Office):
    result = await graph.ask("{ projects { id odd budget } }", BOB)
    assert result.data == {
        "projects": [
            {"id": "1", "odd": None, "budget": None},
            {"id": "2", "odd": None, "budget": 200},
            {"id": "3", "odd": None, "budget": None},
        ]
    }
    assert denied(result) == ["projects.odd", "projects.0.budget", "projects.2.budget"]


async def test_an_alternative_with_an_unknown_name_does_not_hold(graph: Office):
    assert denied(await graph.ask("{ projects { odd } }", ADA)) == ["projects.odd"]
    assert (await graph.ask("{ projects { odd } }", AUDITOR)).errors == ()


async def test_what_a_subgraph_says_about_something_denied_is_not_handed_on(graph: Office):
    result = await graph.ask("{ projects { id broken } }", ADA)
    codes = [(error["path"], error["extensions"]["code"]) for error in result.errors]
    assert codes == [
        (["projects", 0, "broken"], "INTERNAL"),
        (["projects", 2, "broken"], "INTERNAL"),
        (["projects", 1, "broken"], CODE),
    ]


async def test_the_payload_of_a_mutation_is_guarded(graph: Office):
    result = await graph.ask('mutation { touch(id: "2") { name budget } }', ADA)
    assert result.data == {"touch": {"name": "Project 2", "budget": None}}
    assert denied(result) == ["touch.budget"]
    assert "Mutation.touch 2" in diary.resolved


async def test_every_event_of_a_subscription_is_guarded(graph: Office):
    events = await graph.events("subscription { changed { name budget } }", ADA)
    assert [one.data for one in events] == [
        {"changed": {"name": "Project 1", "budget": 100}},
        {"changed": {"name": "Project 2", "budget": None}},
        {"changed": {"name": "Project 3", "budget": 300}},
    ]
    assert [denied(one) for one in events] == [[], ["changed.budget"], []]
    assert len(diary.calls("owner:project")) == 3


async def test_a_stream_ends_when_a_policy_changes_its_mind():
    roles = iter([True, True, False])

    async def is_auditor(caller: Identity) -> bool:
        return next(roles)

    supergraph = local_supergraph({**POLICIES, "auditor": CallerPolicy(is_auditor)})
    events = await Office(supergraph).events("subscription { changed { id odd } }", ADA)
    assert [one.data for one in events] == [{"changed": {"id": "1", "odd": "odd 1"}}, None]
    assert events[-1].executed is False


async def test_callers_at_once_never_share_verdicts(graph: Office):
    query = "{ projects { budget } ledger }"
    people = [ADA, BOB, AUDITOR] * 4
    contexts = [RequestContext(who) for who in people]
    answers = await asyncio.gather(
        *(answer(GraphQLRequest(query), one, graph.supergraph) for one in contexts)
    )
    own = {"ada": [100, None, 300], "bob": [None, 200, None], "eve": [None] * 3}
    for who, result in zip(people, answers, strict=True):
        assert result.data is not None
        assert [one["budget"] for one in result.data["projects"]] == own[who.username or ""]
        assert result.data["ledger"] == ("ledger" if who is AUDITOR else None)


# -- explained --------------------------------------------------------------------------------


async def test_the_plan_tells_what_permissions_removed_and_why(graph: Office):
    query = "query ($id: ID!) { ledger books report(id: $id) projects { budget } }"
    result = await graph.ask(query, BOB, variables={"id": "1"}, wants_plan=True)
    removed = result.extensions["queryPlan"]["permissions"]
    assert [(".".join(map(str, one["path"])), one["place"]) for one in removed] == [
        ("ledger", "Query.ledger"),
        ("books", "Query.books"),
        ("report", "Query.report"),
        ("projects.0.budget", "Project.budget"),
        ("projects.2.budget", "Project.budget"),
    ]
    ledger, books, report, budget, _ = removed
    assert ledger["rules"] == [
        {
            "directive": '@policy(policies: [["auditor"]])',
            "at": ["Query.ledger"],
            "isMet": False,
        }
    ]
    assert ledger["policies"] == [{"policy": "auditor", "verdict": "denies"}]
    assert [rule["directive"] for rule in books["rules"]] == [
        '@requiresScopes(scopes: [["read:books"]])',
        '@policy(policies: [["auditor"]])',
    ]
    assert report["policies"] == [
        {
            "policy": "owner:project",
            "verdict": "denies",
            "object": {"__typename": "Query", "__field": "report", "id": "1"},
        }
    ]
    assert budget["policies"] == [
        {
            "policy": "owner:project",
            "verdict": "denies",
            "object": {"__typename": "Project", "ownerName": "ada"},
        }
    ]


async def test_an_explanation_tells_unknown_policies_and_those_not_asked(graph: Office):
    result = await graph.ask("{ lost books projects { odd id } }", ADA, wants_plan=True)
    said = [one["policies"] for one in result.extensions["queryPlan"]["permissions"]]
    assert said == [
        [{"policy": "nobody:knows", "verdict": "is not registered by any subgraph"}],
        [{"policy": "auditor", "verdict": "denies"}],
        [
            {"policy": "auditor", "verdict": "denies"},
            {"policy": "nobody:knows", "verdict": "is not registered by any subgraph"},
            {"policy": "owner:project", "verdict": "was not evaluated"},
        ],
    ]


async def test_an_explanation_says_that_the_policy_holds_where_only_scopes_are_missing(
    graph: Office,
):
    result = await graph.ask("{ ledger books }", AUDITOR, wants_plan=True)
    (books,) = result.extensions["queryPlan"]["permissions"]
    assert [(rule["directive"], rule["isMet"]) for rule in books["rules"]] == [
        ('@requiresScopes(scopes: [["read:books"]])', False),
        ('@policy(policies: [["auditor"]])', True),
    ]


async def test_an_operation_of_which_nothing_is_removed_says_so(graph: Office):
    result = await graph.ask("{ projects { id } }", ADA, wants_plan=True)
    assert result.extensions["queryPlan"]["permissions"] == []


async def test_a_policy_on_the_query_type_decides_about_typename_too():
    sdl = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@policy"])
    type Query @policy(policies: [["open"]]) { any: Int }
    """
    judged: list[Any] = []

    async def never(caller: Identity, objects: Any) -> list[bool]:
        judged.extend(objects)
        return [False for _ in objects]

    transport = RecordingTransport({"data": {"any": 1}})
    graph = Supergraph.load(
        compose([Subgraph("a", "http://a.test", sdl)]).supergraph_sdl,
        transports={"a": transport},
        policies=[LocalPolicies("a", {"open": ObjectPolicy(never)})],
    )
    asked = await Office(graph).ask("{ __typename any }")
    assert denied(asked) == ["__typename", "any"]
    assert judged == [
        {"__typename": "Query", "__field": "__typename"},
        {"__typename": "Query", "__field": "any"},
    ]
    assert transport.requests == []


async def test_objects_of_which_nothing_is_asked_are_not_judged():
    """Neither alone nor where the same policy is needed for something else."""
    sdl = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@policy"])
    type Query { any: [Any] }
    union Any = Note | Secret
    type Note { text: String }
    type Secret @policy(policies: [["reader"]]) { word: String }
    """
    judged: list[Any] = []

    async def nobody(caller: Identity, objects: Any) -> list[bool]:
        judged.extend(objects)
        return [False for _ in objects]

    secret, note = {"__typename": "Secret", "word": "x"}, {"__typename": "Note", "text": "hi"}
    reply = {"any": [dict(secret), dict(note)], "all": [dict(secret), dict(note)]}
    transport = RecordingTransport(lambda _: {"data": copy.deepcopy(reply)})
    graph = Supergraph.load(
        compose([Subgraph("a", "http://a.test", sdl)]).supergraph_sdl,
        transports={"a": transport},
        policies=[LocalPolicies("a", {"reader": ObjectPolicy(nobody)})],
    )
    office = Office(graph)
    alone = await office.ask("{ any { ... on Note { text } } }")
    assert alone.to_dict() == {"data": {"any": [{}, {"text": "hi"}]}}
    assert judged == []
    query = "{ any { ... on Note { text } } all: any { ... on Secret { word } } }"
    beside = await office.ask(query)
    assert beside.data == {"any": [{}, {"text": "hi"}], "all": [None, {}]}
    assert denied(beside) == ["all.0"]
    assert judged == [{"__typename": "Secret"}]
