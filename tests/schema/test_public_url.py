"""Where links of subgraphs lead to, and which of them no other machine can open."""

import pytest

from trellis.schema.public_url import public_url, unfit_public_url
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph as accounts
from trellis.subgraphs.files.graph import make_subgraph as files
from trellis.subgraphs.notifications.graph import make_subgraph as notifications
from trellis.subgraphs.reporting.graph import make_subgraph as reporting


def test_it_has_no_slash_at_its_end_and_an_empty_one_counts_as_absent():
    assert public_url({"TRELLIS_PUBLIC_URL": "https://trellis.example/"}) == (
        "https://trellis.example"
    )
    assert public_url({"TRELLIS_PUBLIC_URL": ""}) == public_url({}) == "http://127.0.0.1:4000"


@pytest.mark.parametrize(
    ("url", "is_unfit"),
    [
        ("", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://0.0.0.0:8080", True),
        ("trellis.example", True),  # no URL at all
        ("https://trellis.example", False),
        ("http://192.0.2.7:4000", False),
    ],
)
def test_links_to_this_machine_are_unfit_for_production(
    url: str, is_unfit: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TRELLIS_PUBLIC_URL", url)

    reasons = unfit_public_url()

    assert len(reasons) == is_unfit
    assert all("TRELLIS_PUBLIC_URL" in reason for reason in reasons)


@pytest.mark.parametrize(
    "subgraph",
    [accounts(), files(), notifications(), reporting()],
    ids=lambda subgraph: subgraph.name,
)
def test_every_subgraph_with_links_says_so(subgraph: Subgraph, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TRELLIS_PUBLIC_URL", raising=False)

    assert subgraph.unfit_for_production() == unfit_public_url()
