"""What is deprecated is announced in the changelog, and says what to use instead."""

import re

from tests.support.product_graph import product_routes
from tests.support.shared import ROOT
from trellis.router.rest.profiles import PROFILES

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
ANNOUNCED = re.findall(r"^### Deprecated\n(.*?)(?=^##|\Z)", CHANGELOG, re.MULTILINE | re.DOTALL)


def test_every_deprecated_route_is_announced_with_its_successor():
    gone = [route for route in product_routes() if route.deprecated is not None]
    told = "".join(ANNOUNCED)

    assert [route.name for route in gone] == ["GetUser"]
    for route in gone:
        assert route.deprecated is not None
        assert f"`{route.method} {route.profile.prefix}{route.path}`" in told
        assert f"`{route.profile.prefix}{route.deprecated.successor}`" in told


def test_every_deprecated_parameter_is_announced():
    told = "".join(ANNOUNCED)
    gone = {
        (profile.prefix, parameter.name)
        for profile in PROFILES.values()
        for parameter in (profile.paginator.parameters if profile.paginator else ())
        if parameter.is_deprecated
    }

    assert gone == {("/learn", "offset")}
    for prefix, name in gone:
        assert f"`{name}` of lists in `{prefix}`" in told
