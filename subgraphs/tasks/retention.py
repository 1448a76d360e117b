"""How long personal tasks are kept that nobody touches.

TRELLIS_TASKS_KEEP_DAYS   after that many days without a change they are deleted
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from trellis.db.jobs import Job
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.schema.environment import whole_number
from trellis.schema.subgraph import Setting
from trellis.subgraphs.tasks.use_cases.upkeep import delete_old

_NAME = "TRELLIS_TASKS_KEEP_DAYS"
_EVERY_SECONDS = 3_600.0
_AT_ONCE = 500

SETTINGS = (
    Setting(
        _NAME,
        "for ever",
        "number of days after which unchanged personal tasks are deleted, at least 1",
    ),
)


def keep_for(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """How long; None is for ever. Raises ``ValueError`` for what is no number of days."""
    days = whole_number(environ, _NAME, None, least=1, most=36_500)
    return None if days is None else timedelta(days=days)


async def delete_what_is_too_old(storage: Storage) -> None:
    """Delete personal tasks that nobody changed for as long as the setting says."""
    kept_for = keep_for()
    if kept_for is not None:
        delete_some = partial(delete_old, before=utc_now() - kept_for, most=_AT_ONCE)
        await storage.in_batches(delete_some, _AT_ONCE)


JOB = Job("deletion of old tasks", _EVERY_SECONDS, delete_what_is_too_old, check=keep_for)
