"""The tests of a subgraph share what they need, and so a worker."""

import pytest

from tests.support.shared import ROOT
from tests.support.worker_groups import worker_group


@pytest.mark.parametrize(
    ("file", "group"),
    [
        ("subgraphs/accounts/test_people.py", "accounts"),
        ("subgraphs/accounts/billing/test_webhook.py", "accounts"),
        ("subgraphs/issues/test_service.py", "issues"),
        ("subgraphs/tenants/test_rest_routes.py", None),
        ("subgraphs/test_contract.py", None),
        ("router/rest/test_load.py", None),
    ],
)
def test_a_file_belongs_to_the_group_of_its_subgraph(file: str, group: str | None) -> None:
    path = ROOT / "tests" / file
    assert path.is_file()
    assert worker_group(path) == group


def test_the_group_is_on_every_test_that_names_none(request: pytest.FixtureRequest) -> None:
    wrong = [
        item.nodeid
        for item in request.session.items
        if worker_group(item.path) is not None and item.get_closest_marker("xdist_group") is None
    ]
    assert wrong == []
