"""What belongs to the other tenant does not exist: every operation that the graph has answers as
if the other tenant were not there.

The same is asked of two worlds: in one the tenant is alone, in the other its neighbour is there.
In the first the neighbour's ids, names and cursors are those of nobody; so answers that are equal
in both show no row, no word, no count and no cursor of the neighbour, and no error that tells
"not yours" from "not there".
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.subgraphs.tenants.asking import (
    COMMON_NAMES,
    Probe,
    entrances,
    nested_probes,
    root_probes,
    types_with_arguments,
)
from tests.subgraphs.tenants.callers import BOSS, CALLERS, OTHERS
from tests.subgraphs.tenants.tenant import HERE, THERE, Tenant
from tests.subgraphs.tenants.world import Row, differences, shared_supergraph, world_of
from tests.support.statements import statements
from trellis.db.settings import DataSettings

SCHEMA = shared_supergraph()[0].schema
SEED = 20

# Places in which nothing of one's own makes a difference to the answer, and why.
MAKES_NO_DIFFERENCE = {
    "LoginInput.email": "the password is wrong",
    "LoginInput.username": "the password is wrong",
    "Mutation.requestPasswordReset.email": "the answer is the same for every address",
    "ChangeEmailInput.newEmail": "the password is wrong",
    "RefreshTokenInput.refreshToken": "a stolen hash is no token",
    "ResetPasswordInput.token": "a stolen hash is no token",
    "Mutation.verifyUser.token": "a stolen hash is no token",
    "Mutation.verifyUser.userId": "told only to whoever has the token",
    "Mutation.confirmEmailChange.token": "a stolen hash is no token",
    "Mutation.acceptInvitation.token": "the invitation is for another address",
}
FOR_PLATFORM_ADMINISTRATORS = {
    "Query.allUsers",
    "Query.auditLog",
    "Mutation.createUser",
    "Mutation.reactivateUser",
    "Mutation.changeSubscription",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers by caller and label, how many SELECTs each took, and the neighbour's rows before
    and after all of them."""

    answers: dict[str, str]
    effort: dict[str, int]
    before: frozenset[Row]
    after: frozenset[Row]


def of_the_boss(*, thorough: bool) -> list[Probe]:
    """Everything there is to ask; of the filters of nested lists, which are those of the root
    lists, only some unless ``thorough``."""
    nested = list(nested_probes(SCHEMA, thorough=thorough))
    filters = [probe for probe in nested if any(probe.field not in p for p in probe.places)]
    spared = set() if thorough else {id(probe) for n, probe in enumerate(filters) if n % 8}
    return [
        *root_probes(SCHEMA, "query", thorough=thorough),
        *(probe for probe in nested if id(probe) not in spared),
        *root_probes(SCHEMA, "mutation", thorough=thorough),
    ]


def of_the_others(probes: Sequence[Probe], count: int | None) -> list[tuple[str, Probe]]:
    """What is foreign, asked by everybody else; ``count`` of it by lot."""
    every = [(name, probe) for probe in probes if probe.is_foreign for name in OTHERS]
    if count is None:
        return every
    chosen = sorted(random.Random(SEED).sample(range(len(every)), count))
    return [every[place] for place in chosen]


async def listen(
    tenants: Sequence[Tenant],
    settings: DataSettings,
    probes: Sequence[Probe],
    others: Sequence[tuple[str, Probe]],
) -> Heard:
    async with world_of(tenants, settings) as world:
        before = await world.rows(THERE.marks)
        answers: dict[str, str] = {}
        effort: dict[str, int] = {}
        for name, probe in (*others, *(("boss", probe) for probe in probes)):
            with statements() as seen:
                answers |= await world.transcript([probe], {name: CALLERS[name]})
            effort[f"{name}: {probe.label}"] = len(seen)
        if settings.database_url is None:  # PostgreSQL exports rows in any order
            # What was tried has left no trace that tells more than the answers did.
            kept = Probe("afterwards", "{ exportMyData }", {}, "Query.exportMyData")
            answers |= await world.transcript([kept], {"boss": BOSS})
        return Heard(answers, effort, before, await world.rows(THERE.marks))


