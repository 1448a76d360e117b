"""``docs/settings.md`` from the settings themselves: ``python -m router.settings_reference``."""

import sys
from itertools import groupby

from router.config import SubgraphSource, settings_reference

_INTRO = """# Settings

Read from `trellis.toml` (keys below a heading stand in the table of that name) and from the
environment, which wins: `TRELLIS_PORT=8080`, `TRELLIS_LIMITS__DEPTH=20`. An unknown key is an
error. This page is generated: `python -m router.settings_reference > docs/settings.md`.
"""
_HEAD = "| key | default | meaning |\n|---|---|---|"


def settings_markdown() -> str:
    """The page, one table per section."""
    parts = [_INTRO]
    for table, rows in groupby(settings_reference(), key=lambda row: row[0].rpartition(".")[0]):
        title = f"## [{table}]\n\n" if table else ""
        parts.append(f"{title}{_HEAD}\n" + "\n".join(_row(*row, table) for row in rows) + "\n")
    source = "\n".join(_row(*row, "") for row in settings_reference(SubgraphSource))
    parts.append(f"## [subgraphs.NAME]\n\n{_HEAD}\n{source}\n")
    return "\n".join(parts)


def _row(key: str, default: str, description: str, table: str) -> str:
    default = default.lower() if default in ("True", "False") else default
    shown = f"`{default}`" if default not in ("", "{}", "()") else ""
    return f"| `{key.removeprefix(f'{table}.')}` | {shown} | {description} |"


if __name__ == "__main__":
    sys.stdout.write(settings_markdown())
