"""The subgraphs of the product, as ``trellis.toml`` names them."""

import tomllib

from tests.support.shared import ROOT


def _names() -> tuple[str, ...]:
    settings = tomllib.loads((ROOT / "trellis.toml").read_text(encoding="utf-8"))
    return tuple(settings["subgraphs"])


SUBGRAPHS = _names()
"""In the order in which they start: those whose events others read come first."""
