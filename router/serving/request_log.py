"""One line for each request, without anything that could be secret.

Neither header, body nor query string is in it, and of the path only what is the same for all
requests of a route: paths have tokens of mailed links in them, and whatever clients mistype.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

from trellis.router.config import Config
from trellis.router.serving.logs import write_request_line
from trellis.router.web.request_id import request_id_of
from trellis.router.web.request_meter import WriteRecord
from trellis.router.web.request_record import RequestRecord

_LOGGER = "trellis.requests"
_IF_KNOWN = ("dialect", "route", "operation", "operation_hash", "caller")


def request_log(config: Config, service: str, doors: Mapping[str, str]) -> WriteRecord | None:
    """What writes the requests of ``service``, if the settings want it. ``doors`` are the paths
    that may be written. Requests of operators are not written unless they failed: probes come every
    few seconds."""
    wanted = config.logs.requests
    if wanted is False or (wanted is None and config.is_development):
        return None
    if config.log_level not in ("debug", "info"):
        return None

    def write(scope: Scope, record: RequestRecord, seconds: float) -> None:
        if record.door == "operations" and record.status < 400:
            return
        fields: dict[str, Any] = {
            "event": "request",
            "service": service,
            "request_id": request_id_of(scope),
            "client": _client(scope),
            "method": scope.get("method", "GET"),
            "door": record.door,
            "status": record.status,
            "ms": round(seconds * 1_000, 2),
            "received": record.received,
            "sent": record.sent,
            "level": "info",
            "logger": _LOGGER,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        path = scope["path"]
        if path in doors:
            fields["path"] = path
        for name in _IF_KNOWN:
            value = getattr(record, name)
            if value:
                fields[name] = str(value)
        write_request_line(fields)

    return write


def _client(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
