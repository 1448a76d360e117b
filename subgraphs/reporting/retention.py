"""How long results of reports are kept.

TRELLIS_REPORTING_KEEP_DAYS   after that many days the data and the file of a report are removed
"""

import os
from collections.abc import Mapping
from datetime import timedelta

from trellis.schema.subgraph import Setting

_NAME = "TRELLIS_REPORTING_KEEP_DAYS"
_USUAL_DAYS = 7

SETTINGS = (
    Setting(
        _NAME,
        str(_USUAL_DAYS),
        "number of days after which the data and the file of a report are deleted, from 1 to 365",
    ),
)


def keep_for(environ: Mapping[str, str] = os.environ) -> timedelta:
    """Raises ``ValueError`` for what is no number of days."""
    given = environ.get(_NAME) or str(_USUAL_DAYS)
    if not given.isdecimal() or not 1 <= int(given) <= 365:
        raise ValueError(f"{_NAME} must be a whole number of days from 1 to 365, not {given!r}")
    return timedelta(days=int(given))
