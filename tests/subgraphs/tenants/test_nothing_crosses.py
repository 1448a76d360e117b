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
    Fields,
    Probe,
    entrances,
    nested_probes,
    root_probes,
    types_with_arguments,
)
from tests.subgraphs.tenants.callers import BOSS, CALLERS, OTHERS
from tests.subgraphs.tenants.domains import MEANINGS, NAMES
from tests.subgraphs.tenants.meaning import Meanings
from tests.subgraphs.tenants.tenant import HERE, THERE, Tenant
from tests.subgraphs.tenants.world import (
    Row,
    differences,
    fields_of,
    shared_supergraph,
    subgraphs_of,
    world_of,
)
from tests.support.statements import statements
from trellis.db.settings import DataSettings

SCHEMA = shared_supergraph()[0].schema
SEED = 20


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers by caller and label, how many SELECTs each took, and the neighbour's rows before
    and after all of them."""

    answers: dict[str, str]
    effort: dict[str, int]
    before: frozenset[Row]
    after: frozenset[Row]


def of_the_boss(owned: Fields | None = None, *, thorough: bool = False) -> list[Probe]:
    """Everything there is to ask, or only for fields that are ``owned``; of the filters of nested
    lists, which are those of the root lists, only some unless ``thorough``."""
    nested = list(nested_probes(SCHEMA, owned, thorough=thorough))
    filters = [probe for probe in nested if any(probe.field not in p for p in probe.places)]
    spared = set() if thorough else {id(probe) for n, probe in enumerate(filters) if n % 8}
    return [
        *root_probes(SCHEMA, "query", owned, thorough=thorough),
        *(probe for probe in nested if id(probe) not in spared),
        *root_probes(SCHEMA, "mutation", owned, thorough=thorough),
    ]


def of_the_others(probes: Sequence[Probe], count: int | None) -> list[tuple[str, Probe]]:
    """What is foreign, asked by everybody else; ``count`` of it by lot, if there is as much."""
    every = [(name, probe) for probe in probes if probe.is_foreign for name in OTHERS]
    if count is None or count >= len(every):
        return every
    chosen = sorted(random.Random(SEED).sample(range(len(every)), count))
    return [every[place] for place in chosen]


async def listen(
    tenants: Sequence[Tenant],
    settings: DataSettings,
    probes: Sequence[Probe],
    others: Sequence[tuple[str, Probe]],
) -> Heard:
    names = subgraphs_of([*probes, *(probe for _, probe in others)])
    async with world_of(tenants, settings, names) as world:
        before = await world.rows(THERE.marks)
        answers: dict[str, str] = {}
        effort: dict[str, int] = {}
        for name, probe in (*others, *(("boss", probe) for probe in probes)):
            with statements() as seen:
                answers |= await world.transcript([probe], {name: CALLERS[name]})
            effort[f"{name}: {probe.label}"] = len(seen)
        # PostgreSQL exports rows in any order.
        if settings.database_url is None and "accounts" in names:
            # What was tried has left no trace that tells more than the answers did.
            kept = Probe("afterwards", "{ exportMyData { accounts } }", {}, "Query.exportMyData")
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
    """Whether it is what others may leave behind that speaks of the neighbour."""
    name, table, text = row
    return MEANINGS[name].is_trace(table, orjson.loads(text), HERE)


def not_told_apart(heard: Heard, probes: Sequence[Probe], meanings: Meanings) -> set[str]:
    """Places where what is one's own is answered like what is foreign: nothing was tried there."""
    answers: dict[tuple[str, str], dict[bool, set[str]]] = {}
    for probe in probes:
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
        and field not in meanings.for_administrators
    }


@pytest.mark.parametrize("name", NAMES)
async def test_every_operation_of_a_subgraph_answers_as_if_the_other_tenant_were_not_there(
    name: str, tmp_path: Path
):
    """With what the subgraph itself answers; the long test goes on into the others."""
    probes = of_the_boss(fields_of(name))
    settings = DataSettings(data_dir=tmp_path)
    heard = await compare(settings, tmp_path, probes, of_the_others(probes, 25))
    assert changed(heard) == []
    assert not_told_apart(heard, probes, MEANINGS[name]) == set(MEANINGS[name].makes_no_difference)


async def test_nothing_crosses_between_subgraphs_on_postgresql_either(
    postgres_url: str, tmp_path: Path
):
    foreign = [probe for probe in of_the_boss() if probe.is_foreign][::6]
    settings = DataSettings(database_url=postgres_url)
    heard = await compare(settings, tmp_path, foreign, of_the_others(foreign, 20))
    assert changed(heard) == []


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
    async with world_of((HERE, THERE), DataSettings(data_dir=tmp_path)) as world:
        for place, document in COMMON_NAMES.items():
            told = await world.ask(document, BOSS)
            [error] = told["errors"]
            assert error["extensions"]["code"] == "ALREADY_EXISTS", place
            leaked = [mark for mark in THERE.marks if mark in str(told).lower()]
            assert leaked in ([], ["borog"]), place  # the key that was asked for
