"""Each operation of the contract that accounts has to serve, asked through the router."""

import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pyotp.totp import TOTP

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.contract_cases import BOB, CASES, SECRET, Case, Refusal
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import identity
from tests.support.shared import find_shared, shared_path
from tests.support.subgraphs import Running, caller, running
from trellis.db.bus import EventBus
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import Supergraph, compose
from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph

SERVICES = {
    "Auth Service",
    "Authentication Service",
    "User Management Server (UMS)",
    "User Management Service",
    "User Service",
}
# What the caller has left is counted by the router; accounts only repeats it.
ELSEWHERE = {"S4-users-me-usage"}
# How many requests are too many is the router's matter, on every operation.
TOO_MANY = 429
REGISTER = (
    "mutation($i: RegisterInput!) "
    "{ register(input: $i) { accessToken refreshToken user { id email } } }"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has registered for one test."""

    identity: Identity
    refresh_token: str


class World:
    """The running graph and those who ask it."""

    def __init__(self, accounts: Running, letters: Letters) -> None:
        self.accounts, self.letters = accounts, letters
        self.bob = Person(ANONYMOUS, "")
        subgraph = accounts.subgraph
        composed = compose([Member(subgraph.name, "", subgraph.schema.as_str())])
        transports = {subgraph.name: LocalTransport(subgraph)}
        self.supergraph = Supergraph.load(composed.supergraph_sdl, transports=transports)

    async def ask(self, operation: str, who: Identity, variables: dict[str, Any]) -> Answer:
        context = RequestContext(identity=who, request_id="contract")
        return await answer(GraphQLRequest(operation, variables), context, self.supergraph)

    async def register(self, **wish: Any) -> Person:
        given = {"email": f"{uuid4().hex}@example.com", "password": SECRET, **wish}
        data = (await self.accounts.ask(REGISTER, i=given))["register"]
        token = data["accessToken"]
        return Person(await identity(self.accounts, token), data["refreshToken"])

    async def mailed(self, to: Identity, subject: str) -> str:
        """The code in the letter with this subject."""
        for count in range(1, 1000):
            letter = await self.letters.next(count)
            if letter.to == to.email and letter.subject == subject:
                return re.findall(r"#token=(\S+)", letter.text)[0]
        raise AssertionError("no such letter")

    async def reset_token(self, person: Person) -> str:
        forgot = "mutation($e: String!) { requestPasswordReset(email: $e) { message } }"
        await self.accounts.ask(forgot, e=person.identity.email)
        return await self.mailed(person.identity, "Choose a new password")

    async def mfa_code(self, person: Person) -> str:
        """A code of an authenticator that was confirmed."""
        set_up = "mutation($p: String, $c: String) { setUpMfa(password: $p, code: $c) { secret } }"
        begun = await self.accounts.ask(set_up, person.identity, p=SECRET)
        device, step = TOTP(begun["setUpMfa"]["secret"]), int(time.time()) // 30
        await self.accounts.ask(set_up, person.identity, c=device.generate_otp(step - 1))
        return device.generate_otp(step)


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    letters = Letters()

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters, passwords=cheap_passwords())

    settings = DataSettings(data_dir=tmp_path_factory.mktemp("contract"))
    async with running(make, settings) as accounts:
        found = World(accounts, letters)
        found.bob = await found.register(email=BOB, displayName="Bob")
        yield found


def owed() -> dict[str, dict[str, Any]]:
    """The operations of the contract by id; empty where this clone has no test data."""
    folder: Path | None = find_shared("requirements")
    if folder is None:
        return {}
    operations = json.loads((folder / "contract.json").read_text())
    return {one["id"]: one for one in operations if one["service"] in SERVICES}


OWED = owed()


def test_no_operation_is_forgotten():
    shared_path("requirements")
    assert set(CASES) == set(OWED) - ELSEWHERE
    for id, case in CASES.items():
        stated = {error["status"] for error in OWED[id]["errors"]} - {TOO_MANY}
        assert {refusal.status for refusal in case.refusals} | {400} >= stated, id


@pytest.mark.parametrize("id", CASES)
async def test_an_operation_gives_and_takes_what_the_contract_says(world: World, id: str):
    case, contract = CASES[id], OWED.get(id, {})
    person = await _newcomer(world, case)
    example = _own(_camel(contract.get("request_example") or {}), id)
    if contract.get("request_example") is None and "{example}" in str(case.variables):
        shared_path("requirements")
        raise AssertionError(f"the contract has no example for {id}")
    if "login" in id or "sign-in" in id:
        await world.register(
            **{"email": f"{id.lower()}@example.com", **example, "displayName": "Example"}
        )
    variables = await _filled(world, case, person, example)
    who = _identity(case.person, person)

    for refusal in case.refusals:
        if not refusal.afterwards:
            await _check_refused(world, case, refusal, variables, person)
    result = await world.ask(case.operation, who, variables)
    assert not result.errors, result.errors
    assert result.data is not None
    _check_members(_at(result.data, case.data), _wanted(contract))
    for refusal in case.refusals:
        if refusal.afterwards:
            await _check_refused(world, case, refusal, variables, person)


async def _newcomer(world: World, case: Case) -> Person:
    """Somebody whose session speaks the operation's dialect; Bob where anybody will do."""
    told = f"{case.person} {case.variables}"
    if not any(name in told for name in ("new", "session", "_token", "_code")):
        return world.bob
    profile = case.variables.get("profile", "GRAPHQL")
    return await world.register(profile=profile, acceptedTerms=True)


async def _check_refused(
    world: World, case: Case, refusal: Refusal, variables: dict[str, Any], person: Person
) -> None:
    name = case.person if refusal.person is None else refusal.person
    given = {**variables, **_replaced(refusal.variables, _names(person))}
    if isinstance(variables.get("i"), dict) and "profile" in variables["i"]:
        given["i"] = {**given["i"], "profile": variables["i"]["profile"]}
    result = await world.ask(case.operation, _identity(name, person), given)
    if refusal.code == "null":
        assert (list((result.data or {}).values()), list(result.errors)) == ([None], []), refusal
        return
    codes = {error["extensions"]["code"] for error in result.errors}
    assert codes == {refusal.code}, (refusal, result.errors)


def _identity(name: str, person: Person) -> Identity:
    if name == "new":
        return person.identity
    return caller(name) if name else ANONYMOUS


def _names(person: Person) -> dict[str, str]:
    return {
        "new": str(person.identity.id),
        "session": str(person.identity.session_id),
        "refresh_token": person.refresh_token,
        "alan": str(demo_id("user", "alan")),
        "grace": str(demo_id("user", "grace")),
        "hedy": str(demo_id("user", "hedy")),
        "analytical": str(demo_id("organization", "analytical.example.com")),
        "harbour": str(demo_id("organization", "harbour.example.com")),
    }


async def _filled(
    world: World, case: Case, person: Person, example: dict[str, Any]
) -> dict[str, Any]:
    """The variables of a case with the contract's example and what only this run knows."""
    names: dict[str, Any] = {**_names(person), "example": example}
    text = str(case.variables)
    if "{reset_token}" in text:
        names["reset_token"] = await world.reset_token(person)
    if "{verification_token}" in text:
        names["verification_token"] = await world.mailed(
            person.identity, "Confirm your e-mail address"
        )
    if "{mfa_code}" in text:
        names["mfa_code"] = await world.mfa_code(person)
    variables = _replaced(case.variables, names)
    profile = variables.pop("profile", None)
    if profile is not None:
        variables["i"] = {**variables["i"], "profile": profile}
    return variables


def _replaced(value: Any, names: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(member, names) for key, member in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return names[value.strip("{}")]
    return value


def _own(example: dict[str, Any], id: str) -> dict[str, Any]:
    """The example with a name and an address that no other example has."""
    name = id.lower()
    changes = {"email": f"{name}@example.com", "username": name}
    return {key: changes.get(key, value) for key, value in example.items()}


def _wanted(contract: dict[str, Any]) -> Any:
    """The contract's data, without what its dialect wraps it in."""
    example = contract.get("response_example")
    if example is None:
        schema = contract.get("response_schema") or {}
        example = _example_of(schema)
    example = _camel(example)
    if isinstance(example, dict):
        return example.get("data", example.get("events", example))
    return example


def _example_of(schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return [_example_of(schema["items"])]
    if "properties" in schema:
        return {name: _example_of(member) for name, member in schema["properties"].items()}
    return None


def _check_members(given: Any, wanted: Any) -> None:
    """``given`` has every member of ``wanted``, of the same kind unless null."""
    if isinstance(wanted, list):
        assert isinstance(given, list)
        assert given
        for one in given:
            _check_members(one, wanted[0])
    elif isinstance(wanted, dict):
        members = {**given.get("user", {}), **given} if "user" not in wanted else given
        assert members.keys() >= wanted.keys() - {"..."}
        for name, member in wanted.items():
            if name == "expiresIn" and member is not None:
                assert members[name] == member
            elif name != "...":
                _check_members(members[name], member)
    elif wanted is not None and given is not None:
        assert isinstance(given, type(wanted))


def _at(data: Any, path: str) -> Any:
    for place, step in enumerate(steps := [step for step in path.split(".") if step]):
        if step == "*":
            rest = ".".join(steps[place + 1 :])
            return [_at(one, rest) for one in data]
        data = data[step]
    return data


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            re.sub(r"_([a-z])", lambda found: found[1].upper(), name): _camel(member)
            for name, member in value.items()
        }
    return [_camel(one) for one in value] if isinstance(value, list) else value
