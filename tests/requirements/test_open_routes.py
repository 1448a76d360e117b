"""Which routes look at credentials: a client that sends an expired token with every request must
still be able to sign in."""

import pytest

from tests.support.product_graph import product_graph, product_routes
from trellis.router.requirements import FREE
from trellis.router.rest.access import access_to
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.request_reader import RequestReader

GRAPH = product_graph()
ROUTES = product_routes()


@pytest.mark.parametrize("dialect", PROFILES)
def test_what_anybody_may_change_looks_at_no_token(dialect: str):
    found = [route for route in ROUTES if route.profile.name == dialect]
    open_ones = [r for r in found if r.kind == "mutation" and access_to(r, GRAPH) == FREE]
    assert [r.id for r in open_ones if not (r.anonymous or RequestReader(r).takes_token)] == []
    assert len(open_ones) >= 2 or dialect not in ("pm", "tracker", "commerce", "todo", "learn")
