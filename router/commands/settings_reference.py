"""Prints ``docs/settings.md``: ``python -m trellis.router.commands.settings_reference``."""

import sys
from collections.abc import Sequence
from itertools import groupby

from trellis.router.config import (
    Issuer,
    Migration,
    RateLimitRule,
    SubgraphSource,
    load_config,
    settings_reference,
)
from trellis.router.loading.members import load_members
from trellis.schema.subgraph import Subgraph

_INTRO = """# Settings

Settings are read from `trellis.toml` (a heading below is the table of its keys) and from
environment variables, which take precedence: `TRELLIS_PORT=8080`, `TRELLIS_LIMITS__DEPTH=20`.
`TRELLIS_CONFIG` or `--config` selects another file. Relative paths are relative to the folder of
the file. An unknown key is an error.
This page is generated: `python -m trellis.router.commands.settings_reference > docs/settings.md`.
"""
_HEAD = "| key | default | meaning |\n|---|---|---|"
_SUBGRAPH = """## The subgraph {}

The subgraph reads these from the environment of its process.

| variable | default | meaning |
|---|---|---|
"""


def settings_markdown(subgraphs: Sequence[Subgraph] = ()) -> str:
    """The page: one table per section, and one per subgraph that has its own settings."""
    parts = [_INTRO]
    for table, rows in groupby(settings_reference(), key=lambda row: row[0].rpartition(".")[0]):
        title = f"## [{table}]\n\n" if table else ""
        parts.append(f"{title}{_HEAD}\n" + "\n".join(_row(*row, table) for row in rows) + "\n")
    issuer = "\n".join(_row(*row, "") for row in settings_reference(Issuer))
    parts.append(f"## [[auth.issuers]]\n\n{_HEAD}\n{issuer}\n")
    rule = "\n".join(_row(*row, "") for row in settings_reference(RateLimitRule))
    parts.append(f"## [[rate_limit.rules]]\n\n{_HEAD}\n{rule}\n")
    migration = "\n".join(_row(*row, "") for row in settings_reference(Migration))
    parts.append(f"## [rest.migrations.NAME]\n\n{_HEAD}\n{migration}\n")
    source = "\n".join(_row(*row, "") for row in settings_reference(SubgraphSource))
    parts.append(f"## [subgraphs.NAME]\n\n{_HEAD}\n{source}\n")
    for subgraph in subgraphs:
        if subgraph.settings:
            rows = (_row(each.name, each.default, each.meaning, "") for each in subgraph.settings)
            parts.append(_SUBGRAPH.format(subgraph.name) + "\n".join(rows) + "\n")
    return "\n".join(parts)


def local_subgraphs() -> list[Subgraph]:
    """The subgraphs of trellis.toml that run in this process. Raises ConfigError."""
    members = load_members(load_config())
    return [member.local for member in members if member.local is not None]


def _row(key: str, default: str, description: str, table: str) -> str:
    default = default.lower() if default in ("True", "False") else default
    shown = f"`{default}`" if default not in ("", "{}", "()") else ""
    return f"| `{key.removeprefix(f'{table}.')}` | {shown} | {description} |"


if __name__ == "__main__":
    sys.stdout.write(settings_markdown(local_subgraphs()))
