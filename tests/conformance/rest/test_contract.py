"""Every operation of the requirement documents whose domain is there, against a real server."""

import pytest

from tests.conformance.rest.cases import CASES, OUTBOUND, SOCKETS
from tests.conformance.rest.contract import Operation, read_contract
from tests.conformance.rest.runner import run_check, run_operation, waiting_members
from tests.conformance.rest.world import World
from tests.support.shared import find_shared, shared_path

pytestmark = pytest.mark.xdist_group("rest_world")

_FOLDER = find_shared("requirements")
OPERATIONS = {one.id: one for one in read_contract(_FOLDER)} if _FOLDER else {}
SERVED = [operation for operation in OPERATIONS.values() if operation.is_served]


@pytest.mark.parametrize("operation", SERVED, ids=lambda one: one.id)
def test_an_operation_answers_and_refuses_as_its_document_says(world: World, operation: Operation):
    verdict = run_operation(world, operation)

    assert verdict.wrong == []


@pytest.mark.parametrize("id", OUTBOUND)
def test_what_the_platform_sends_is_as_its_document_says(world: World, id: str):
    shared_path("requirements")

    assert run_check(world, OPERATIONS[id]).wrong == []


@pytest.mark.parametrize("id", SOCKETS)
def test_a_socket_is_as_its_document_says(world: World, id: str):
    shared_path("requirements")

    assert run_check(world, OPERATIONS[id]).wrong == []


def test_every_operation_of_the_first_domains_has_a_case_and_no_other():
    shared_path("requirements")

    assert {operation.id for operation in SERVED} == set(CASES)
    assert (len(SERVED), len(OPERATIONS)) == (162, 166)


def test_nothing_waits_silently_for_a_domain():
    shared_path("requirements")
    waiting = {
        operation.id: set(waiting_members(operation).values())
        for operation in SERVED
        if waiting_members(operation)
    }

    assert waiting == {}
