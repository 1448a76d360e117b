"""The header Retry-After (RFC 9110, section 10.2.3)."""

import math
import re
import time
from email.utils import parsedate_to_datetime

MAX_SECONDS = 86_400
"""A day. Nobody waits for longer, and clients must not get a number of any size from a subgraph."""

_SECONDS = re.compile(r"[0-9]{1,9}")


def read_retry_after(value: str) -> int | None:
    """The seconds to wait, from a number of seconds or a date; None for no or an invalid value."""
    value = value.strip()
    if not value:
        return None
    if _SECONDS.fullmatch(value):
        return min(int(value), MAX_SECONDS)
    try:
        moment = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(0, math.ceil(moment - time.time())), MAX_SECONDS)
