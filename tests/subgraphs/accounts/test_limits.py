"""The figures of the documents for what strangers may try, as they stand in the composed graph."""

import pytest
from graphql import parse

from tests.support.shared import ROOT
from trellis.router.config.rate_limits import RateLimits
from trellis.router.rate_limit.directive import rules_of_fields
from trellis.router.rate_limit.rules import RuleBook
from trellis.schema.identity import ANONYMOUS

SUPERGRAPH = (ROOT / "schema" / "supergraph.graphql").read_text(encoding="utf-8")
BOOK = RuleBook(RateLimits(), rules_of_fields(parse(SUPERGRAPH)))
MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(
    ("profile", "field", "key", "figures"),
    [
        ("tracker", "login", "ip", {(10, HOUR), (3, 10)}),
        ("learn", "login", "ip", {(5, MINUTE), (20, HOUR)}),
        ("learn", "register", "ip", {(3, MINUTE), (10, HOUR)}),
        ("learn", "requestPasswordReset", "email", {(3, HOUR)}),
    ],
)
def test_strangers_may_try_as_often_as_the_document_says(
    profile: str, field: str, key: str, figures: set[tuple[int, int]]
):
    rules = BOOK.rules_for(profile, ANONYMOUS, None).of_fields[f"Mutation.{field}"]
    found = {
        (limit.window.limit, limit.window.seconds)
        for rule in rules
        if rule.key == key
        for limit in rule.limits
    }

    assert found == figures