async def compare(
    settings: DataSettings,
    folder: Path,
    probes: Sequence[Probe],
    asked_by_others: Sequence[tuple[str, Probe]],
) -> Heard:
    """Ask both worlds, fail at what differs. Gives what the one with a neighbour answered."""
    heard = []
    for number, tenants in enumerate(((HERE,), (HERE, THERE))):
        own = settings
        if not settings.database_url:
            own = DataSettings(data_dir=folder / str(number))
        heard.append(await listen(tenants, own, probes, asked_by_others))
    alone, beside = heard
    assert differences(alone.answers, beside.answers) == {}
    # Nor does it take longer: what is not theirs is looked for as what is not there.
    foreign = {f"{name}: {probe.label}" for name, probe in asked_by_others}
    foreign |= {f"boss: {probe.label}" for probe in probes if probe.is_foreign}
    assert {
        label: (alone.effort[label], beside.effort[label])
        for label in foreign
        if alone.effort[label] != beside.effort[label]
    } == {}
    return beside


def changed(heard: Heard) -> list[Row]:
    """The neighbour's rows that are not as they were, and new ones that speak of it without being
    the trace of what was tried."""
    new = [row for row in heard.after - heard.before if not _is_a_trace(row)]
    return [*(heard.before - heard.after), *new]


def _is_a_trace(row: Row) -> bool:
    """What others may leave behind that speaks of the neighbour: entries of the audit log, letters
    that were wished for, and invitations into their own organization."""
    _, table, text = row
    told = orjson.loads(text)
    match table:
        case "audit_log":
            return told["result"] == "refused" or told["actor_id"] == str(BOSS.id)
        case "mailed_links":
            return told["purpose"] == "reset_password"
        case "invitations":
            return told["organization_id"] == str(HERE.id("organization"))
    return False


def not_told_apart(heard: Heard) -> set[str]:
    """Places where what is one's own is answered like what is foreign: nothing was tried there."""
    answers: dict[tuple[str, str], dict[bool, set[str]]] = {}
    for probe in of_the_boss(thorough=False):
        for place in probe.places:
            sides = answers.setdefault((probe.field, place), {True: set(), False: set()})
            answer = heard.answers[f"boss: {probe.label}"]
            for tenant in (HERE, THERE):
                for mark in tenant.marks:
                    answer = answer.replace(mark, "<given>")
            sides[probe.is_foreign].add(answer)
    return {
        place
        for (field, place), sides in answers.items()
        if sides[True] & sides[False]
        # A cursor is a position: it says the same in everybody's lists.
        and not place.endswith((".after", ".before"))
        and field not in FOR_PLATFORM_ADMINISTRATORS
    }


async def test_every_operation_answers_as_if_the_other_tenant_were_not_there(
    data_settings: DataSettings, tmp_path: Path
):
    probes = of_the_boss(thorough=False)
    is_whole = data_settings.database_url is None
    asked = probes if is_whole else [probe for probe in probes if probe.is_foreign][::3]
    others = of_the_others(asked, 60 if is_whole else 20)
    heard = await compare(data_settings, tmp_path, asked, others)
    assert changed(heard) == []
    if is_whole:
        assert not_told_apart(heard) == set(MAKES_NO_DIFFERENCE)


@pytest.mark.long
async def test_everybody_tries_everything_that_is_foreign_everywhere(
    data_settings: DataSettings, tmp_path: Path
):
    probes = of_the_boss(thorough=True)
    heard = await compare(data_settings, tmp_path, probes, of_the_others(probes, None))
    assert changed(heard) == []


def test_every_type_with_arguments_is_reached():
    assert types_with_arguments(SCHEMA) == set(entrances())


async def test_common_names_say_only_that_they_are_taken(tmp_path: Path):
    tries = {
        "RegisterInput.email": (
            'mutation { register(input: {email: "member@borogove.example", '
            'password: "long enough"}) { user { id } } }'
        ),
        "RegisterInput.username": (
            'mutation { register(input: {email: "a@example.com", username: "Member.Borogove", '
            'password: "long enough"}) { user { id } } }'
        ),
        "CreateOrganizationInput.domain": (
            'mutation { createOrganization(input: {name: "x", domain: "borogove.example"}) '
            "{ organization { id } } }"
        ),
        "CreateProjectInput.key": (
            'mutation { createProject(input: {name: "x", key: "BOROG0"}) { project { id } } }'
        ),
    }
    assert set(tries) == COMMON_NAMES
    async with world_of((HERE, THERE), DataSettings(data_dir=tmp_path)) as world:
        for place, document in tries.items():
            told = await world.ask(document, BOSS)
            [error] = told["errors"]
            assert error["extensions"]["code"] == "ALREADY_EXISTS", place
            leaked = [mark for mark in THERE.marks if mark in str(told).lower()]
            assert leaked in ([], ["borog"]), place  # the key that was asked for
