"""docs/rate-limits.md says what is shipped, and its example is a configuration that works."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.shared import ROOT
from trellis.router.config import Config, load_config
from trellis.router.config.rate_limits import RateLimitRule, RateLimits
from trellis.router.rate_limit.presets import PRESET_OF_PROFILE, shipped_presets
from trellis.router.rate_limit.rules import RuleBook
from trellis.schema.identity import Identity

GUIDE = (ROOT / "docs" / "rate-limits.md").read_text(encoding="utf-8")
TRACKER_TIERS = ("anonymous", "authenticated", "premium", "admin")
LEARN_TIERS = ("free", "basic", "pro", "enterprise")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    file = tmp_path / "trellis.toml"
    file.write_text(example, encoding="utf-8")
    return load_config(file)


def rows() -> Iterator[list[str]]:
    for line in GUIDE.splitlines():
        if line.startswith("|"):
            yield [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def rules_of(preset: str, tier: str) -> dict[str, list[RateLimitRule]]:
    found: dict[str, list[RateLimitRule]] = {}
    for rule in shipped_presets()[preset]:
        if rule.tiers == (tier,):
            found.setdefault(rule.name, []).append(rule)
    return found


@pytest.mark.parametrize("tier", TRACKER_TIERS)
def test_the_table_of_tracker_lists_the_built_in_limits(tier: str) -> None:
    (rule,) = rules_of("tracker", tier)["requests"]

    assert [tier, str(rule.limit), str(rule.burst)] in rows()


@pytest.mark.parametrize("tier", LEARN_TIERS)
def test_the_table_of_learn_lists_the_built_in_limits(tier: str) -> None:
    rules = rules_of("learn", tier)
    names = ("read", "write", "delete", "executions", "uploads")

    assert [tier, *(str(rule.limit) for name in names for rule in rules[name])] in rows()


def test_the_guide_lists_the_preset_of_each_dialect() -> None:
    told = {
        dialect.strip(" `"): preset
        for dialects, preset in (row for row in rows() if len(row) == 2)
        for dialect in dialects.split(",")
        if preset in shipped_presets()
    }

    assert (
        told.pop("GraphQL") == told.pop("and all dialects that are not in this table") == "default"
    )
    assert told == {k: v for k, v in PRESET_OF_PROFILE.items() if k != "graphql"}


def test_the_guide_explains_every_key_of_a_rule() -> None:
    explained = {name for row in rows() for name in re.findall(r"\w+", row[0])}

    assert set(RateLimitRule.model_fields) - {"name", "arguments"} <= explained


def test_the_example_configuration_has_the_described_effect(config: Config) -> None:
    book = RuleBook(config.rate_limit)
    partner = Identity(id=UUID(int=1), kind="service", key_id="k", tier="free")

    def found(profile: str) -> dict[str, Any]:
        rules = book.rules_for(profile, partner, None)
        return {rule.name: rule for rule in rules.all}

    names = {"organization", "exports", "budget", "requests"}
    assert set(found("commerce")) == names
    assert found("commerce")["requests"].limits[0].window.limit == 20_000
    assert found("todo")["requests"].limits[0].window.limit == 1_000
    assert found("graphql")["budget"].counts_cost
    assert config.rate_limit.delete_fields == ("Mutation.revokeSession",)


def test_the_description_of_a_setting_links_to_the_guide() -> None:
    description = RateLimits.model_fields["profiles"].description

    assert description is not None
    assert "docs/rate-limits.md" in description
