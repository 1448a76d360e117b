"""How long results of reports are kept.

TRELLIS_REPORTING_KEEP_DAYS   after that many days the data and the file of a report are removed
"""

import os
from collections.abc import Mapping
from datetime import timedelta

from trellis.schema.environment import whole_number
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
    return timedelta(days=whole_number(environ, _NAME, _USUAL_DAYS, least=1, most=365))
